import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { crc32c } from '../../std/crc32c.ts'
import { Codec, pack, prepareCodec } from '../../wire/kafka/compression/codec.ts'
import { BATCH_HEADER, checkBatch, maxTimestamp, placeBatch, stampAppendTime } from './batch.ts'
import { firstSince, latestIn } from './records.ts'

function zigzag(value: number): number[] {
  let rest = value < 0 ? -value * 2 - 1 : value * 2
  const octets: number[] = []
  for (; rest > 127; rest = Math.floor(rest / 128)) octets.push((rest % 128) | 128)
  return [...octets, rest]
}

/** A batch of records with these timestamps and no content; offsets begin at `base`. */
function batchOf(timestamps: readonly number[], options: { base?: number; codec?: number; attributes?: number } = {}) {
  const { base = 0, codec = 0, attributes = 0 } = options
  const records = timestamps.flatMap((timestamp, i) => {
    const body = [0, ...zigzag(timestamp - timestamps[0]!), ...zigzag(i), 1, 1, 0]
    return [...zigzag(body.length), ...body]
  })
  const packed = pack(codec, Uint8Array.from(records), 3)
  const batch = new Uint8Array(BATCH_HEADER + packed.length)
  const view = new DataView(batch.buffer)
  view.setInt32(8, batch.length - 12)
  view.setInt8(16, 2)
  view.setInt16(21, codec | attributes)
  view.setInt32(23, timestamps.length - 1)
  view.setBigInt64(27, BigInt(timestamps[0]!))
  view.setBigInt64(35, BigInt(Math.max(...timestamps)))
  view.setBigInt64(43, -1n)
  view.setInt32(57, timestamps.length)
  batch.set(packed, BATCH_HEADER)
  view.setUint32(17, crc32c(batch, 21, batch.length))
  placeBatch(batch, 0, base, 3)
  return batch
}

describe('a record batch', () => {
  it('is whole if length, checksum and count agree', () => {
    const batch = batchOf([1000, 1001])
    assert.equal(checkBatch(batch, 0, batch.length), 'none')
    assert.equal(checkBatch(batch, 0, batch.length - 1), 'not-one-batch')
    assert.equal(checkBatch(batch, 0, 20), 'not-one-batch')
    const cutOff = new Uint8Array([...batch, ...batch.subarray(0, 40)])
    assert.equal(checkBatch(cutOff, 0, cutOff.length), 'none')
    const two = new Uint8Array([...batch, ...batch])
    assert.equal(checkBatch(two, 0, two.length), 'not-one-batch')
    const old = batch.slice()
    old[16] = 1
    assert.equal(checkBatch(old, 0, old.length), 'old-format')
    for (let i = 17; i < batch.length; i++) {
      const damaged = batch.slice()
      damaged[i]! ^= 1
      assert.equal(checkBatch(damaged, 0, damaged.length), 'corrupt', `byte ${i}`)
    }
  })

  it('from a producer has records, as many as offsets, and is no control batch', () => {
    const control = batchOf([1000], { attributes: 32 })
    assert.equal(checkBatch(control, 0, control.length), 'invalid')
    const fewer = batchOf([1000, 1000])
    new DataView(fewer.buffer).setInt32(57, 1)
    new DataView(fewer.buffer).setUint32(17, crc32c(fewer, 21, fewer.length))
    assert.equal(checkBatch(fewer, 0, fewer.length), 'invalid')
  })

  it('has a new checksum with the time of its append', () => {
    const batch = batchOf([1000, 1001])
    stampAppendTime(batch, 0, 5_000_000_000_000)
    assert.equal(checkBatch(batch, 0, batch.length), 'none')
    assert.equal(maxTimestamp(batch, 0), 5_000_000_000_000)
    assert.deepEqual(firstSince(batch, 0, 2000, 0), { offset: 0, timestamp: 5_000_000_000_000 })
    assert.deepEqual(firstSince(batch, 0, 2000, 1), { offset: 1, timestamp: 5_000_000_000_000 })
    assert.deepEqual(latestIn(batch, 0), { offset: 0, timestamp: 5_000_000_000_000 })
  })

  for (const [name, codec] of Object.entries(Codec)) {
    it(`is searched for an instant, packed with ${name}`, async () => {
      await prepareCodec(codec)
      const batch = batchOf([1000, 1300, 1200, 1300], { base: 50, codec })
      assert.deepEqual(firstSince(batch, 0, 0, 0), { offset: 50, timestamp: 1000 })
      assert.deepEqual(firstSince(batch, 0, 1001, 0), { offset: 51, timestamp: 1300 })
      assert.equal(firstSince(batch, 0, 1301, 0), null)
      // The log may begin in its middle.
      assert.deepEqual(firstSince(batch, 0, 0, 51), { offset: 51, timestamp: 1300 })
      assert.deepEqual(firstSince(batch, 0, 1201, 52), { offset: 53, timestamp: 1300 })
      assert.equal(firstSince(batch, 0, 0, 54), null)
      assert.deepEqual(latestIn(batch, 0), { offset: 51, timestamp: 1300 })
    })
  }

  it('that is no packed one counts from its first record', () => {
    const batch = batchOf([1000, 1300], { base: 50 })
    batch[22] = Codec.gzip
    assert.deepEqual(firstSince(batch, 0, 1200, 0), { offset: 50, timestamp: 1000 })
  })

  it('whose records lie about their lengths does no harm', () => {
    const batch = batchOf([1000, 1300, 1200], { base: 50 })
    for (let i = BATCH_HEADER; i < batch.length; i++) {
      const damaged = batch.slice()
      damaged[i] = 0xff
      const found = firstSince(damaged, 0, 1250, 0)
      assert.ok(found === null || found.offset >= 50)
    }
  })
})
