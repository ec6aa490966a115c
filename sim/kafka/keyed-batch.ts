import { crc32c } from '../../src/std/crc32c.ts'
import { rule } from '../failure.ts'
import type { BatchFields } from './batch.ts'

/** A record with a key, and null for a tombstone. */
export interface Keyed {
  readonly key: string | null
  readonly value: string | null
}

export interface KeyedAt extends Keyed {
  readonly offset: number
}

const HEADER = 61
const NO_PRODUCER = { producerId: -1, producerEpoch: -1, baseSequence: -1 }

/** A record batch by hand, as `encodeBatch`, of records with keys. */
export function encodeKeyed(
  records: readonly Keyed[],
  now: number,
  producer: Omit<BatchFields, 'baseOffset' | 'ids'> = NO_PRODUCER,
): Uint8Array {
  const body: number[] = []
  records.forEach(({ key, value }, i) => {
    const record = [0, ...varint(0), ...varint(i), ...text(key), ...text(value), ...varint(0)]
    body.push(...varint(record.length), ...record)
  })
  const batch = new Uint8Array(HEADER + body.length)
  const view = new DataView(batch.buffer)
  view.setInt32(8, batch.length - 12)
  view.setInt32(12, -1)
  view.setInt8(16, 2)
  view.setInt32(23, records.length - 1)
  view.setBigInt64(27, BigInt(now))
  view.setBigInt64(35, BigInt(now))
  view.setBigInt64(43, BigInt(producer.producerId))
  view.setInt16(51, producer.producerEpoch)
  view.setInt32(53, producer.baseSequence)
  view.setInt32(57, records.length)
  batch.set(body, HEADER)
  view.setUint32(17, crc32c(batch, 21, batch.length))
  return batch
}

/** Reads whole batches, from which compaction may have taken records. Returns what is in them, and the offset behind the last one. */
export function decodeKeyed(bytes: Uint8Array): { records: KeyedAt[]; next: number } {
  const records: KeyedAt[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let next = -1
  let at = 0
  while (bytes.length - at >= HEADER) {
    const end = at + 12 + view.getInt32(at + 8)
    if (end > bytes.length) break
    rule(view.getUint32(at + 17) === crc32c(bytes, at + 21, end), 'a batch does not match its checksum')
    const base = Number(view.getBigInt64(at))
    const last = base + view.getInt32(at + 23)
    rule(base >= next, `a batch begins at ${base}, below ${next}`)
    const found = decodeRecords(bytes, at + HEADER, end, base)
    rule(found.length === view.getInt32(at + 57), 'a batch has as many records as it says')
    rule(
      found.every(({ offset }) => offset >= base && offset <= last),
      'records lie in the offsets of their batch',
    )
    records.push(...found)
    next = last + 1
    at = end
  }
  return { records, next }
}

function decodeRecords(bytes: Uint8Array, from: number, end: number, base: number): KeyedAt[] {
  const found: KeyedAt[] = []
  let at = from
  const next = () => {
    let value = 0
    let factor = 1
    for (;;) {
      const byte = bytes[at++]!
      value += (byte & 127) * factor
      factor *= 128
      if (byte < 128) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
  }
  const take = () => {
    const length = next()
    if (length < 0) return null
    at += length
    return Buffer.from(bytes.subarray(at - length, at)).toString()
  }
  while (at < end) {
    const length = next()
    const stop = at + length
    at++
    next()
    const offset = base + next()
    rule(found.length === 0 || offset > found[found.length - 1]!.offset, 'offsets rise in a batch')
    found.push({ offset, key: take(), value: take() })
    at = stop
  }
  return found
}

function text(value: string | null): number[] {
  const bytes = Buffer.from(value ?? '')
  return [...varint(value === null ? -1 : bytes.length), ...bytes]
}

function varint(value: number): number[] {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  const bytes: number[] = []
  while (rest > 127) {
    bytes.push((rest & 127) | 128)
    rest >>>= 7
  }
  bytes.push(rest)
  return bytes
}
