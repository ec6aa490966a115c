import {
  type BatchFault,
  baseSequence,
  batchSize,
  checkBatch,
  compression,
  isTransactional,
  placeBatch,
  producerEpoch,
  producerId,
  recordCount,
  stampAppendTime,
  ZSTD,
} from '../../core/partition/batch.ts'
import type { Partition } from '../../core/partition/partition.ts'
import { getU32, putU32 } from '../../std/bytes.ts'
import { JOURNAL } from '../../store/place.ts'
import { Record } from '../records.ts'
import { hasRoomFor } from './room.ts'
import type { Topic } from './topic.ts'
import type { Topics } from './topics.ts'

/*
 * A batch in the journal. Base offset and leader epoch in the batch are the final ones: it is served as it stands here.
 *
 *   ┌──────────────────┬─────────────────────────────────┐
 *   │ partition id u32 │ record batch, see core/partition │
 *   └──────────────────┴─────────────────────────────────┘
 */
const PREFIX = 4

export type AppendRefusal =
  | Exclude<BatchFault, 'none'>
  | 'too-large'
  | 'invalid-timestamp'
  | 'no-key'
  | 'fenced'
  | 'out-of-order'
  | 'not-transactional'
  | 'zstd'
  | 'no-room'

/** What became of a batch. One object, filled anew by each `appendBatch`. */
export interface Appended {
  /** Null if it was appended, or had been before. */
  refusal: AppendRefusal | null
  baseOffset: number
  /** The time the log gave it, or -1. */
  appendTime: number
}

const result: Appended = { refusal: null, baseOffset: -1, appendTime: -1 }

/** Appends the batch at `bytes[at, at + length)`, which is copied, to a partition. `zstd` tells whether the client may use that codec. */
export function appendBatch(
  topics: Topics,
  topic: Topic,
  partition: Partition,
  bytes: Uint8Array,
  at: number,
  length: number,
  zstd = true,
): Appended {
  result.refusal = null
  result.baseOffset = -1
  result.appendTime = -1
  const refusal = checkAppend(topics, topic, bytes, at, length, zstd)
  if (refusal !== null) {
    result.refusal = refusal
    return result
  }
  if (producerId(bytes, at) >= 0 && isSettled(partition, bytes, at)) return result
  // What is cut off behind the batch is left out.
  const size = batchSize(bytes, at)
  if (!hasRoomFor(topics.broker, size + PREFIX)) {
    result.refusal = 'no-room'
    return result
  }
  write(topics, topic, partition, bytes, at, size)
  return result
}

/** Whether the batch is one that can be appended to a partition of the topic, as far as its header tells. */
export function checkAppend(
  topics: Topics,
  topic: Topic,
  bytes: Uint8Array,
  at: number,
  length: number,
  zstd: boolean,
): AppendRefusal | null {
  const { settings } = topic
  if (length > settings.maxMessageBytes || length + PREFIX > topics.broker.store.journal.longest) return 'too-large'
  const fault = checkBatch(bytes, at, length)
  if (fault !== 'none') return fault
  if (!zstd && compression(bytes, at) === ZSTD) return 'zstd'
  return null
}

/** Whether an idempotent producer's batch is not to be appended: the result says what it is then. */
function isSettled(partition: Partition, bytes: Uint8Array, at: number): boolean {
  const epoch = producerEpoch(bytes, at)
  const checked = partition.producers.check(
    producerId(bytes, at),
    epoch,
    baseSequence(bytes, at),
    recordCount(bytes, at),
    isTransactional(bytes, at),
  )
  if (checked.verdict === 'append') return false
  if (checked.verdict === 'duplicate') {
    result.baseOffset = checked.baseOffset
    result.appendTime = checked.timestamp
  } else result.refusal = checked.verdict
  return true
}

function write(
  topics: Topics,
  topic: Topic,
  partition: Partition,
  bytes: Uint8Array,
  from: number,
  length: number,
): void {
  const now = topics.broker.env.clock.now()
  const { appendTime } = topic.settings
  if (appendTime) result.appendTime = now
  result.baseOffset = putBatch(topics, partition, bytes, from, length, appendTime, now)
}

/** Puts a batch at the end of a partition, and returns its base offset. */
export function putBatch(
  topics: Topics,
  partition: Partition,
  bytes: Uint8Array,
  from: number,
  length: number,
  appendTime: boolean,
  now: number,
): number {
  const { broker } = topics
  const { journal } = broker.store
  const { arena } = broker
  const start = journal.append(Record.batch, PREFIX + length)
  const position = journal.position + PREFIX
  const at = start + PREFIX
  putU32(arena.bytes, start, partition.id)
  arena.copyFrom(bytes, at, from, length)
  const offset = partition.endOffset
  placeBatch(arena.bytes, at, offset, topics.leaderEpoch)
  if (appendTime) stampAppendTime(arena.bytes, at, now)
  partition.apply(arena.bytes, at, length, JOURNAL, position, now)
  broker.store.retain(JOURNAL, position, length)
  topics.appended(partition)
  return offset
}

/** Puts a batch back at recovery. Live bytes are counted when all is applied. */
export function applyBatch(
  topics: Topics,
  bytes: Uint8Array,
  at: number,
  length: number,
  position: number,
  time: number,
): void {
  const partition = topics.partitions.get(getU32(bytes, at))
  partition?.apply(bytes, at + PREFIX, length - PREFIX, JOURNAL, position + PREFIX, time)
}
