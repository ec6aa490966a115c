import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { testBroker } from '../src/testing/test-broker.ts'
import { describeMachine } from './machine.ts'
import { deleteQueues } from './sdk/amqplib.ts'
import { contest, type Entrant, median, type Result, type Rules } from './sdk/contest.ts'
import { isInstalled } from './sdk/installed.ts'
import { packageSize } from './sdk/package.ts'
import { deleteTopics } from './sdk/platformatic-kafka.ts'
import { findPostgres, hasRedis, type Server, startPostgres, startRedis } from './sdk/servers.ts'

const HELP = `What the SDK costs: messages a second, sent, confirmed, handled and acknowledged, and processor time of the client for each, on each engine beside the
client library alone on the same broker, and the embedded engine beside BullMQ and pg-boss. All take turns, each run in a process of its own. Then how
long testBroker() takes, and what is installed.

  node dist/bench/sdk.js [options] [embedded] [rabbitmq] [kafka] [queues] [start] [package]     all that is possible, without names

  --rabbitmq URL      the broker for 'rabbitmq', as amqp://guest:guest@127.0.0.1:5672
  --kafka HOST:PORT   the broker for 'kafka'
  --messages N        of one run (default 20000), behind a quarter as many that warm up
  --rounds N          default 5
  --in-flight N       sends without a confirm (default 100)
  --prefetch N        deliveries without an acknowledgement (default 100)
  --async             handlers return promises
  --port N            the first of three ports for Redis and PostgreSQL (default 24200)
`
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rabbitmq: { type: 'string' },
    kafka: { type: 'string' },
    messages: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '5' },
    'in-flight': { type: 'string', default: '100' },
    prefetch: { type: 'string', default: '100' },
    async: { type: 'boolean', default: false },
    port: { type: 'string', default: '24200' },
    help: { type: 'boolean', default: false },
  },
})
const [count, inFlight] = [Number(values.messages), Number(values['in-flight'])]
const load = { inFlight, prefetch: Number(values.prefetch), batch: 1, async: values.async }
const one: Rules = { rounds: Number(values.rounds), count, warmUp: count >> 2, load }
const inBatches: Rules = { ...one, load: { ...load, batch: inFlight } }
const directory = mkdtempSync(join(tmpdir(), 'posthorn-bench-'))
let directories = 0

const memory: Entrant = { title: 'the SDK, memory:', way: 'posthornQueue', target: () => 'memory:' }
const file: Entrant = {
  title: 'the SDK, file:, with fsync',
  way: 'posthornQueue',
  target: () => `file:${join(directory, String(directories++))}`,
}

function print(title: string, results: readonly Result[]): void {
  const head = [title, 'messages/s', 'ratio', 'client CPU, us', 'server CPU, us']
  const lines = results.map(({ title, perSecond, ratio, cpuUs, serverCpuUs }) => [
    title,
    perSecond.toFixed(0),
    `${ratio.toFixed(2)}x`,
    cpuUs.toFixed(1),
    serverCpuUs === null ? '' : serverCpuUs.toFixed(1),
  ])
  printTable([head, ...lines])
}

