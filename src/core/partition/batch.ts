import { getI64, getU16, getU32, putI64, putU16, putU32 } from '../../std/bytes.ts'
import { crc32c } from '../../std/crc32c.ts'

/*
 * A record batch, magic 2, as clients send it and as it is stored and served. Offsets of the fields:
 *
 *   ┌─────────────┬────────────┬──────────────┬───────┬─────────┬────────────┬───────────────┬────────────────┐
 *   │ base offset │ length i32 │ leader epoch │ magic │ crc u32 │ attributes │ last offset   │ base timestamp │
 *   │ 0: i64      │ 8: of rest │ 12: i32      │ 16:i8 │ 17      │ 21: i16    │ delta 23: i32 │ 27: i64        │
 *   ├─────────────┴─┬──────────┴──┬───────────┴───┬───┴─────────┴────┬───────┴───┬───────────┴────────────────┤
 *   │ max timestamp │ producer id │ producer      │ base sequence    │ count     │ records …                  │
 *   │ 35: i64       │ 43: i64     │ epoch 51: i16 │ 53: i32          │ 57: i32   │ 61                         │
 *   └───────────────┴─────────────┴───────────────┴──────────────────┴───────────┴────────────────────────────┘
 *
 * The checksum, CRC-32C, covers everything from the attributes on: base offset and leader epoch may be written over.
 */
export const BATCH_HEADER = 61
/** Bytes before what the batch's own length counts. */
export const BATCH_PREFIX = 12
/** Up to the magic byte batches of all formats are alike. */
const BATCH_LEAST = 17
/** What no batch's own length is below, in any format. */
const LEAST_REST = 14

const COMPRESSION = 7
const LOG_APPEND_TIME = 8
export const TRANSACTIONAL = 16
export const CONTROL = 32
const DELETE_HORIZON = 64

/** Compression codecs by number. */
export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export const ZSTD = 4

/** What can be wrong with a batch that a producer sends. */
export type BatchFault = 'none' | 'corrupt' | 'not-one-batch' | 'old-format' | 'invalid' | 'unknown-codec'

/**
 * Looks whether one whole and undamaged batch from a producer begins at `bytes[at]`. Of `length` bytes the rest may be the beginning of another:
 * what is cut off counts for nothing, as in Kafka.
 */
export function checkBatch(bytes: Uint8Array, at: number, length: number): BatchFault {
  if (length < BATCH_LEAST) return 'not-one-batch'
  const size = BATCH_PREFIX + (getU32(bytes, at + 8) | 0)
  if (size < BATCH_PREFIX + LEAST_REST) return 'corrupt'
  if (size > length) return 'not-one-batch'
  const magic = bytes[at + 16]!
  if (magic < 2) return 'old-format'
  if (size < BATCH_HEADER || magic !== 2) return 'corrupt'
  const rest = length - size
  if (rest >= BATCH_LEAST && BATCH_PREFIX + (getU32(bytes, at + size + 8) | 0) <= rest) return 'not-one-batch'
  if (crc32c(bytes, at + 21, at + size) !== getU32(bytes, at + 17)) return 'corrupt'
  if (compression(bytes, at) > ZSTD) return 'unknown-codec'
  const count = getU32(bytes, at + 57)
  if (count === 0 || count > 0x7fffffff || getU32(bytes, at + 23) !== count - 1) return 'invalid'
  if (isControl(bytes, at) || baseOffset(bytes, at) !== 0) return 'invalid'
  return producerId(bytes, at) >= 0 && baseSequence(bytes, at) < 0 ? 'invalid' : 'none'
}

/** Bytes of the batch that begins at `at`, all of it. */
export function batchSize(bytes: Uint8Array, at: number): number {
  return BATCH_PREFIX + getU32(bytes, at + 8)
}

export function baseOffset(bytes: Uint8Array, at: number): number {
  return getI64(bytes, at)
}

