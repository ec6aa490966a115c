import { crc32c } from '../../src/std/crc32c.ts'
import { rule } from '../failure.ts'

/**
 * A record batch, version 2, by hand: fixed fields, then records whose values are our record numbers and a filler.
 *
 *     base offset 8 | length 4 | leader epoch 4 | magic 1 | crc 4 | attributes 2 | last offset delta 4 |
 *     base timestamp 8 | max timestamp 8 | producer id 8 | producer epoch 2 | base sequence 4 | count 4 | records
 */
export interface BatchFields {
  readonly baseOffset: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  /** Numbers of our records, which stand in their values. */
  readonly ids: readonly number[]
}

const HEADER = 61
const TRANSACTIONAL = 16

export function encodeBatch(
  fields: Omit<BatchFields, 'baseOffset'>,
  fillers: readonly number[],
  now: number,
  heads: readonly Uint8Array[] = [],
): Uint8Array {
  const records: number[] = []
  fields.ids.forEach((id, i) => {
    const value = [...(heads[i] ?? []), ...recordValue(id, fillers[i]!)]
    const body = [0, ...varint(0), ...varint(i), ...varint(-1), ...varint(value.length), ...value, ...varint(0)]
    records.push(...varint(body.length), ...body)
  })
  const batch = new Uint8Array(HEADER + records.length)
  const view = new DataView(batch.buffer)
  view.setInt32(8, batch.length - 12)
  view.setInt32(12, -1)
  view.setInt8(16, 2)
  view.setInt32(23, fields.ids.length - 1)
  view.setBigInt64(27, BigInt(now))
  view.setBigInt64(35, BigInt(now))
  view.setBigInt64(43, BigInt(fields.producerId))
  view.setInt16(51, fields.producerEpoch)
  view.setInt32(53, fields.baseSequence)
  view.setInt32(57, fields.ids.length)
  batch.set(records, HEADER)
  view.setUint32(17, crc32c(batch, 21, batch.length))
  return batch
}

/** The same of a transaction, with records of the least size. */
export function transactionalBatch(fields: Omit<BatchFields, 'baseOffset'>, now: number): Uint8Array {
  const batch = encodeBatch(
    fields,
    fields.ids.map(() => 0),
    now,
  )
  const view = new DataView(batch.buffer)
  view.setInt16(21, TRANSACTIONAL)
  view.setUint32(17, crc32c(batch, 21, batch.length))
  return batch
}

/** Reads whole batches; what is cut off at the end is left out. Everything that can be checked is. `head` bytes of each value are none of ours. */
export function decodeBatches(bytes: Uint8Array, head = 0): BatchFields[] {
  const found: BatchFields[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 0
  while (bytes.length - at >= HEADER) {
    const end = at + 12 + view.getInt32(at + 8)
    rule(end > at + HEADER - 1, 'a batch has an impossible length')
    if (end > bytes.length) break
    rule(view.getInt8(at + 16) === 2, 'a batch is not of version 2')
    rule(
      view.getUint32(at + 17) === crc32c(bytes, at + 21, end),
      'a batch does not match its checksum: bytes are spoilt',
    )
    const count = view.getInt32(at + 57)
    rule(view.getInt32(at + 23) === count - 1, 'last offset delta and count agree')
    found.push({
      baseOffset: Number(view.getBigInt64(at)),
      producerId: Number(view.getBigInt64(at + 43)),
      producerEpoch: view.getInt16(at + 51),
      baseSequence: view.getInt32(at + 53),
      ids: decodeRecords(bytes, at + HEADER, end, count, head),
    })
    at = end
  }
  return found
}

function decodeRecords(bytes: Uint8Array, at: number, end: number, count: number, head: number): number[] {
  const ids: number[] = []
  const next = () => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!
      value |= (byte & 127) << shift
      if (byte < 128) return (value >>> 1) ^ -(value & 1)
    }
  }
  for (let i = 0; i < count; i++) {
    const length = next()
    const stop = at + length
    at++
    next()
    rule(next() === i, 'offset deltas count up')
    next()
    const size = next()
    ids.push(recordId(bytes.subarray(at + head, at + size)))
    at = stop
  }
  rule(at === end, 'records fill their batch')
  return ids
}

/** What a record of ours has in it. */
export function recordValue(id: number, filler: number): Uint8Array {
  const value = new Uint8Array(4 + filler)
  for (let i = 0; i < 4; i++) value[i] = id >>> (24 - 8 * i)
  for (let i = 4; i < value.length; i++) value[i] = (id * 17 + i * 5) & 255
  return value
}

/** The number of the record whose value that is, which is checked. */
export function recordId(value: Uint8Array): number {
  rule(value.length >= 4, `a value of ${value.length} bytes is none of ours`)
  const id = ((value[0]! << 24) | (value[1]! << 16) | (value[2]! << 8) | value[3]!) >>> 0
  rule(Buffer.compare(value, recordValue(id, value.length - 4)) === 0, `record ${id} is spoilt`)
  return id
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
