import { setTimeout as pass } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { fresh } from './target.ts'

/** Longer than a broker or an application takes to come back. */
const QUIET_MS = 60_000
const LOOK_MS = 300

/** A record as its reader sees it. */
export interface Read {
  readonly partition: number
  readonly offset: string
  readonly key: string | null
  readonly value: string | null
  readonly timestamp: string
  readonly headers: Readonly<Record<string, string>>
}

/** Reads topics from their start, and of transactions what was committed. */
export class TopicReader {
  private readonly kafka: Kafka
  private readonly consumer
  /** The last offset seen of each partition: who joins its group again may be given records again. */
  private readonly seen = new Map<string, number>()
  private wake: () => void = () => {}

  constructor(address: string) {
    this.kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 30 } })
    this.consumer = this.kafka.consumer({ groupId: fresh('reader'), maxWaitTimeInMs: 200, sessionTimeout: 10_000 })
  }

  /** Tells `take` of every record of the topics, which may have yet to come. */
  async read(topics: string[], take: (topic: string, record: Read) => void): Promise<void> {
    await this.thereAre(topics)
    await this.consumer.connect()
    await this.consumer.subscribe({ topics, fromBeginning: true })
    await this.consumer.run({
      eachBatch: async ({ batch: { topic, partition, messages } }) => {
        for (const { key, value, offset, timestamp, headers } of messages) {
          if (Number(offset) <= (this.seen.get(`${topic} ${partition}`) ?? -1)) continue
          this.seen.set(`${topic} ${partition}`, Number(offset))
          const named = Object.entries(headers ?? {}).map(([name, header]) => [name, String(header)])
          const [text, word] = [value?.toString() ?? null, key?.toString() ?? null]
          take(topic, { partition, offset, key: word, value: text, timestamp, headers: Object.fromEntries(named) })
        }
        this.wake()
      },
    })
  }

  /** Resolves when `done` holds; rejects with what `had` says when nothing has come for long. */
  async until(done: () => boolean, had: () => string): Promise<void> {
    while (!done()) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`nothing more came: ${had()}`)), QUIET_MS)
        this.wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  private async thereAre(topics: readonly string[]): Promise<void> {
    const admin = this.kafka.admin()
    await admin.connect()
    for (let left = QUIET_MS; ; left -= LOOK_MS) {
      const known = await admin.listTopics()
      if (topics.every((topic) => known.includes(topic))) break
      if (left <= 0) throw new Error(`there is no topic ${topics.filter((topic) => !known.includes(topic))}`)
      await pass(LOOK_MS)
    }
    await admin.disconnect()
  }

  close(): Promise<void> {
    return this.consumer.disconnect()
  }
}
