import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32c, crc32cSliced } from './crc32c.ts'

/** RFC 3720, appendix B.4. */
test('the checksums of the iSCSI test vectors come out', () => {
  const rising = Uint8Array.from({ length: 32 }, (_, i) => i)
  assert.equal(crc32c(new Uint8Array(32), 0, 32), 0x8a9136aa)
  assert.equal(crc32c(new Uint8Array(32).fill(255), 0, 32), 0x62a8ab43)
  assert.equal(crc32c(rising, 0, 32), 0x46dd794e)
  assert.equal(crc32c(Buffer.from('123456789'), 0, 9), 0xe3069283)
  assert.equal(crc32c(rising, 5, 5), 0)
})

test('the native and the sliced checksum agree at every length and start', () => {
  const bytes = Uint8Array.from({ length: 3000 }, (_, i) => (i * 2654435761) >>> 13)
  for (let length = 0; length < 2900; length += 37) {
    for (const from of [0, 1, 7, 64]) {
      assert.equal(crc32c(bytes, from, from + length), crc32cSliced(bytes, from, from + length))
      const middle = from + (length >> 1)
      const first = crc32c(bytes, from, middle)
      assert.equal(crc32c(bytes, middle, from + length, first), crc32c(bytes, from, from + length))
      assert.equal(crc32cSliced(bytes, middle, from + length, first), crc32c(bytes, from, from + length))
    }
  }
})
