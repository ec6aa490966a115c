import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { putVarint } from '../../std/zigzag.ts'
import { Codec, pack } from '../../wire/kafka/compression/codec.ts'
import {
  BATCH_HEADER,
  baseOffset,
  baseTimestamp,
  batchSize,
  checkBatch,
  compression,
  isControl,
  sealBatch,
} from './batch.ts'
import { Cleaner } from './cleaner.ts'
import { MARKER_BYTES, putMarker } from './control-batch.ts'
import { recordsOf } from './records.ts'

interface Plain {
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
  readonly time: number
}

const DAY = 86_400_000
const MEMORY = 64 * 1024

function batchOf(records: readonly Plain[], codec: number = Codec.none): Uint8Array {
  const body = new Uint8Array(10_000)
  const first = records[0]!
  let at = 0
  for (const { offset, key, value, time } of records) {
    const record = new Uint8Array(1000)
    let end = putVarint(record, 1, time - first.time)
    end = putVarint(record, end, offset - first.offset)
    for (const text of [key, value]) {
      const bytes = Buffer.from(text ?? '')
      end = putVarint(record, end, text === null ? -1 : bytes.length)
      record.set(bytes, end)
      end += bytes.length
    }
    end = putVarint(record, end, 0)
    at = putVarint(body, at, end)
    body.set(record.subarray(0, end), at)
    at += end
  }
  const packed = pack(codec, body.subarray(0, at), 3)
  const batch = new Uint8Array(BATCH_HEADER + packed.length)
  const view = new DataView(batch.buffer)
  view.setBigInt64(0, BigInt(first.offset))
  view.setInt8(16, 2)
  view.setInt16(21, codec)
  view.setInt32(23, records[records.length - 1]!.offset - first.offset)
  view.setBigInt64(27, BigInt(first.time))
  view.setBigInt64(43, -1n)
  batch.set(packed, BATCH_HEADER)
  sealBatch(batch, 0, batch.length, records.length, Math.max(...records.map(({ time }) => time)))
  return batch
}

function plain(bytes: Uint8Array): Plain[] {
  const found: Plain[] = []
  for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) {
    const batch = bytes.slice(at, at + batchSize(bytes, at))
    assert.notEqual(checkBatch(batch, 0, batch.length), 'corrupt')
    const records = recordsOf(batch, 0)!
    while (records.next()) {
      const text = (from: number, length: number) =>
        length < 0 ? null : Buffer.from(records.bytes.subarray(from, from + length)).toString()
      const { keyAt, keyLength, valueLength } = records
      found.push({
        offset: baseOffset(batch, 0) + records.offsetDelta,
        key: text(keyAt, keyLength),
        value: valueLength < 0 ? null : text(keyAt + Math.max(0, keyLength) + 1, valueLength),
        time: baseTimestamp(batch, 0) + records.timestampDelta,
      })
    }
    assert.equal(records.broken, false)
  }
  return found
}

const rec = (offset: number, key: string | null, value: string | null, time = 1000 + offset): Plain => {
  return { offset, key, value, time }
}

function clean(batches: readonly Uint8Array[], now = 5000): Uint8Array {
  const cleaner = new Cleaner(MEMORY)
  const bytes = Buffer.concat(batches)
  assert.equal(cleaner.map(bytes, []).full, false)
  return cleaner.filter(bytes, [], { now, deleteRetentionMs: DAY }) ?? bytes
}

