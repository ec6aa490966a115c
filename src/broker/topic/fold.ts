import type { Partition } from '../../core/partition/partition.ts'
import type { ProducerSnapshot } from '../../core/partition/producers.ts'
import { Transactions, type TransactionsSnapshot } from '../../core/partition/transactions.ts'
import { getU32, putU32 } from '../../std/bytes.ts'
import { Part, Record } from '../records.ts'
import { applyBatch } from './append.ts'
import { registerCompactionFold } from './compaction/clean-point.ts'
import { applyProducerIds } from './producer-ids.ts'
import { readFact, type TopicFact, writeFact } from './topic-record.ts'
import type { Topics } from './topics.ts'
import { applyTrim } from './trim.ts'

/** Teaches the broker to rebuild topics and partitions from the journal and the checkpoint. */
export function registerTopicFold(topics: Topics): void {
  const { broker } = topics
  const { applies } = broker
  applies.set(Record.topic, (bytes, at, length, position) => topics.apply(readFact(bytes, at, length), position))
  applies.set(Record.batch, (bytes, at, length, position, time) =>
    applyBatch(topics, bytes, at, length, position, time),
  )
  applies.set(Record.logStart, (bytes, at) => applyTrim(topics, bytes, at))
  applies.set(Record.producerIds, (bytes, at) => applyProducerIds(topics, bytes, at))
  broker.parts.push(
    {
      kind: Part.topics,
      consistent: true,
      snapshot: () => snapshotTopics(topics),
      load: (bytes) => loadTopics(topics, bytes),
    },
    {
      kind: Part.partition,
      consistent: false,
      snapshot: () => snapshotPartitions(topics),
      load: (bytes) => loadPartition(topics, bytes),
    },
  )
  registerCompactionFold(topics)
  broker.afterRecovery.push((clean) => afterRecovery(topics, clean))
}

/** After an unclean end records may be missing that somebody has read, where less than `fsync` was promised: a new leader epoch tells him. */
function afterRecovery(topics: Topics, clean: boolean): void {
  for (const partition of topics.partitions.values()) {
    partition.recovered()
    retainAll(topics, partition)
  }
  if (clean || topics.partitions.size === 0) return
  const fact = { op: 'epoch' as const, epoch: topics.leaderEpoch + 1 }
  topics.apply(fact, writeFact(topics.broker, fact))
}

function retainAll(topics: Topics, partition: Partition): void {
  const { index } = partition
  for (let entry = index.firstEntry(); entry !== -1; entry = index.next(entry)) {
    topics.broker.store.retain(index.place(entry), index.position(entry), index.length(entry))
  }
}

/** Everything about topics but what is in their partitions, as facts; a slice holds about a hundred topics. */
function* snapshotTopics(topics: Topics): Generator<Uint8Array> {
  const facts: TopicFact[] = [{ op: 'epoch', epoch: topics.leaderEpoch }]
  for (const topic of topics.byId.values()) {
    const partitions = topic.partitions.map((partition) => partition.id)
    const stream = topic.stream === null ? {} : { stream: topic.stream }
    facts.push({ op: 'create', name: topic.name, id: topic.id, configs: [...topic.configs], partitions, ...stream })
  }
  const { lastId } = topics.broker
  for (let i = 0; i < facts.length; i += 100) {
    const slice = { lastId, producerIdLimit: topics.producerIdLimit, facts: facts.slice(i, i + 100) }
    yield Buffer.from(JSON.stringify(slice))
  }
}

function loadTopics(topics: Topics, bytes: Uint8Array): void {
  const slice: { lastId: number; producerIdLimit: number; facts: TopicFact[] } = JSON.parse(
    Buffer.from(bytes).toString(),
  )
  topics.broker.lastId = Math.max(topics.broker.lastId, slice.lastId)
  topics.producerIdLimit = topics.nextProducerId = slice.producerIdLimit
  for (const fact of slice.facts) topics.apply(fact, 0)
}

/** What a partition's first slice says beside the index. */
interface PartitionState {
  readonly start: number
  /** What was below is in all that follows. */
  readonly end: number
  readonly epochs: [number, number][]
  readonly producers: ProducerSnapshot[]
  /** Null if there never was one. */
  readonly transactions: TransactionsSnapshot | null
}

/** Aborted transactions in one slice. */
const ABORTED_IN_SLICE = 10_000

/*
 *   ┌──────────────────┬─────────────┬──────────────────────────┬────────────────────┐
 *   │ partition id u32 │ length u32  │ state, JSON              │ slice of the index │
 *   └──────────────────┴─────────────┴──────────────────────────┴────────────────────┘
 *   The state is there in the first slice, and in further ones without an index where there are many aborted transactions; elsewhere
 *   the length is 0.
 */
const HEADER = 8

function* snapshotPartitions(topics: Topics): Generator<Uint8Array> {
  for (const partition of [...topics.partitions.values()]) {
    const { logStartOffset: start, endOffset: end } = partition
    const transactions = partition.transactions?.snapshot() ?? null
    const aborted = transactions?.aborted ?? []
    const state: PartitionState = {
      start,
      end,
      epochs: partition.epochs.snapshot(),
      producers: partition.producers.snapshot(),
      transactions: transactions && { ...transactions, aborted: aborted.slice(0, ABORTED_IN_SLICE) },
    }
    let text = stateText(state)
    for (const slice of partition.index.snapshot()) {
      yield sliceOf(partition, text, slice)
      text = NOTHING
    }
    for (let i = ABORTED_IN_SLICE; i < aborted.length; i += ABORTED_IN_SLICE) {
      const more = { open: [], aborted: aborted.slice(i, i + ABORTED_IN_SLICE) }
      yield sliceOf(partition, stateText({ start, end, epochs: [], producers: [], transactions: more }), NOTHING)
    }
  }
}

const NOTHING = new Uint8Array(0)

function stateText(state: PartitionState): Uint8Array {
  return Buffer.from(JSON.stringify(state))
}

function sliceOf(partition: Partition, text: Uint8Array, slice: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER + text.length + slice.length)
  putU32(bytes, 0, partition.id)
  putU32(bytes, 4, text.length)
  bytes.set(text, HEADER)
  bytes.set(slice, HEADER + text.length)
  return bytes
}

function loadPartition(topics: Topics, bytes: Uint8Array): void {
  const partition = topics.partitions.get(getU32(bytes, 0))
  if (partition === undefined) return
  const end = HEADER + getU32(bytes, 4)
  if (end > HEADER) {
    const state: PartitionState = JSON.parse(Buffer.from(bytes.subarray(HEADER, end)).toString())
    partition.moveStart(state.start)
    partition.producersKnownTo = state.end
    partition.epochs.load(state.epochs)
    partition.producers.load(state.producers)
    if (state.transactions !== null) {
      partition.transactions ??= new Transactions()
      partition.transactions.load(state.transactions)
    }
  }
  if (end < bytes.length) partition.index.load(bytes.subarray(end))
}
