import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { Kafka, logLevel } from 'kafkajs'
import { gather, ROOT, type Said, waitForEnd } from './broker-process.ts'
import { compiled, jarsOf, missingJars } from './java.ts'
import { MortalBroker } from './mortal-broker.ts'
import { controlOf, fresh } from './target.ts'
import { TopicReader } from './topic-reader.ts'

const { skip, control } = controlOf('kafka')
const PARTITIONS = 3
/** $LINES lines; in each of $ROUNDS rounds the application is killed, and then the broker. */
const LINES = Number(process.env.LINES ?? 600)
const ROUNDS = Number(process.env.ROUNDS ?? 1)
const START_MS = 90_000

/** The project's own documents, line by line, over and over: words as people use them. */
function text(lines: number): string[] {
  const files = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .sort()
  const all = files
    .flatMap((name) => readFileSync(join(ROOT, 'docs', name), 'utf8').split('\n'))
    .map((line) => (line.toLowerCase().match(/[a-z]+/g) ?? []).join(' '))
    .filter((line) => line !== '')
  return Array.from({ length: lines }, (_, i) => all[i % all.length]!)
}

/** What a batch says of a text: how often each word is in it, and how many different ones begin with each letter. */
function countedAtOnce(lines: readonly string[]) {
  const words = new Map<string, number>()
  for (const word of lines.flatMap((line) => line.split(' '))) words.set(word, (words.get(word) ?? 0) + 1)
  const letters = new Map<string, number>()
  for (const [letter] of words.keys()) letters.set(letter!, (letters.get(letter!) ?? 0) + 1)
  return { words, letters, total: [...words.values()].reduce((sum, n) => sum + n, 0) }
}

/** One process of the application. */
class Application {
  private readonly child: ChildProcess
  private readonly said: Said

  constructor(command: readonly string[]) {
    this.child = spawn('java', [...command], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.said = gather(this.child).out
  }

  running(): Promise<string> {
    return this.said.until(/^RUNNING/m, START_MS)
  }

  log(): string {
    return this.said.text().split('\n').slice(-20).join('\n')
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await waitForEnd(this.child, 10_000)
  }
}

/** Sends the text while the application dies again and again, and afterwards compares what it has counted. */
async function countWords(address: string, disturb: (() => Promise<void>) | null): Promise<number> {
  const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 30 } })
  const topics = { lines: fresh('lines'), counts: fresh('counts'), letters: fresh('letters') }
  const admin = kafka.admin()
  await admin.connect()
  const named = Object.values(topics).map((topic) => ({ topic, numPartitions: PARTITIONS }))
  await admin.createTopics({ topics: named, waitForLeaders: true })
  await admin.disconnect()
  const java = await compiled('CountWords', jarsOf('kafka-streams'))
  const folders = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'posthorn-streams-')))
  const application = fresh('words')
  const start = (folder: number) =>
    new Application([...java, address, application, folders[folder]!, topics.lines, topics.counts, topics.letters])
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  const reader = new TopicReader(address)
  const told = new Map<string, number[]>()
  const letters = new Map<string, number>()
  let came = 0
  await reader.read([topics.counts, topics.letters], (topic, { key, value }) => {
    if (topic === topics.letters) {
      letters.set(key!, Number(value))
      return
    }
    came++
    const before = told.get(key!)
    if (before === undefined) told.set(key!, [Number(value)])
    else before.push(Number(value))
  })
  const lines = text(LINES)
  const expected = countedAtOnce(lines)
  const wrong = () =>
    [...expected.letters]
      .filter(([letter, n]) => letters.get(letter) !== n)
      .map(([letter, n]) => `${letter} ${n} ${letters.get(letter)}`)
  const had = () =>
    `${came} of ${expected.total} counts; wrong are the letters ${wrong()}; the application said\n${app.log()}`
  const parts = 2 * ROUNDS + 1
  let app = start(0)
  try {
    await app.running()
    for (let part = 0; part < parts; part++) {
      const some = lines.slice((part * LINES) / parts, ((part + 1) * LINES) / parts)
      const before = came
      await producer.send({ topic: topics.lines, messages: some.map((value) => ({ value })) })
      await reader.until(() => came > before, had)
      if (part === parts - 1) continue
      if (part % 2 === 1 && disturb !== null) {
        await disturb()
        continue
      }
      await app.kill()
      // Where it begins anew without its state, it reads that from the changelogs.
      app = start((part >> 1) % 2 === 0 ? 1 : 0)
    }
    await reader.until(() => came >= expected.total && wrong().length === 0, had)
    assert.equal(came, expected.total)
    for (const [word, count] of expected.words) {
      const wanted = Array.from({ length: count }, (_, i) => i + 1)
      assert.deepEqual(told.get(word), wanted, `the counts of ${word}`)
    }
    return came
  } finally {
    await app.kill()
    await producer.disconnect()
    await reader.close()
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  }
}

suite('Kafka Streams', { skip: skip || missingJars('kafka-streams'), timeout: 1_200_000 }, () => {
  test('counts words exactly once, and as a batch does, while the application and the broker are killed', async (t) => {
    if (control !== null) {
      const counted = await countWords(control, null)
      t.diagnostic(`${counted} words counted; the real broker is not ours to kill`)
      return
    }
    const broker = new MortalBroker()
    await broker.start()
    try {
      const counted = await countWords(`127.0.0.1:${broker.kafkaPort}`, () => broker.killAndRestart())
      t.diagnostic(
        `${counted} words counted, ${ROUNDS} deaths of the application, ${broker.restarts.length} of the broker`,
      )
    } finally {
      await broker.stop()
    }
  })
})