function printTable(lines: readonly (readonly string[])[]): void {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  const text = (line: readonly string[]) => `| ${line.map((cell, at) => cell.padEnd(widths[at]!)).join(' | ')} |\n`
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|\n`
  process.stdout.write(`\n${text(lines[0]!)}${rule}${lines.slice(1).map(text).join('')}`)
}

async function embedded(): Promise<void> {
  print('one by one', await contest([memory, file], one))
  print(`in batches of ${inFlight}`, await contest([memory, file], inBatches))
  const topics = [memory, file].map((entrant) => ({ ...entrant, way: 'posthornTopic' as const }))
  print('a topic, one by one', await contest(topics, one))
}

async function rabbitmq(): Promise<void> {
  const url = values.rabbitmq!
  const clean = (_: string, name: string) => deleteQueues(url, [name, `${name}.dlq`])
  const entrants: readonly Entrant[] = [
    { title: 'amqplib', way: 'bareAmqplib', target: () => url },
    { title: 'the SDK', way: 'posthornQueue', target: () => url, clean },
  ]
  print('AMQP, one by one', await contest(entrants, one))
}

async function kafka(): Promise<void> {
  const address = values.kafka!
  const clean = (_: string, name: string) =>
    deleteTopics(address, [name, `${name}.dlq`, `${name}.later`, ...retries(`${name}.${name}.retry`)])
  const retries = (queue: string) => [queue, `${queue}.dlq`, `${queue}.later`]
  const [bare, url] = [() => address, () => `kafka://${address}`]
  const entrants: readonly Entrant[] = [
    { title: '@platformatic/kafka, records with headers', way: 'bareKafka', target: bare },
    { title: 'the same without headers', way: 'bareKafkaWithoutHeaders', target: bare },
    { title: 'the SDK, queue', way: 'posthornQueue', target: url, clean },
    { title: 'the SDK, topic', way: 'posthornTopic', target: url, clean },
  ]
  print(`Kafka, in batches of ${inFlight}`, await contest(entrants, inBatches))
  print('Kafka, one by one', await contest(entrants, one))
}

/** Other libraries' queues beside the embedded engine. */
async function queues(): Promise<void> {
  const [hasBullMq, hasPgBoss, postgres] = [isInstalled('bullmq'), isInstalled('pg-boss'), findPostgres()]
  const missing: string[] = []
  if (!hasBullMq || !hasPgBoss) missing.push('BullMQ and pg-boss (scripts/install-clients.sh)')
  if (!hasRedis()) missing.push('Redis (on Debian: apt-get install redis-server)')
  if (postgres === null) missing.push('PostgreSQL (on Debian: apt-get install postgresql)')
  if (missing.length > 0) process.stdout.write(`\nNot all is measured. Missing: ${missing.join('; ')}\n`)
  const servers: Server[] = []
  const entrants: Entrant[] = [file]
  const port = Number(values.port)
  const add = async (title: string, way: Entrant['way'], starting: Promise<Server>) => {
    const server = await starting
    servers.push(server)
    entrants.push({ title, way, target: () => server.target, serverCpu: server.cpu })
  }
  try {
    if (hasBullMq && hasRedis()) {
      await add('BullMQ, Redis, appendfsync always', 'bullMq', startRedis(port, 'always'))
      await add('BullMQ, Redis, appendfsync everysec', 'bullMq', startRedis(port + 1, 'everysec'))
    }
    if (hasPgBoss && postgres !== null)
      await add('pg-boss, PostgreSQL, fsync on', 'pgBoss', startPostgres(port + 2, postgres))
    print('queues, one by one', await contest(entrants, one))
    print(`queues, in batches of ${inFlight}`, await contest(entrants, inBatches))
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
}

async function start(): Promise<void> {
  const times: number[] = []
  for (let n = 0; n < 21; n++) {
    const began = performance.now()
    const broker = await testBroker()
    times.push(performance.now() - began)
    await broker.close()
  }
  const [first, ...rest] = times
  printTable([
    ['testBroker(), with its ports', 'ms'],
    ['the first of a process', first!.toFixed(1)],
    ['the median of the next 20', median(rest).toFixed(1)],
  ])
}

async function size(): Promise<void> {
  const { packed, installed, withDependencies, direct, all } = await packageSize()
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`
  printTable([
    ['the package', ''],
    ['packed', mb(packed)],
    ['installed', mb(installed)],
    ['with all that comes with it', mb(withDependencies)],
    ['dependencies', String(direct)],
    ['packages that are installed, with itself', String(all)],
  ])
}

const PARTS = { embedded, rabbitmq, kafka, queues, start, package: size }
type Part = keyof typeof PARTS
const possible = (Object.keys(PARTS) as Part[]).filter(
  (part) => (part !== 'rabbitmq' && part !== 'kafka') || values[part] !== undefined,
)

if (values.help) process.stdout.write(HELP)
else {
  const wanted = positionals.length === 0 ? possible : possible.filter((part) => positionals.includes(part))
  process.stdout.write(`${await describeMachine(directory)}\n`)
  try {
    for (const part of wanted) await PARTS[part]()
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
