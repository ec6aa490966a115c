import { locateAll, planRead, readAll, withoutHead, withoutTail } from '../../broker/topic/read.ts'
import { workOn } from '../../broker/topic/work.ts'
import {
  BATCH_HEADER,
  baseOffset,
  baseTimestamp,
  batchSize,
  compression,
  hasAppendTime,
  isControl,
  isTransactional,
  lastOffsetDelta,
  maxTimestamp,
} from '../../core/partition/batch.ts'
import { isAborted } from '../../core/partition/cleaner.ts'
import type { Partition } from '../../core/partition/partition.ts'
import { RecordReader } from '../../core/partition/record-reader.ts'
import type { IncomingRecord } from '../../sdk/engine.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import { Codec } from '../../wire/kafka/compression/codec.ts'
import type { Ground } from './ground.ts'
import { decodeRecord } from './record-batch.ts'

/** What is read at once, if a batch is not longer. */
const READ_BYTES = 256 * 1024

/** What one read came to. */
export interface Chunk {
  readonly records: readonly IncomingRecord[]
  /** Where to read on. */
  readonly next: number
}

/** Reads committed records from `offset` on: some of them, none if there are none now. */
export async function readChunk(ground: Ground, partition: Partition, offset: number): Promise<Chunk> {
  const from = Math.max(offset, partition.logStartOffset)
  const plan = planRead(partition, from, partition.lastStableOffset, READ_BYTES, true)
  if (plan.pieces.length === 0) return { records: [], next: from }
  const { store, arena } = ground.broker
  let bytes = new Uint8Array(plan.bytes)
  const slice = locateAll(store, arena.bytes, plan)
  if (slice !== null) {
    let length = 0
    for (let one: typeof slice | undefined = slice; one !== undefined; one = one.next) {
      bytes.set(one.bytes.subarray(one.at, one.at + one.length), length)
      length += one.length
    }
    bytes = bytes.subarray(0, length)
  } else {
    const error = await new Promise<Error | null>((resolve) => readAll(store, arena.bytes, plan, bytes, 0, resolve))
    if (error !== null) {
      const where = `topic '${partition.topic}', partition ${partition.number}, offset ${from}`
      throw new PosthornError('UNAVAILABLE', `records cannot be read: ${where}`, { cause: error })
    }
    const whole = { bytes, at: 0, length: bytes.length }
    if (plan.cut) withoutTail(whole, plan.end)
    const rest = withoutHead(whole, plan.offset)
    bytes = bytes.subarray(rest.at, rest.at + rest.length)
  }
  return openBatches(ground, partition, bytes, from)
}

async function openBatches(ground: Ground, partition: Partition, bytes: Uint8Array, from: number): Promise<Chunk> {
  const records: IncomingRecord[] = []
  let next = from
  for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) {
    const base = baseOffset(bytes, at)
    const end = base + lastOffsetDelta(bytes, at) + 1
    next = Math.max(next, end)
    if (isControl(bytes, at) || wasAborted(partition, bytes, at, end)) continue
    const reader = await open(ground, bytes, at)
    // A producer may call anything a batch.
    while (reader?.next()) {
      const time = hasAppendTime(bytes, at) ? maxTimestamp(bytes, at) : baseTimestamp(bytes, at) + reader.timestampDelta
      if (base + reader.offsetDelta >= from) records.push(decodeRecord(reader, base, time))
    }
  }
  return { records, next }
}

function wasAborted({ transactions }: Partition, bytes: Uint8Array, at: number, end: number): boolean {
  if (transactions === null || !isTransactional(bytes, at)) return false
  return isAborted(bytes, at, transactions.abortedRanges(baseOffset(bytes, at), end))
}

async function open({ broker }: Ground, bytes: Uint8Array, at: number): Promise<RecordReader | null> {
  const end = at + batchSize(bytes, at)
  if (compression(bytes, at) === Codec.none) return new RecordReader(bytes, at + BATCH_HEADER, end)
  const task = { kind: 'unpack', bytes: bytes.slice(at, end) } as const
  const unpacked = await new Promise<Uint8Array | null>((resolve) => {
    workOn(broker.env.compute, task, (error, records) => resolve(error === null ? records : null))
  })
  return unpacked === null ? null : new RecordReader(unpacked, 0, unpacked.length)
}

/** Calls `visit` for every record that is there now. */
export async function readAllRecords(
  ground: Ground,
  partition: Partition,
  visit: (record: IncomingRecord) => void,
): Promise<void> {
  const end = partition.lastStableOffset
  for (let offset = partition.logStartOffset; offset < end; ) {
    const { records, next } = await readChunk(ground, partition, offset)
    for (const record of records) visit(record)
    if (next <= offset) return
    offset = next
  }
}
