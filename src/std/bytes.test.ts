import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getF64, getI64, getU16, getU32, getU48, putF64, putI64, putU16, putU32, putU48 } from './bytes.ts'

const bytes = Buffer.alloc(32)

test('numbers are big-endian, as DataView has them', () => {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  for (const value of [0, 1, 255, 256, 65535]) {
    putU16(bytes, 3, value)
    assert.equal(view.getUint16(3), value)
    assert.equal(getU16(bytes, 3), value)
  }
  for (const value of [0, 1, 0x7fffffff, 0x80000000, 0xffffffff]) {
    putU32(bytes, 3, value)
    assert.equal(view.getUint32(3), value)
    assert.equal(getU32(bytes, 3), value)
  }
  for (const value of [0, -1, 1, -(2 ** 32), 2 ** 32, -(2 ** 32) - 1, 2 ** 53, -(2 ** 53), 2 ** 53 - 1]) {
    putI64(bytes, 5, value)
    assert.equal(view.getBigInt64(5), BigInt(value))
    assert.equal(getI64(bytes, 5), value)
  }
  for (const value of [0, 2 ** 31, 2 ** 32, 2 ** 48 - 1]) {
    putU48(bytes, 1, value)
    assert.equal(bytes.readUIntBE(1, 6), value)
    assert.equal(getU48(bytes, 1), value)
  }
  for (const value of [0, -0, 1.5, -1e300, Infinity, 2 ** 53]) {
    putF64(bytes, 7, value)
    assert.equal(view.getFloat64(7), value)
    assert.equal(getF64(bytes, 7), value)
  }
})
