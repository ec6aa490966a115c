/** The words are those of ListTransactions. What Kafka prepares first and completes later is one step here. */
export type TransactionState = 'Empty' | 'Ongoing' | 'CompleteCommit' | 'CompleteAbort'

/** All states that Kafka has names for. */
export const STATE_NAMES: readonly string[] = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'Dead',
  'PrepareEpochFence',
]

/** An epoch is an int16; the last one is kept for fencing and never given to a producer. */
const LAST_EPOCH = 0x7fff - 1

/** What is remembered of a transactional id, beside what its open transaction has touched. */
export interface TransactionImage {
  readonly producerId: number
  readonly producerEpoch: number
  /** The epoch before, for a producer that asks again because it missed the answer; -1 if nobody may. */
  readonly lastEpoch: number
  /** The id before, likewise. */
  readonly previousId: number
  readonly timeoutMs: number
  readonly state: TransactionState
  /** The producer's last transaction ended with a new epoch (KIP-890): how it asks again differs. */
  readonly bumps: boolean
  /** Wall-clock times; -1 before the first transaction. */
  readonly startedAt: number
  readonly updatedAt: number
}

/** A durable fact about a transactional id. */
export type TransactionFact =
  /** What it is now; nothing is open, or nothing has been touched yet. */
  | { readonly op: 'image'; readonly image: TransactionImage }
  /** The transaction touches these, and is open from now on. Nothing is said twice. */
  | {
      readonly op: 'touch'
      readonly startedAt: number
      readonly updatedAt: number
      readonly partitions: readonly number[]
      readonly groups: readonly string[]
    }
  /** Offsets that are committed with it: whoever asks for stable ones has to wait for that. */
  | {
      readonly op: 'offsets'
      readonly group: string
      readonly committedAt: number
      readonly offsets: readonly PendingOffset[]
    }
  | { readonly op: 'forget' }

export interface PendingOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** -1 when the client did not say. */
  readonly leaderEpoch: number
  readonly metadata: string
}

/** What a transaction will commit for one group, by topic and partition. */
export class PendingOffsets {
  /** Wall-clock time of the last one. */
  committedAt = 0
  size = 0
  /** Characters in all topics' names and metadata. */
  characters = 0
  readonly topics = new Map<string, Map<number, PendingOffset>>()

  set(pending: PendingOffset): void {
    let partitions = this.topics.get(pending.topic)
    if (partitions === undefined) this.topics.set(pending.topic, (partitions = new Map()))
    const before = partitions.get(pending.partition)
    if (before === undefined) this.size++
    else this.characters -= before.topic.length + before.metadata.length
    this.characters += pending.topic.length + pending.metadata.length
    partitions.set(pending.partition, pending)
  }

  has(topic: string, partition: number): boolean {
    return this.topics.get(topic)?.has(partition) ?? false
  }
}

const NOBODY: TransactionImage = {
  producerId: -1,
  producerEpoch: -1,
  lastEpoch: -1,
  previousId: -1,
  timeoutMs: 0,
  state: 'Empty',
  bumps: false,
  startedAt: -1,
  updatedAt: 0,
}

/** A transactional id, as its coordinator sees it. `apply` is the only writer of what is durable: everything but `changedAt` and `gone`. */
export class Transaction {
  readonly id: string
  image: TransactionImage = NOBODY
  /** Numbers of the partitions and names of the groups that the open transaction touches. */
  readonly partitions = new Set<number>()
  readonly groups = new Set<string>()
  /** What those of its partitions were that are gone since, topic and all. Told to who asks; a start has forgotten it. */
  readonly gone = new Map<number, { readonly topic: string; readonly partition: number }>()
  /** By group. */
  readonly offsets = new Map<string, PendingOffsets>()
  /** The journal position after the last fact. */
  changedAt = 0

  constructor(id: string) {
    this.id = id
  }

  get isOpen(): boolean {
    return this.image.state === 'Ongoing'
  }

  /** Whether the producer id has no epoch left to give out. */
  get isExhausted(): boolean {
    return isExhausted(this.image.producerEpoch)
  }

  apply(fact: TransactionFact): void {
    if (fact.op === 'touch') {
      const { startedAt, updatedAt } = fact
      this.image = { ...this.image, state: 'Ongoing', startedAt, updatedAt }
      for (const partition of fact.partitions) this.partitions.add(partition)
      for (const group of fact.groups) this.groups.add(group)
      return
    }
    if (fact.op === 'offsets') {
      let pending = this.offsets.get(fact.group)
      if (pending === undefined) this.offsets.set(fact.group, (pending = new PendingOffsets()))
      pending.committedAt = fact.committedAt
      for (const one of fact.offsets) pending.set(one)
      return
    }
    this.partitions.clear()
    this.gone.clear()
    this.groups.clear()
    this.offsets.clear()
    this.image = fact.op === 'image' ? fact.image : NOBODY
  }
}

export function isExhausted(epoch: number): boolean {
  return epoch >= LAST_EPOCH
}
