import type { Partition } from '../../core/partition/partition.ts'
import type { Broker } from '../broker.ts'
import { ConfigStore } from '../config/config-store.ts'
import type { Held } from '../turn.ts'
import { collisionKey } from './name.ts'
import { streamKey, Topic } from './topic.ts'
import type { TopicFact } from './topic-record.ts'

export interface TopicOptions {
  /** Partitions of a topic whose creator names no number. */
  readonly defaultPartitions: number
  /** Partitions that all topics may have together. */
  readonly maxPartitions: number
  /** How long the sequence numbers of a silent idempotent producer are known. */
  readonly producerExpiryMs: number
  /** How often retention is looked after. */
  readonly retentionCheckMs: number
  /** How often compaction looks for something to do. */
  readonly cleanerBackoffMs: number
  /** Bytes for the keys of one cleaning. */
  readonly cleanerMemory: number
  /** The broker's number, as clients name it. */
  readonly nodeId: number
}

export const TOPIC_DEFAULTS: TopicOptions = {
  defaultPartitions: 1,
  maxPartitions: 200_000,
  producerExpiryMs: 86_400_000,
  retentionCheckMs: 300_000,
  cleanerBackoffMs: 15_000,
  cleanerMemory: 16 * 1024 * 1024,
  nodeId: 1,
}

/** All topics, and how far their logs are durable. */
export class Topics implements Held {
  readonly broker: Broker
  readonly options: TopicOptions
  readonly byName = new Map<string, Topic>()
  readonly byId = new Map<string, Topic>()
  /** For names that differ in '.' and '_' only. */
  readonly byCollisionKey = new Map<string, Topic>()
  /** Those that stream queues are made of, by `streamKey`: hidden ones stand here alone. */
  readonly streams = new Map<string, Topic>()
  readonly partitions = new Map<number, Partition>()
  /** Settings that were given to anything but topics. */
  readonly configs: ConfigStore
  /** Told of every topic that is deleted, live and at recovery, with the journal position of the fact. */
  readonly onDeleted: ((topic: Topic, position: number) => void)[] = []
  /** The leader epoch of everything appended now: it grows with every unclean start. */
  leaderEpoch = 0
  /** The journal position of the last fact about topics: what an answer about them waits for. */
  position = 0
  /** Cleanings of compacted topics since the start, and the bytes they went over. */
  cleanings = 0
  bytesCleaned = 0
  /** The next producer id, and from where on the journal has to be asked for more. */
  nextProducerId = 0
  producerIdLimit = 0
  /** Partitions with an end that is not durable yet. */
  private pending: Partition[] = []
  private holding = false

  constructor(broker: Broker, options: Partial<TopicOptions> = {}) {
    this.broker = broker
    this.options = { ...TOPIC_DEFAULTS, ...options }
    broker.owners.push(this.partitions)
    broker.contracts.topics = this.byName
    this.configs = new ConfigStore(broker)
    this.configs.onChanged.push((kind) => {
      if (kind === 'broker') for (const topic of this.byName.values()) topic.resettle()
    })
  }

  /** A setting of the broker that was given at run time: its own, or the one for all brokers. */
  readonly brokerValue = (key: string): string | null => {
    const own = this.configs.get('broker', String(this.options.nodeId)).get(key)
    return own ?? this.configs.get('broker', '').get(key) ?? null
  }

  /** The only place where topics change: live, and at recovery. */
  apply(fact: TopicFact, position: number): void {
    this.position = position
    if (fact.op === 'epoch') {
      this.leaderEpoch = Math.max(this.leaderEpoch, fact.epoch)
      return
    }
    if (fact.op === 'create') {
      this.create(fact, position)
      return
    }
    const topic = this.byId.get(fact.id)
    if (topic === undefined) return
    topic.position = position
    if (fact.op === 'delete') this.remove(topic, position)
    else if (fact.op === 'configure') topic.configure(new Map(fact.configs))
    else if (fact.from === topic.partitions.length) this.adopt(topic, fact.partitions)
  }

  private create(fact: TopicFact & { op: 'create' }, position: number): void {
    if (this.byId.has(fact.id)) return
    const topic = new Topic(fact.name, fact.id, new Map(fact.configs), position, this.brokerValue, fact.stream)
    const { stream } = topic
    if (stream !== null) this.streams.set(streamKey(stream.vhost, stream.queue), topic)
    this.byId.set(topic.id, topic)
    if (stream?.hidden !== true) {
      this.byName.set(topic.name, topic)
      this.byCollisionKey.set(collisionKey(topic.name), topic)
    }
    this.adopt(topic, fact.partitions)
  }

  private adopt(topic: Topic, ids: readonly number[]): void {
    for (const partition of topic.grow(ids)) {
      this.partitions.set(partition.id, partition)
      this.broker.lastId = Math.max(this.broker.lastId, partition.id)
    }
  }

  private remove(topic: Topic, position: number): void {
    const { stream } = topic
    if (stream !== null) this.streams.delete(streamKey(stream.vhost, stream.queue))
    this.byId.delete(topic.id)
    if (stream?.hidden !== true) {
      this.byName.delete(topic.name)
      this.byCollisionKey.delete(collisionKey(topic.name))
    }
    for (const partition of topic.partitions) {
      partition.deleted = true
      this.partitions.delete(partition.id)
      partition.wake()
    }
    for (const told of this.onDeleted) told(topic, position)
  }

  /** The partition has a new end: readers may see it when the journal is durable up to where it ends now. */
  appended(partition: Partition): void {
    const { tail } = this.broker.store.journal
    if (!partition.isPending) this.pending.push(partition)
    partition.await(tail)
    this.hold(tail)
  }

  /** The topic that a partition is of. */
  topicOf({ topic }: Partition): Topic | undefined {
    return this.byName.get(topic) ?? this.streams.get(topic)
  }

  private hold(position: number): void {
    if (this.holding) return
    this.holding = true
    this.broker.turn.hold(position, this)
  }

  /** The journal got on: high watermarks move, and who waits for records is told. */
  release(): void {
    this.holding = false
    const { durable } = this.broker.store
    const partitions = this.pending
    this.pending = []
    let next = Number.POSITIVE_INFINITY
    for (const partition of partitions) {
      if (partition.advance(durable)) partition.wake()
      if (!partition.isPending) continue
      this.pending.push(partition)
      next = Math.min(next, partition.pendingPosition)
    }
    if (this.pending.length > 0) this.hold(next)
  }
}
