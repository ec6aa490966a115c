import { gunzipSync } from 'node:zlib'
import {
  BATCH_HEADER,
  baseOffset,
  baseTimestamp,
  batchSize,
  CODECS,
  compression,
  hasAppendTime,
  maxTimestamp,
  recordCount,
} from './batch.ts'

/** The most that a batch is unpacked to. */
const MAX_UNPACKED = 16 * 1024 * 1024

/** A record's place in time. */
export interface Stamp {
  readonly offset: number
  readonly timestamp: number
}

/**
 * The first record of a batch whose timestamp is `timestamp` or later, or null if there is none. Batches packed with snappy, lz4 or zstd are
 * not opened: of these it is the first record of the batch, so that a reader who starts there sees some records too many and misses none.
 */
export function firstSince(bytes: Uint8Array, at: number, timestamp: number): Stamp | null {
  if (maxTimestamp(bytes, at) < timestamp) return null
  const base = baseOffset(bytes, at)
  if (hasAppendTime(bytes, at)) return { offset: base, timestamp: maxTimestamp(bytes, at) }
  // The base timestamp is that of the first record.
  const first = baseTimestamp(bytes, at)
  if (first >= timestamp) return { offset: base, timestamp: first }
  return find(bytes, at, (stamp) => stamp >= timestamp) ?? { offset: base, timestamp: first }
}

/** The first record of a batch that has the batch's greatest timestamp; of a batch that can't be opened, its last record. */
export function latestIn(bytes: Uint8Array, at: number): Stamp {
  const base = baseOffset(bytes, at)
  const latest = maxTimestamp(bytes, at)
  const last = base + recordCount(bytes, at) - 1
  // All records of one append have the same time: Kafka names the last of them.
  if (hasAppendTime(bytes, at)) return { offset: last, timestamp: latest }
  if (baseTimestamp(bytes, at) === latest) return { offset: base, timestamp: latest }
  return find(bytes, at, (stamp) => stamp >= latest) ?? { offset: last, timestamp: latest }
}

/** Looks through the records for the first whose timestamp fits; null also if they can't be read. */
function find(bytes: Uint8Array, at: number, fits: (timestamp: number) => boolean): Stamp | null {
  const packed = bytes.subarray(at + BATCH_HEADER, at + batchSize(bytes, at))
  const records = unpack(packed, CODECS[compression(bytes, at)])
  if (records === null) return null
  const base = baseOffset(bytes, at)
  const baseTime = baseTimestamp(bytes, at)
  const cursor = new Cursor(records)
  const count = recordCount(bytes, at)
  for (let left = count; left > 0; left--) {
    const length = cursor.varint()
    const end = cursor.at + length
    if (!(length >= 0 && end <= records.length)) return null
    cursor.at++
    const timestamp = baseTime + cursor.varint()
    const delta = cursor.varint()
    if (Number.isNaN(timestamp) || !(delta >= 0 && delta < count)) return null
    if (fits(timestamp)) return { offset: base + delta, timestamp }
    cursor.at = end
  }
  return null
}

function unpack(packed: Uint8Array, codec: string | undefined): Uint8Array | null {
  if (codec === 'none') return packed
  if (codec !== 'gzip') return null
  try {
    return gunzipSync(packed, { maxOutputLength: MAX_UNPACKED })
  } catch {
    // A producer may write what it likes into a batch; the checksum only says that it came as it was sent.
    return null
  }
}

/** Reads the zigzag varints of records; NaN where there are no more bytes. */
class Cursor {
  at = 0
  private readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  varint(): number {
    let value = 0
    let factor = 1
    for (let i = 0; i < 10; i++) {
      const byte = this.bytes[this.at++]
      if (byte === undefined) break
      value += (byte & 0x7f) * factor
      factor *= 128
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
    return Number.NaN
  }
}
