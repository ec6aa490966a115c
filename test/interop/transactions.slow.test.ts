import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { gather, waitForEnd } from './broker-process.ts'
import { compiled, missingJava, TOOLS } from './java.ts'
import { Mailbox } from './mailbox.ts'
import { MortalBroker } from './mortal-broker.ts'
import { playPython } from './python.ts'
import { missingPython, run, succeed } from './script.ts'
import { fresh, targetOf } from './target.ts'

const { skip, target } = targetOf('kafka')
const PARTITIONS = 4
const RECORDS = 4000

/** A client of one broker, with what it has opened. */
class Client {
  readonly kafka: Kafka
  private readonly open: { disconnect(): Promise<void> }[] = []

  constructor(address: string) {
    this.kafka = new Kafka({
      clientId: 'interop',
      brokers: [address],
      logLevel: logLevel.NOTHING,
      retry: { retries: 20 },
    })
  }

  async admin(): Promise<Admin> {
    const admin = this.kafka.admin()
    await admin.connect()
    this.open.push(admin)
    return admin
  }

  async topic(numPartitions: number): Promise<string> {
    const topic = fresh('transactions')
    await (await this.admin()).createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true })
    return topic
  }

  async producer(options: object = {}) {
    const producer = this.kafka.producer(options)
    await producer.connect()
    this.open.push(producer)
    return producer
  }

  /** What a reader gets of a topic, with the partition before each value. */
  async reader(topic: string, readUncommitted: boolean): Promise<Mailbox<string>> {
    const came = new Mailbox<string>()
    const consumer = this.kafka.consumer({ groupId: fresh('reader'), readUncommitted, maxWaitTimeInMs: 200 })
    await consumer.connect()
    this.open.push(consumer)
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({ eachMessage: async ({ partition, message }) => came.put(`${partition} ${message.value}`) })
    return came
  }

  async close(): Promise<void> {
    for (const each of this.open) await each.disconnect().catch(() => {})
  }
}

/** The copying program, which may be killed and started again. */
class Copier {
  private child: ChildProcess | null = null
  private readonly command: readonly string[]

  constructor(command: readonly string[]) {
    this.command = command
  }

  /** Starts it, and waits until it has committed something. */
  async start(): Promise<void> {
    const child = spawn('java', [...this.command], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.child = child
    await gather(child).out.until(/copied/, 60_000)
  }

  async kill(): Promise<void> {
    this.child?.kill('SIGKILL')
    if (this.child !== null) await waitForEnd(this.child, 10_000)
  }
}

/** Fills the topic, with a last record in each partition, while the copier is killed again and again; then everything is there once and in order. */
async function copies(client: Client, address: string, disturb: (copier: Copier, round: number) => Promise<void>) {
  const [from, to] = [await client.topic(PARTITIONS), await client.topic(PARTITIONS)]
  const java = await compiled('CopyInTransactions')
  const copier = new Copier([...java, address, from, to, fresh('copiers'), fresh('copier')])
  try {
    const producer = await client.producer()
    const send = (first: number, count: number) =>
      producer.send({
        topic: from,
        messages: Array.from({ length: count }, (_, i) => ({
          partition: (first + i) % PARTITIONS,
          value: `${first + i}`,
        })),
      })
    await send(0, RECORDS / 4)
    const came = await client.reader(to, false)
    for (let round = 1; round < 4; round++) {
      await copier.start()
      await disturb(copier, round)
      await send((round * RECORDS) / 4, RECORDS / 4)
    }
    await send(RECORDS, PARTITIONS)
    await copier.start()
    const lasts = Array.from({ length: PARTITIONS }, (_, i) => `${(RECORDS + i) % PARTITIONS} ${RECORDS + i}`)
    await came.until(() => lasts.every((last) => came.all.includes(last)))
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const values = came.all
        .filter((each) => each.startsWith(`${partition} `))
        .map((each) => Number(each.split(' ')[1]))
      const expected = Array.from({ length: RECORDS / PARTITIONS + 1 }, (_, i) => i * PARTITIONS + partition)
      assert.deepEqual(values, expected)
    }
  } finally {
    await copier.kill()
  }
}

