import type { IncomingRecord } from '../../../sdk/engine.ts'
import type { PosthornError } from '../../../sdk/posthorn-error.ts'
import { Backoff } from './backoff.ts'
import type { AnswerOf, Cluster, Lane } from './cluster.ts'
import { failureOf, passes, responseOf, toPosthornError } from './errors.ts'
import type { Apis } from './library.ts'
import { listOffsets } from './offsets.ts'
import { decode } from './records.ts'

/** How long a broker waits for records before it answers that there are none. */
const LONGEST_WAIT_MS = 500
const MOST_BYTES = 8 * 1024 * 1024
const MOST_BYTES_OF_PARTITION = 1024 * 1024
const READ_COMMITTED = 1

/** One partition that is read. Whoever owns it moves `next`, and says when nothing is to come. */
export class Source {
  readonly topic: string
  readonly partition: number
  /** The next offset to read. */
  next: number
  paused = false
  /** A read has come back since it was added. */
  seen = false

  constructor(topic: string, partition: number, next: number) {
    this.topic = topic
    this.partition = partition
    this.next = next
  }

  get place(): { readonly topic: string; readonly partition: number } {
    return { topic: this.topic, partition: this.partition }
  }
}

/** Called with what was read, in order; `source.next` is behind it already. */
export type OnRead = (source: Source, records: readonly IncomingRecord[]) => void

type Answer = AnswerOf<Apis['fetch']>

/** Reads partitions, one request at a time to each broker that leads some. */
export class Reader {
  private readonly cluster: Cluster
  private readonly lane: Lane
  private readonly onRead: OnRead
  private readonly onEnd: (error: PosthornError) => void
  private readonly sources = new Set<Source>()
  /** Brokers with a request under way. */
  private readonly busy = new Set<number>()
  private closed = false
  private waking = false
  private turn = 0
  private readonly backoff = new Backoff()

  constructor(cluster: Cluster, onRead: OnRead, onEnd: (error: PosthornError) => void) {
    this.cluster = cluster
    this.lane = cluster.openLane()
    this.onRead = onRead
    this.onEnd = onEnd
  }

  add(sources: readonly Source[]): void {
    for (const source of sources) this.sources.add(source)
    this.wake()
  }

  /** Nothing comes from it any more, from now on. */
  remove(source: Source): void {
    this.sources.delete(source)
  }

  /** Something can be read that could not before. */
  wake(): void {
    if (this.waking || this.closed) return
    this.waking = true
    setImmediate(() => {
      this.waking = false
      this.run().catch((error: unknown) => this.onEnd(toPosthornError(error, 'reading')))
    })
  }

  close(): Promise<void> {
    this.closed = true
    this.sources.clear()
    return this.lane.close()
  }

  private async run(): Promise<void> {
    const byLeader = new Map<number, Source[]>()
    for (const source of this.sources) {
      if (source.paused) continue
      const known = this.cluster.known(source.topic)?.leaders[source.partition] ?? -1
      const leader = known < 0 ? await this.leaderOf(source) : known
      if (leader < 0 || this.busy.has(leader)) continue
      const own = byLeader.get(leader)
      if (own === undefined) byLeader.set(leader, [source])
      else own.push(source)
    }
    for (const [leader, sources] of byLeader) {
      if (this.closed || this.busy.has(leader)) continue
      this.busy.add(leader)
      this.fetch(leader, sources).finally(() => {
        this.busy.delete(leader)
        this.wake()
      })
    }
  }

  private async leaderOf({ topic, partition }: Source): Promise<number> {
    try {
      const leader = (await this.cluster.topic(topic))?.leaders[partition] ?? -1
      if (leader < 0) this.later(topic)
      return leader
    } catch (error) {
      if (!passes(error)) throw error
      this.later(topic)
      return -1
    }
  }

  /** Asks again after a pause. */
  private later(topic: string): void {
    this.cluster.forgetTopic(topic)
    this.backoff.pause().then(() => this.wake())
  }

