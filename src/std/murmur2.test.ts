import assert from 'node:assert/strict'
import { test } from 'node:test'
import { murmur2, partitionOf } from './murmur2.ts'

const signed = (text: string) => murmur2(new TextEncoder().encode(text)) | 0

test('hashes are those of the Java client', () => {
  // From the client's own test of its hash.
  assert.equal(signed('21'), -973932308)
  assert.equal(signed('foobar'), -790332482)
  assert.equal(signed('a-little-bit-long-string'), -985981536)
  assert.equal(signed('a-little-bit-longer-string'), -1486304829)
  assert.equal(signed('lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8'), -58897971)
  assert.equal(signed('abc'), 479470107)
})

test('a partition is never negative', () => {
  for (const key of ['21', 'foobar', 'abc']) assert.ok(partitionOf(new TextEncoder().encode(key), 7) >= 0)
})
