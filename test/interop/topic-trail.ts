import assert from 'node:assert/strict'
import {
  type Consumer,
  type EachBatchPayload,
  Kafka,
  logLevel,
  type Message,
  Partitioners,
  type Producer,
  type RecordMetadata,
} from 'kafkajs'
import type { MortalBroker } from './mortal-broker.ts'

const BATCH = 500
/** kafkajs tries again by itself, for as long as a restart may take. */
const RETRY = { initialRetryTime: 30, maxRetryTime: 300, retries: 30 }

/** Where a reader is in one partition. */
interface Progress {
  /** All offsets before this one have come. */
  next: number
  /** The highest commit that the broker has answered. */
  committed: number
}

/**
 * Records on their way through a partitioned topic of a broker that dies now and then: an idempotent producer, and groups that read
 * while it writes and afterwards. What the producer was told about offsets is what every reader must find there.
 */
export class TopicTrail {
  confirmed = 0
  readonly partitions: number
  private readonly broker: MortalBroker
  private readonly topic: string
  private readonly records: readonly string[]
  private readonly kafka: Kafka
  /** For each partition which record is at which offset, as the producer was told. */
  private readonly logs: number[][]

  constructor(broker: MortalBroker, topic: string, partitions: number, records: readonly string[]) {
    this.broker = broker
    this.topic = topic
    this.partitions = partitions
    this.records = records
    this.logs = Array.from({ length: partitions }, () => [])
    this.kafka = new Kafka({
      clientId: 'trail',
      brokers: [`127.0.0.1:${broker.kafkaPort}`],
      logLevel: logLevel.NOTHING,
      retry: RETRY,
      connectionTimeout: 2000,
    })
  }

  async create(): Promise<void> {
    const admin = this.kafka.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: this.topic, numPartitions: this.partitions }] })
    await admin.disconnect()
  }

  /** Sends all records before `until` with one idempotent producer: what a retry repeats must not be stored twice. */
  async produce(progress: (confirmed: number) => void = () => {}, until = this.records.length): Promise<void> {
    const places: number[] = []
    const choose = Partitioners.DefaultPartitioner()
    const producer = this.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: () => (choice) => {
        const partition = choose(choice)
        places[Number(choice.message.headers!.index)] = partition
        return partition
      },
    })
    await this.persistently(() => producer.connect())
    while (this.confirmed < until) {
      const from = this.confirmed
      const to = Math.min(from + BATCH, until)
      const told = await this.send(producer, from, to)
      this.note(told, places, from, to)
      this.confirmed = to
      progress(to)
    }
    await producer.disconnect()
  }

  private async send(producer: Producer, from: number, to: number): Promise<RecordMetadata[]> {
    const messages: Message[] = []
    for (let i = from; i < to; i++)
      messages.push({ key: keyOf(this.records[i]!), value: this.records[i]!, headers: { index: `${i}` } })
    return this.persistently(() => producer.send({ topic: this.topic, messages, acks: -1 }))
  }

  /** kafkajs gives up when it fails to connect for long; it numbers the same records the same way the next time. */
  private async persistently<T>(act: () => Promise<T>): Promise<T> {
    for (;;) {
      await this.broker.up()
      try {
        return await act()
      } catch (error) {
        if (!isLost(error)) throw error
      }
    }
  }

  private note(told: readonly RecordMetadata[], places: readonly number[], from: number, to: number): void {
    const bases = new Map(told.map((one) => [one.partition, Number(one.baseOffset)]))
    for (const [partition, base] of bases) {
      const log = this.logs[partition]!
      assert.equal(base, log.length, `partition ${partition} has records that nobody sent, or sent twice`)
    }
    for (let i = from; i < to; i++) this.logs[places[i]!]!.push(i)
  }

  /** Whether each partition has something, so that six partitions are six. */
  get shares(): readonly number[] {
    return this.logs.map((log) => log.length)
  }

  /** Reads the topic as a group with so many members, from the beginning until this many records have come; returns how many came again. */
  async read(groupId: string, members: number, until = this.records.length): Promise<number> {
    const progress: Progress[] = this.logs.map(() => ({ next: 0, committed: 0 }))
    let again = 0
    const consumers: Consumer[] = []
    try {
      await new Promise<void>((resolve, reject) => {
        const take = async (payload: EachBatchPayload) => {
          try {
            again += await this.takeBatch(payload, progress)
            const total = progress.reduce((sum, one) => sum + one.next, 0)
            assert.ok(total <= until, 'more came than was sent')
            if (total === until) resolve()
          } catch (error) {
            if (error instanceof assert.AssertionError) reject(error)
            throw error
          }
        }
        for (let i = 0; i < members; i++) {
          const consumer = this.consumer(groupId)
          consumers.push(consumer)
          this.run(consumer, take).catch(reject)
        }
      })
    } finally {
      await Promise.all(consumers.map((one) => one.disconnect()))
    }
    return again
  }

  private consumer(groupId: string): Consumer {
    return this.kafka.consumer({
      groupId,
      sessionTimeout: 6000,
      rebalanceTimeout: 6000,
      heartbeatInterval: 500,
      maxWaitTimeInMs: 200,
      retry: { ...RETRY, restartOnFailure: async () => true },
    })
  }

  private async run(consumer: Consumer, take: (payload: EachBatchPayload) => Promise<void>): Promise<void> {
    await consumer.connect()
    await consumer.subscribe({ topics: [this.topic], fromBeginning: true })
    await consumer.run({ autoCommit: false, eachBatch: take, partitionsConsumedConcurrently: this.partitions })
  }

  private async takeBatch(payload: EachBatchPayload, progress: readonly Progress[]): Promise<number> {
    const { batch } = payload
    const { partition } = batch
    const at = progress[partition]!
    const log = this.logs[partition]!
    let again = 0
    for (const { offset: text, key, value, headers } of batch.messages) {
      const offset = Number(text)
      assert.ok(offset <= at.next, `partition ${partition} went on at ${offset} after ${at.next}`)
      assert.ok(offset >= at.committed, `partition ${partition}: ${offset} came after ${at.committed} was committed`)
      const index = Number(headers!.index)
      // A record may come before the producer was told its offset.
      if (offset < log.length) assert.equal(index, log[offset], `partition ${partition} at ${offset}`)
      assert.equal(value!.toString(), this.records[index])
      assert.equal(key!.toString(), keyOf(this.records[index]!))
      if (offset === at.next) at.next++
      else again++
    }
    const end = Number(batch.lastOffset()) + 1
    payload.resolveOffset(batch.lastOffset())
    await payload.commitOffsetsIfNecessary(offsets(this.topic, partition, end))
    at.committed = Math.max(at.committed, end)
    return again
  }
}

function offsets(topic: string, partition: number, end: number) {
  return { topics: [{ topic, partitions: [{ partition, offset: `${end}` }] }] }
}

/** Whether it was the connection that failed. */
function isLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return /^KafkaJS(Connection|NumberOfRetries)/.test(error.name) || isLost(error.cause)
}

/** Words that end alike have a key in common. */
function keyOf(word: string): string {
  return word.slice(-3)
}
