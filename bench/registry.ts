import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { PROGRAM } from '../test/interop/broker-process.ts'

/** Requests under way at a time, each on a connection of its own. */
const AT_ONCE = 32
const MIB = 2 ** 20

interface Server {
  readonly port: number
  /** From the process's start to its banner. */
  readonly ms: number
  /** What the start took of the processor, in milliseconds: it counts less what else the machine does. */
  readonly cpu: number
  rss(): number
  kill(signal: NodeJS.Signals): Promise<void>
}

/** Starts a broker with nothing but a registry. */
function start(data: string): Promise<Server> {
  const began = performance.now()
  const child = spawn(process.execPath, [PROGRAM, 'serve', '--data', data, '--listen', 'http://127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<void>((done) => child.once('exit', () => done()))
  child.stderr.resume()
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1]
      if (port === undefined) return
      resolve({
        port: Number(port),
        ms: performance.now() - began,
        cpu: cpuOf(child.pid!),
        rss: () => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1024,
        kill: (signal) => {
          child.kill(signal)
          return ended
        },
      })
    })
  })
}

/** User and system time of a process, in milliseconds; the kernel counts in ticks of ten. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })

function ask(port: number, method: string, path: string, body?: string): Promise<{ id: number }> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/vnd.schemaregistry.v1+json' }
    const sent = request({ port, host: '127.0.0.1', method, path, agent, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
      })
      response.on('end', () => {
        if (response.statusCode === 200) resolve(JSON.parse(text))
        else reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`))
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** Does `count` things, some at a time; how many a second. */
async function rate(count: number, one: (n: number) => Promise<unknown>): Promise<number> {
  const began = performance.now()
  let next = 0
  const worker = async () => {
    while (next < count) await one(next++)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return (count / (performance.now() - began)) * 1000
}

/** A record of ten fields, as wide as they usually are; each version has one more, with a default. */
function schemaOf(subject: number, version: number): string {
  const names = Array.from({ length: 8 + version }, (_, n) => `field_${subject}_${n}`)
  const fields = names.map((name) => ({ name, type: ['null', 'string'], default: null }))
  const schema = { type: 'record', name: 'Event', namespace: `bench.s${subject}`, fields }
  return JSON.stringify({ schema: JSON.stringify(schema) })
}

async function main(): Promise<void> {
  const options = {
    subjects: { type: 'string', default: '10000' },
    versions: { type: 'string', default: '5' },
  } as const
  const { values } = parseArgs({ options })
  const [subjects, versions] = [Number(values.subjects), Number(values.versions)]
  const data = mkdtempSync(join(tmpdir(), 'posthorn-bench-registry-'))
  const say = (what: string, figure: string) => process.stdout.write(`${what.padEnd(44)} ${figure}\n`)
  const megabytes = (bytes: number) => `${Math.round(bytes / MIB)} MiB`
  try {
    let server = await start(data)
    const idle = server.rss()
    say('start, empty', `${Math.round(server.ms)} ms, ${server.cpu} ms of the processor`)
    say('memory, empty', megabytes(idle))
    for (let version = 1; version <= versions; version++) {
      const { port } = server
      const each = (n: number) => ask(port, 'POST', `/subjects/subject-${n}/versions`, schemaOf(n, version))
      say(`registered a second, version ${version}`, String(Math.round(await rate(subjects, each))))
    }
    say(`memory with ${subjects} x ${versions}`, megabytes(server.rss()))
    const look = (port: number) =>
      rate(50_000, (n) => ask(port, 'GET', `/schemas/ids/${1 + (n % (subjects * versions))}`))
    await look(server.port)
    say('look-ups by id a second', String(Math.round(await look(server.port))))
    const find = (n: number) => ask(server.port, 'POST', `/subjects/subject-${n}`, schemaOf(n, 1))
    say('look-ups by schema a second', String(Math.round(await rate(subjects, find))))
    say('all subjects', `${await timed(() => ask(server.port, 'GET', '/subjects'))} ms`)
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      await server.kill(signal)
      server = await start(data)
      say(`start after ${signal}`, `${Math.round(server.ms)} ms, ${server.cpu} ms of the processor`)
      say('memory then', megabytes(server.rss()))
      say('first answer', `${await timed(() => ask(server.port, 'GET', '/schemas/ids/1'))} ms`)
    }
    await server.kill('SIGTERM')
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await run()
  return Math.round(performance.now() - began)
}

await main()
process.exit(0)