suite('transactions', { skip, timeout: 240_000 }, () => {
  let client: Client
  before(() => {
    client = new Client(target().address)
  })
  after(() => client.close())

  test('of kafkajs are seen when they are committed, and never when they are aborted', async () => {
    const topic = await client.topic(2)
    const producer = await client.producer({ transactionalId: fresh('id'), maxInFlightRequests: 1, idempotent: true })
    const [committed, all] = [await client.reader(topic, false), await client.reader(topic, true)]
    for (let i = 0; i < 6; i++) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [0, 1].map((partition) => ({ partition, value: `${i}` })) })
      await all.until(() => all.all.length === 2 * i + 2)
      if (i % 2 === 0) await transaction.commit()
      else await transaction.abort()
    }
    const seen = [0, 2, 4].flatMap((i) => [`0 ${i}`, `1 ${i}`])
    await committed.until(() => committed.all.length === seen.length)
    assert.deepEqual(committed.all.toSorted(), seen.toSorted())
  })

  test('of confluent-kafka (librdkafka) carry offsets with them', { skip: missingPython() }, () =>
    playPython('confluent_scenarios.py', 'transactions', target()),
  )

  test('of a Java program that is killed again and again copy a topic exactly once', { skip: missingJava() }, () =>
    copies(client, target().address, (copier) => copier.kill()),
  )

  test("are listed, described, found hanging and aborted by Kafka's own tool", { skip: missingJava() }, async () => {
    const topic = await client.topic(1)
    const transactionalId = fresh('id')
    const producer = await client.producer({ transactionalId, maxInFlightRequests: 1, idempotent: true })
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: [{ value: 'a' }] })
    const tool = (...args: string[]) =>
      succeed(join(TOOLS, 'kafka-transactions.sh'), ['--bootstrap-server', target().address, ...args])
    const row = (text: string, name: string) => text.split('\n').find((line) => line.includes(name)) ?? ''
    assert.match(row(await tool('list'), transactionalId), /Ongoing/)
    assert.match(row(await tool('describe', '--transactional-id', transactionalId), transactionalId), /Ongoing.*-0/)
    const producers = await tool('describe-producers', '--topic', topic, '--partition', '0')
    assert.match(producers.trim().split('\n').at(-1)!, /\b0\s*$/)
    const hanging = await tool('find-hanging', '--broker-id', '1', '--max-transaction-timeout', '0')
    assert.doesNotMatch(hanging, new RegExp(topic), 'a coordinator knows of it')
    await tool('abort', '--topic', topic, '--partition', '0', '--start-offset', '0')
    const after = await tool('describe-producers', '--topic', topic, '--partition', '0')
    assert.match(after.trim().split('\n').at(-1)!, /None\s*$/)
    const { code } = await run(join(TOOLS, 'kafka-transactions.sh'), [
      '--bootstrap-server',
      target().address,
      'describe',
      '--transactional-id',
      'nobody',
    ])
    assert.notEqual(code, 0)
  })
})

suite('transactions through the death of the broker', { skip: skip || missingJava(), timeout: 240_000 }, () => {
  test('copy a topic exactly once', async (t) => {
    if (process.env.POSTHORN_CONTROL_KAFKA !== undefined) {
      t.skip('the real broker is not ours to kill')
      return
    }
    const broker = new MortalBroker()
    await broker.start()
    const address = `127.0.0.1:${broker.kafkaPort}`
    const client = new Client(address)
    try {
      await copies(client, address, async (copier) => {
        await broker.killAndRestart()
        await copier.kill()
      })
    } finally {
      await client.close()
      await broker.stop()
    }
  })
})