  /** Never throws: what fails for good ends the reader. */
  private async fetch(leader: number, sources: readonly Source[]): Promise<void> {
    // Another one comes first each time, so that a full answer leaves out each in turn.
    const first = this.turn++ % sources.length
    const asked = [...sources.slice(first), ...sources.slice(0, first)].map(
      (source): Asked => ({ source, from: source.next, topicId: '' }),
    )
    try {
      const answer = await this.ask(leader, asked)
      this.backoff.reset()
      await this.take(answer, asked)
    } catch (error) {
      if (this.closed) return
      if (!passes(error)) {
        this.onEnd(toPosthornError(error, `reading '${sources[0]!.topic}'`))
        return
      }
      for (const { topic } of sources) this.cluster.forgetTopic(topic)
      await this.backoff.pause()
    }
  }

  private async ask(leader: number, asked: readonly Asked[]): Promise<Answer> {
    const topics = new Map<string, { topicId: string; partitions: FetchPartition[] }>()
    for (const one of asked) {
      const { source, from } = one
      const facts = this.cluster.known(source.topic) ?? (await this.cluster.topic(source.topic))
      if (facts === null) continue
      one.topicId = plainId(facts.id)
      let topic = topics.get(source.topic)
      if (topic === undefined) topics.set(source.topic, (topic = { topicId: facts.id, partitions: [] }))
      topic.partitions.push({
        partition: source.partition,
        currentLeaderEpoch: -1,
        fetchOffset: BigInt(from),
        lastFetchedEpoch: -1,
        partitionMaxBytes: MOST_BYTES_OF_PARTITION,
      })
    }
    const list = [...topics.values()]
    try {
      return await this.lane.call(leader, 'fetch', LONGEST_WAIT_MS, 1, MOST_BYTES, READ_COMMITTED, 0, -1, list, [], '')
    } catch (error) {
      // Some partitions may have been read all the same.
      const answer = responseOf<Answer>(error)
      if (answer === null || answer.errorCode !== 0) throw error
      const { codes } = failureOf(error)
      if (![...codes].every((code) => code === 'OFFSET_OUT_OF_RANGE' || passes(error))) throw error
      return answer
    }
  }

  private async take({ responses }: Answer, asked: readonly Asked[]): Promise<void> {
    let stale = false
    for (const { topicId, partitions } of responses) {
      const id = plainId(topicId)
      for (const fetched of partitions) {
        const one = asked.find((each) => each.source.partition === fetched.partitionIndex && each.topicId === id)
        if (one === undefined) continue
        const { source, from } = one
        // It was moved, or taken away, while the answer was on its way.
        if (!this.sources.has(source) || source.next !== from) continue
        if (fetched.errorCode === OUT_OF_RANGE) await this.reset(source)
        else if (fetched.errorCode !== 0) {
          this.cluster.forgetTopic(source.topic)
          stale = true
        } else {
          const { records, next } = decode(fetched, from)
          source.seen = true
          if (next !== null) source.next = Math.max(next, from)
          this.onRead(source, records)
        }
      }
    }
    if (stale) await this.backoff.pause()
  }

  /** What was to be read next is gone: what is there begins later, or ends before. */
  private async reset(source: Source): Promise<void> {
    const { topic, partition, next } = source
    const [begin] = await listOffsets(this.cluster, topic, [partition], 'earliest')
    const [end] = await listOffsets(this.cluster, topic, [partition], 'latest')
    if (source.next === next) source.next = Math.min(Math.max(next, begin!), end!)
  }
}

const OUT_OF_RANGE = 1

interface Asked {
  readonly source: Source
  readonly from: number
  /** Empty if the topic is not known. */
  topicId: string
}

function plainId(topicId: string): string {
  return topicId.replaceAll('-', '')
}

interface FetchPartition {
  readonly partition: number
  readonly currentLeaderEpoch: number
  readonly fetchOffset: bigint
  readonly lastFetchedEpoch: number
  readonly partitionMaxBytes: number
}
