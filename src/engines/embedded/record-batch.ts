import { BATCH_HEADER, sealBatch } from '../../core/partition/batch.ts'
import type { RecordReader } from '../../core/partition/record-reader.ts'
import type { Headers, IncomingRecord, OutgoingRecord } from '../../sdk/engine.ts'
import { putI64, putU16, putU32 } from '../../std/bytes.ts'
import { putVarint, varintSize } from '../../std/zigzag.ts'

const NO_PRODUCER = 0xffffffff
/** Length, attributes, offset and timestamp deltas, the lengths of key and value, the number of headers. */
const RECORD_HEAD = 40
/** The lengths of a header's name and value. */
const HEADER_HEAD = 10

/** Records of one partition as one record batch, without a producer. */
export function encodeBatch(records: readonly OutgoingRecord[]): Uint8Array {
  const parts = records.map(({ key, body, headers }) => ({
    key: key === null ? null : Buffer.from(key),
    body,
    headers: Object.entries(headers).map(([name, value]) => [Buffer.from(name), Buffer.from(value)] as const),
  }))
  let room = BATCH_HEADER
  for (const { key, body, headers } of parts) {
    room += RECORD_HEAD + (key?.length ?? 0) + (body?.length ?? 0)
    for (const [name, value] of headers) room += HEADER_HEAD + name.length + value.length
  }
  const bytes = new Uint8Array(room)
  const base = records[0]!.timestamp
  let at = BATCH_HEADER
  let latest = base
  for (const [delta, part] of parts.entries()) {
    const { timestamp } = records[delta]!
    latest = Math.max(latest, timestamp)
    at = putRecord(bytes, at, delta, timestamp - base, part)
  }
  bytes[16] = 2
  putU32(bytes, 23, records.length - 1)
  putI64(bytes, 27, base)
  putI64(bytes, 43, -1)
  putU16(bytes, 51, 0xffff)
  putU32(bytes, 53, NO_PRODUCER)
  sealBatch(bytes, 0, at, records.length, latest)
  return bytes.subarray(0, at)
}

interface Part {
  readonly key: Uint8Array | null
  readonly body: Uint8Array | null
  readonly headers: readonly (readonly [Uint8Array, Uint8Array])[]
}

function putRecord(bytes: Uint8Array, from: number, delta: number, time: number, part: Part): number {
  const { key, body, headers } = part
  let size = 1 + varintSize(time) + varintSize(delta) + varintSize(headers.length) + sizeOf(key) + sizeOf(body)
  for (const [name, value] of headers) size += sizeOf(name) + sizeOf(value)
  let at = putVarint(bytes, from, size)
  bytes[at++] = 0
  at = putVarint(bytes, at, time)
  at = putVarint(bytes, at, delta)
  at = putBytes(bytes, at, key)
  at = putBytes(bytes, at, body)
  at = putVarint(bytes, at, headers.length)
  for (const [name, value] of headers) at = putBytes(bytes, putBytes(bytes, at, name), value)
  return at
}

function sizeOf(part: Uint8Array | null): number {
  return part === null ? 1 : varintSize(part.length) + part.length
}

function putBytes(bytes: Uint8Array, at: number, part: Uint8Array | null): number {
  if (part === null) return putVarint(bytes, at, -1)
  const to = putVarint(bytes, at, part.length)
  bytes.set(part, to)
  return to + part.length
}

/** The record that the reader is at, in memory of its own. */
export function decodeRecord(records: RecordReader, base: number, timestamp: number): IncomingRecord {
  const { bytes, keyAt, keyLength, valueAt, valueLength } = records
  return {
    offset: base + records.offsetDelta,
    key: keyLength < 0 ? null : text(bytes, keyAt, keyLength),
    body: valueLength < 0 ? null : bytes.slice(valueAt, valueAt + valueLength),
    headers: decodeHeaders(records),
    timestamp,
  }
}

function decodeHeaders({ bytes, headersAt, headers, end }: RecordReader): Headers {
  const found: Record<string, string> = {}
  let at = headersAt
  const length = (): number => {
    let value = 0
    let factor = 1
    while (at < end) {
      const byte = bytes[at++]!
      value += (byte & 0x7f) * factor
      factor *= 128
      if (byte < 0x80) break
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
  const part = (): string | null => {
    const size = length()
    if (size < 0 || at + size > end) return null
    at += size
    return text(bytes, at - size, size)
  }
  for (let i = 0; i < headers && at < end; i++) {
    const name = part()
    const value = part()
    if (name !== null && value !== null) found[name.toLowerCase()] = value
  }
  return found
}

function text(bytes: Uint8Array, at: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, length).toString('utf8')
}
