import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Table, tableOf } from '../src/wire/amqp/field.ts'
import { queue } from '../src/wire/amqp/methods.ts'
import { ended, firstRoundTrip } from './broker.ts'
import { produce } from './kafka-producer.ts'
import { compileLoad, ROOT } from './load.ts'
import { Client } from './shapes/amqp/client.ts'
import { KafkaClient } from './shapes/kafka/client.ts'

/**
 * What contracts cost those who produce: batches of 64 records over Kafka's protocol, five in flight, and persistent messages with confirms over
 * AMQP; without a contract, by the schema's id, and by looking into the data. The rounds take turns; a figure is the median.
 * On a busy machine only the processor time counts.
 *
 *   node dist/bench/contracts.js [rounds] [milliseconds of a run]
 */
const rounds = Number(process.argv[2] ?? 5)
const ms = Number(process.argv[3] ?? 2000)

const PORTS = { amqp: 43_990, kafka: 43_991, http: 43_992 }
const RECORDS = 64
const WINDOW = 1000

const FIELDS = ['id', 'customer', 'street', 'city', 'note'] as const
const VALUES = [
  '0000-1234-5678',
  'a customer of ours',
  '12 Long Street',
  'Somewhere',
  'leave it at the door, please',
] as const
const AVRO = {
  type: 'record',
  name: 'Order',
  fields: [
    ...FIELDS.map((name) => ({ name, type: 'string' })),
    { name: 'total', type: 'double' },
    { name: 'lines', type: { type: 'array', items: 'int' } },
  ],
}
const JSON_SCHEMA = {
  type: 'object',
  properties: {
    ...Object.fromEntries(FIELDS.map((name) => [name, { type: 'string', maxLength: 100 }])),
    total: { type: 'number', minimum: 0 },
    lines: { type: 'array', items: { type: 'integer' } },
  },
  required: [...FIELDS, 'total'],
  additionalProperties: false,
}
const LINES = [1, 2, 3, 5, 8, 13, 21, 34]

const json = Buffer.from(
  JSON.stringify({ ...Object.fromEntries(FIELDS.map((name, i) => [name, VALUES[i]])), total: 12.5, lines: LINES }),
)
const avro = Buffer.concat([
  ...VALUES.map((value) => Buffer.concat([Buffer.from([value.length * 2]), Buffer.from(value)])),
  Buffer.from(new Float64Array([12.5]).buffer),
  Buffer.from([LINES.length * 2, ...LINES.map((line) => line * 2), 0]),
])

async function register(subject: string, schemaType: string, schema: object): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${PORTS.http}/subjects/${subject}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schemaType, schema: JSON.stringify(schema) }),
  })
  if (!response.ok) throw new Error(await response.text())
  return ((await response.json()) as { id: number }).id
}

function framed(id: number, data: Uint8Array): Buffer {
  const head = Buffer.alloc(5)
  head.writeInt32BE(id, 1)
  return Buffer.concat([head, data])
}

/** By case: messages a second, and the broker's processor time for each, in microseconds. */
const figures = new Map<string, { readonly rate: number; readonly cpu: number }[]>()

async function measure(name: string, run: () => Promise<{ count: number; seconds: number }>): Promise<void> {
  const before = processorSeconds()
  const { count, seconds } = await run()
  const figure = { rate: count / seconds, cpu: ((processorSeconds() - before) * 1e6) / count }
  figures.set(name, [...(figures.get(name) ?? []), figure])
}

/** User and system time of the broker, in ticks of ten milliseconds. */
function processorSeconds(): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'latin1').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