describe('cleaning', () => {
  it('keeps the last record of each key, at its offset, and the batches they were in', () => {
    const left = clean([
      batchOf([rec(0, 'a', '1'), rec(1, 'b', '2'), rec(2, 'a', '3')]),
      batchOf([rec(3, 'b', '4')]),
      batchOf([rec(4, 'c', '5'), rec(5, 'd', '6')]),
    ])
    assert.deepEqual(plain(left), [rec(2, 'a', '3'), rec(3, 'b', '4'), rec(4, 'c', '5'), rec(5, 'd', '6')])
    assert.equal(baseOffset(left, 0), 0)
  })

  it('keeps a batch packed as it was', () => {
    for (const codec of [Codec.gzip, Codec.snappy, Codec.lz4]) {
      const left = clean([batchOf([rec(0, 'a', '1'), rec(1, 'b', '2')], codec), batchOf([rec(2, 'a', '3')], codec)])
      assert.deepEqual(plain(left), [rec(1, 'b', '2'), rec(2, 'a', '3')])
      assert.equal(compression(left, 0), codec)
    }
  })

  it('leaves everything where nothing is out of date', () => {
    const batch = batchOf([rec(0, 'a', '1'), rec(1, 'b', '2')])
    const cleaner = new Cleaner(MEMORY)
    cleaner.map(batch, [])
    assert.equal(cleaner.filter(batch, [], { now: 0, deleteRetentionMs: 0 }), null)
  })

  it('lets records without a key go', () => {
    assert.deepEqual(plain(clean([batchOf([rec(0, null, '1'), rec(1, 'b', '2')])])), [rec(1, 'b', '2')])
  })

  it('keeps a tombstone for the retention time from when it was first seen, and times stay', () => {
    const once = clean([batchOf([rec(0, 'a', '1'), rec(1, 'a', null), rec(2, 'b', '2')])], 5000)
    assert.deepEqual(plain(once), [rec(1, 'a', null), rec(2, 'b', '2')])
    const before = clean([once], 5000 + DAY)
    assert.deepEqual(plain(before), [rec(1, 'a', null), rec(2, 'b', '2')])
    assert.deepEqual(plain(clean([before], 5001 + DAY)), [rec(2, 'b', '2')])
  })

  it('takes data of aborted transactions for nothing', () => {
    const aborted = batchOf([rec(1, 'a', '2')])
    new DataView(aborted.buffer).setInt16(21, 16)
    new DataView(aborted.buffer).setBigInt64(43, 7n)
    sealBatch(aborted, 0, aborted.length, 1, 1001)
    const bytes = Buffer.concat([batchOf([rec(0, 'a', '1')]), aborted])
    const cleaner = new Cleaner(MEMORY)
    const transactions = [{ producerId: 7, first: 1, last: 2 }]
    cleaner.map(bytes, transactions)
    const left = cleaner.filter(bytes, transactions, { now: 0, deleteRetentionMs: 0 })
    assert.deepEqual(plain(left!), [rec(0, 'a', '1')])
  })

  it('keeps the end of a transaction while there are data of it, and then as long as a tombstone', () => {
    const data = batchOf([rec(0, 'a', '1')])
    new DataView(data.buffer).setInt16(21, 16)
    new DataView(data.buffer).setBigInt64(43, 7n)
    sealBatch(data, 0, data.length, 1, 1000)
    const marker = new Uint8Array(MARKER_BYTES)
    putMarker(marker, 0, { producerId: 7, epoch: 0, commit: true, coordinatorEpoch: 0 }, 1001)
    new DataView(marker.buffer).setBigInt64(0, 1n)
    sealBatch(marker, 0, marker.length, 1, 1001)
    assert.deepEqual(clean([data, marker]), Buffer.concat([data, marker]))
    const later = batchOf([rec(2, 'a', '2')])
    const once = clean([data, marker, later], 5000)
    assert.equal(once.length, batchSize(once, 0) + later.length)
    assert.equal(isControl(once, 0), true)
    assert.notEqual(checkBatch(once, 0, once.length), 'corrupt')
    assert.deepEqual(clean([once], 5000 + DAY), Buffer.from(once))
    assert.deepEqual(clean([once], 5001 + DAY), Buffer.from(later))
  })

  it('stops where the map is full, and throws nothing away that is not in it', () => {
    const cleaner = new Cleaner(0)
    const batches = Array.from({ length: 30 }, (_, i) => batchOf([rec(i, `k${i % 20}`, `${i}`)]))
    const mapped = cleaner.map(Buffer.concat(batches), [])
    assert.deepEqual(mapped, { end: 14, full: true })
    const bytes = Buffer.concat(batches.slice(0, mapped.end))
    assert.equal(cleaner.filter(bytes, [], { now: 0, deleteRetentionMs: 0 }), null)
  })
})
