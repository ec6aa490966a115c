import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DueHeap } from './due-heap.ts'

test('entries come in the order in which they are due, and of one time in the order of their numbers', () => {
  const heap = new DueHeap()
  const entries: [number, number][] = []
  for (let i = 0; i < 5000; i++) {
    const due = (Math.imul(i, 2654435761) >>> 0) % 300
    entries.push([due, i])
    heap.push(due, i)
  }
  entries.sort(([a, i], [b, k]) => a - b || i - k)
  for (const [due, number] of entries) {
    assert.deepEqual([heap.due, heap.first], [due, number])
    heap.pop()
  }
  assert.deepEqual([heap.due, heap.first, heap.size], [Number.POSITIVE_INFINITY, -1, 0])
})

test('an entry takes 16 bytes and the slack of growing by half, and an empty heap next to nothing', () => {
  const heap = new DueHeap()
  for (let i = 0; i < 100_000; i++) heap.push(i, i)
  assert.ok(heap.bytes() <= 100_000 * 16 * 1.5, `${heap.bytes()} bytes`)
  while (heap.size > 0) heap.pop()
  assert.equal(heap.bytes(), 256)
})
