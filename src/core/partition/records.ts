import { Codec, PackedError, unpack } from '../../wire/kafka/compression/codec.ts'
import {
  BATCH_HEADER,
  baseOffset,
  baseTimestamp,
  batchSize,
  compression,
  deleteHorizon,
  hasAppendTime,
  lastOffsetDelta,
  maxTimestamp,
} from './batch.ts'
import { RecordReader } from './record-reader.ts'

/** The most that a batch is unpacked to. */
const MAX_UNPACKED = 64 * 1024 * 1024

/** A record's place in time. */
export interface Stamp {
  readonly offset: number
  readonly timestamp: number
}

/** A batch's records, to be read one by one; null if a producer wrote something else into it: the checksum only says that it came as it was sent. */
export function recordsOf(bytes: Uint8Array, at: number): RecordReader | null {
  const end = at + batchSize(bytes, at)
  const codec = compression(bytes, at)
  if (codec === Codec.none) return new RecordReader(bytes, at + BATCH_HEADER, end)
  try {
    const records = unpack(codec, bytes.subarray(at + BATCH_HEADER, end), MAX_UNPACKED)
    return new RecordReader(records, 0, records.length)
  } catch (error) {
    if (error instanceof PackedError) return null
    throw error
  }
}

/** Whether `firstSince` would have to unpack the batch. */
export function mustUnpackSince(bytes: Uint8Array, at: number, timestamp: number, from: number): boolean {
  if (compression(bytes, at) === Codec.none || maxTimestamp(bytes, at) < timestamp) return false
  return !hasAppendTime(bytes, at) && !beginsSince(bytes, at, timestamp, from)
}

/** Whether the first record is what is looked for. */
function beginsSince(bytes: Uint8Array, at: number, timestamp: number, from: number): boolean {
  return hasFirstTime(bytes, at) && baseTimestamp(bytes, at) >= timestamp && baseOffset(bytes, at) >= from
}

/** Whether `latestIn` would have to unpack the batch. */
export function mustUnpackLatest(bytes: Uint8Array, at: number): boolean {
  if (compression(bytes, at) === Codec.none || hasAppendTime(bytes, at)) return false
  return !(hasFirstTime(bytes, at) && baseTimestamp(bytes, at) === maxTimestamp(bytes, at))
}

/** The first record of a batch from offset `from` on whose timestamp is `timestamp` or later, or null if there is none. */
export function firstSince(bytes: Uint8Array, at: number, timestamp: number, from: number): Stamp | null {
  const base = baseOffset(bytes, at)
  if (maxTimestamp(bytes, at) < timestamp || base + lastOffsetDelta(bytes, at) < from) return null
  const offset = Math.max(base, from)
  if (hasAppendTime(bytes, at)) return { offset, timestamp: maxTimestamp(bytes, at) }
  if (beginsSince(bytes, at, timestamp, from)) return { offset, timestamp: baseTimestamp(bytes, at) }
  const found = find(bytes, at, timestamp, from)
  return found === 'unreadable' ? { offset, timestamp: baseTimestamp(bytes, at) } : found
}

/** The first record of a batch that has the batch's greatest timestamp; of a batch that can't be opened, its last record. */
export function latestIn(bytes: Uint8Array, at: number): Stamp {
  const base = baseOffset(bytes, at)
  const latest = maxTimestamp(bytes, at)
  const last = base + lastOffsetDelta(bytes, at)
  // All records of one append have the same time.
  if (hasAppendTime(bytes, at)) return { offset: base, timestamp: latest }
  if (hasFirstTime(bytes, at) && baseTimestamp(bytes, at) === latest) return { offset: base, timestamp: latest }
  const found = find(bytes, at, latest, base)
  return found === null || found === 'unreadable' ? { offset: last, timestamp: latest } : found
}

/** The base timestamp is that of the first record, unless compaction has been here. */
function hasFirstTime(bytes: Uint8Array, at: number): boolean {
  return deleteHorizon(bytes, at) === Number.POSITIVE_INFINITY
}

/** Looks through the records from offset `from` on for the first that is as late. */
function find(bytes: Uint8Array, at: number, timestamp: number, from: number): Stamp | null | 'unreadable' {
  const records = recordsOf(bytes, at)
  if (records === null) return 'unreadable'
  const base = baseOffset(bytes, at)
  const baseTime = baseTimestamp(bytes, at)
  const most = lastOffsetDelta(bytes, at)
  while (records.next()) {
    if (records.offsetDelta > most) return 'unreadable'
    const time = baseTime + records.timestampDelta
    const offset = base + records.offsetDelta
    if (time >= timestamp && offset >= from) return { offset, timestamp: time }
  }
  return records.broken ? 'unreadable' : null
}
