import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { Codec, PackedError, pack, prepareCodec, unpack } from './codec.ts'

const LIMIT = 400_000

/** Bytes that look random, and are the same every time. */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = 12345
  for (let i = 0; i < length; i++) {
    state = (state * 1103515245 + 12345) % 2 ** 31
    bytes[i] = state >>> 16
  }
  return bytes
}

for (const [name, codec] of Object.entries(Codec)) {
  describe(`what is packed with ${name}`, () => {
    before(() => prepareCodec(codec))

    it('is unpacked to what it was, of any length', () => {
      for (const length of [0, 1, 100, 65_535, 65_536, 65_537, 300_000]) {
        for (const bytes of [new Uint8Array(length), noise(length), new Uint8Array(length).map((_, i) => i % 13)]) {
          const packed = pack(codec, bytes, 3)
          assert.equal(Buffer.compare(unpack(codec, packed, LIMIT), bytes), 0, `${length} bytes`)
        }
      }
    })

    it('is unpacked only if it is what it says, and not too much', () => {
      if (codec === Codec.none) return
      const packed = pack(codec, new Uint8Array(300_000), 3)
      assert.throws(() => unpack(codec, packed, 1000), PackedError)
      assert.throws(() => unpack(codec, packed.subarray(0, packed.length - 6), LIMIT), PackedError)
      assert.throws(() => unpack(codec, noise(500), LIMIT), PackedError)
    })
  })
}

describe('snappy', () => {
  it('is taken without the framing of the Java clients, too', () => {
    const framed = pack(Codec.snappy, new Uint8Array(1000).fill(7), 0)
    assert.deepEqual([...unpack(Codec.snappy, framed.slice(20), LIMIT)], new Array(1000).fill(7))
  })
})