export function lastOffsetDelta(bytes: Uint8Array, at: number): number {
  return getU32(bytes, at + 23)
}

export function leaderEpoch(bytes: Uint8Array, at: number): number {
  return getU32(bytes, at + 12) | 0
}

/** The number of the codec; see CODECS. */
export function compression(bytes: Uint8Array, at: number): number {
  return bytes[at + 22]! & COMPRESSION
}

/** Whether the records' time is the one at which the batch was appended, its greatest timestamp. */
export function hasAppendTime(bytes: Uint8Array, at: number): boolean {
  return (bytes[at + 22]! & LOG_APPEND_TIME) !== 0
}

export function isTransactional(bytes: Uint8Array, at: number): boolean {
  return (bytes[at + 22]! & TRANSACTIONAL) !== 0
}

/** A batch that the broker wrote: the end of a transaction. */
export function isControl(bytes: Uint8Array, at: number): boolean {
  return (bytes[at + 22]! & CONTROL) !== 0
}

/** From when on tombstones of the batch may go, or Infinity while compaction has not seen it. It stands in the place of the base timestamp. */
export function deleteHorizon(bytes: Uint8Array, at: number): number {
  return (bytes[at + 22]! & DELETE_HORIZON) !== 0 ? getI64(bytes, at + 27) : Number.POSITIVE_INFINITY
}

/** What the timestamps of the records count from. */
export function baseTimestamp(bytes: Uint8Array, at: number): number {
  return getI64(bytes, at + 27)
}

export function maxTimestamp(bytes: Uint8Array, at: number): number {
  return getI64(bytes, at + 35)
}

/** -1 for a producer that is not idempotent. */
export function producerId(bytes: Uint8Array, at: number): number {
  return getI64(bytes, at + 43)
}

export function producerEpoch(bytes: Uint8Array, at: number): number {
  return (getU16(bytes, at + 51) << 16) >> 16
}

export function baseSequence(bytes: Uint8Array, at: number): number {
  return getU32(bytes, at + 53) | 0
}

export function recordCount(bytes: Uint8Array, at: number): number {
  return getU32(bytes, at + 57)
}

/** Writes over what the broker decides; the checksum does not cover it. */
export function placeBatch(bytes: Uint8Array, at: number, offset: number, epoch: number): void {
  putI64(bytes, at, offset)
  putU32(bytes, at + 12, epoch)
}

/** Gives all records the time of now, which takes a new checksum. */
export function stampAppendTime(bytes: Uint8Array, at: number, now: number): void {
  putU16(bytes, at + 21, getU16(bytes, at + 21) | LOG_APPEND_TIME)
  putI64(bytes, at + 35, now)
  putU32(bytes, at + 17, crc32c(bytes, at + 21, at + batchSize(bytes, at)))
}

/** Says what a batch with other records in it holds, and gives it a checksum. */
export function sealBatch(bytes: Uint8Array, at: number, length: number, count: number, latest: number): void {
  putU32(bytes, at + 8, length - BATCH_PREFIX)
  putI64(bytes, at + 35, latest)
  putU32(bytes, at + 57, count)
  putU32(bytes, at + 17, crc32c(bytes, at + 21, at + length))
}

/** The batch's codec is another one; it has no right checksum then. */
export function setCompression(bytes: Uint8Array, at: number, codec: number): void {
  bytes[at + 22] = (bytes[at + 22]! & ~COMPRESSION) | codec
}

/** Tombstones of the batch may go from `time` on; it has no right checksum then. */
export function setDeleteHorizon(bytes: Uint8Array, at: number, time: number): void {
  bytes[at + 22]! |= DELETE_HORIZON
  putI64(bytes, at + 27, time)
}

/** The codecs of a run of batches. */
export function codecsIn(bytes: Uint8Array): Set<number> {
  const codecs = new Set<number>()
  for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) codecs.add(compression(bytes, at))
  return codecs
}