async function topics(client: KafkaClient): Promise<() => Promise<void>> {
  const on = { 'confluent.value.schema.validation': 'true' }
  const by = (what: string) => ({ ...on, 'posthorn.schema.check.by': what })
  const cases: { name: string; topic: string; value: Buffer }[] = []
  const add = async (name: string, topic: string, configs: Record<string, string>, value: Buffer) => {
    await client.createTopic(topic, 1, { ...configs, 'retention.bytes': '100000000' })
    cases.push({ name, topic, value })
  }
  const ids = new Map<string, number>()
  for (const [topic, type, schema] of [
    ['by-id', 'AVRO', AVRO],
    ['by-avro', 'AVRO', AVRO],
    ['by-json', 'JSON', JSON_SCHEMA],
    ['by-body', 'JSON', JSON_SCHEMA],
  ] as const)
    ids.set(topic, await register(`${topic}-value`, type, schema))
  await add('topic: off', 'off', {}, framed(ids.get('by-avro')!, avro))
  await add('topic: by id', 'by-id', on, framed(ids.get('by-id')!, avro))
  await add('topic: by id and body, Avro', 'by-avro', by('id-and-body'), framed(ids.get('by-avro')!, avro))
  await add('topic: by id and body, JSON', 'by-json', by('id-and-body'), framed(ids.get('by-json')!, json))
  await add('topic: by body, JSON', 'by-body', by('body'), json)
  return async () => {
    for (const { name, topic, value } of cases)
      await measure(name, () => produce(client, topic, { value, count: RECORDS, ms }))
  }
}

async function queues(client: Client): Promise<() => Promise<void>> {
  const avroId = await register('order-avro', 'AVRO', AVRO)
  await register('order-json', 'JSON', JSON_SCHEMA)
  const cases: { name: string; key: string; body: Buffer; contentType: string }[] = []
  const add = async (name: string, key: string, args: Record<string, string>, body: Buffer, contentType: string) => {
    const table: Table = tableOf({ 'x-max-length': 1000, ...args })
    const flags = {
      passive: false,
      durable: true,
      exclusive: false,
      autoDelete: false,
      nowait: false,
      arguments: table,
    }
    await client.call(queue.declare, { ticket: 0, queue: key, ...flags }, queue.declareOk)
    cases.push({ name, key, body, contentType })
  }
  const subject = { 'x-schema': 'order-avro' }
  await add('queue: off', 'off', {}, framed(avroId, avro), 'avro/binary')
  await add('queue: by id', 'by-id', { ...subject, 'x-schema-by': 'id' }, framed(avroId, avro), 'avro/binary')
  const both = { ...subject, 'x-schema-by': 'id-and-body' }
  await add('queue: by id and body, Avro', 'by-avro', both, framed(avroId, avro), 'avro/binary')
  await add('queue: by body, JSON', 'by-json', { 'x-schema': 'order-json' }, json, 'application/json')
  return async () => {
    for (const { name, key, body, contentType } of cases) {
      await measure(name, async () => {
        const began = performance.now()
        let count = 0
        while (performance.now() - began < ms) {
          const message = () => ({ exchange: '', key, body, properties: { deliveryMode: 2, contentType } })
          await client.publish(10_000, 0, WINDOW, message)
          count += 10_000
        }
        return { count, seconds: (performance.now() - began) / 1000 }
      })
    }
  }
}

compileLoad()
const data = mkdtempSync(join(tmpdir(), 'posthorn-bench-'))
const words = [join(ROOT, 'dist/bin/posthorn.js'), 'serve', '--data', data, '--durability', 'os', '--log-level', 'warn']
for (const [name, port] of Object.entries(PORTS)) words.push('--listen', `${name}://127.0.0.1:${port}`)
const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'inherit'] })
try {
  await firstRoundTrip('amqp', PORTS.amqp, ended(child))
  const producer = await KafkaClient.open({ host: '127.0.0.1', port: PORTS.kafka })
  const client = await Client.open({ host: '127.0.0.1', port: PORTS.amqp })
  const [onTopics, onQueues] = [await topics(producer), await queues(client)]
  for (let round = 0; round <= rounds; round += 1) {
    // The first warms up.
    if (round === 1) figures.clear()
    await onTopics()
    await onQueues()
  }
  producer.close()
  client.close()
} finally {
  child.kill('SIGKILL')
  await ended(child)
  rmSync(data, { recursive: true, force: true })
}
console.log(`Avro ${avro.length} bytes, JSON ${json.length} bytes; medians of ${rounds}`)
console.log(`${''.padEnd(30)} ${'a second'.padStart(10)} ${'us of CPU'.padStart(10)}`)
for (const [name, all] of figures) {
  const [rate, cpu] = [median(all.map((one) => one.rate)), median(all.map((one) => one.cpu))]
  console.log(`${name.padEnd(30)} ${Math.round(rate).toLocaleString('en').padStart(10)} ${cpu.toFixed(2).padStart(10)}`)
}

function median(values: number[]): number {
  return values.sort((one, other) => one - other)[Math.floor(values.length / 2)]!
}
