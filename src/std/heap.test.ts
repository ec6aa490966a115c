import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Deque } from './deque.ts'
import { Heap } from './heap.ts'

test('a heap gives its numbers back in rising order', () => {
  const heap = new Heap()
  const numbers: number[] = []
  for (let i = 0; i < 1000; i++) {
    const value = (i * 7919) % 1009
    heap.push(value)
    numbers.push(value)
  }
  numbers.sort((a, b) => a - b)
  assert.equal(heap.peek(), numbers[0])
  for (const value of numbers) assert.equal(heap.pop(), value)
  assert.equal(heap.size, 0)
  assert.equal(heap.peek(), Number.POSITIVE_INFINITY)
  assert.throws(() => heap.pop())
})

test('a deque is a queue from both ends, also while it wraps and grows', () => {
  const deque = new Deque<number>()
  const model: number[] = []
  for (let i = 0; i < 5000; i++) {
    const choice = (i * 31) % 7
    if (choice < 2) {
      deque.push(i)
      model.push(i)
    } else if (choice < 4) {
      deque.unshift(i)
      model.unshift(i)
    } else if (choice === 4) assert.equal(deque.shift(), model.shift())
    else if (choice === 5) assert.equal(deque.pop(), model.pop())
    assert.equal(deque.size, model.length)
    assert.equal(deque.peek(), model[0])
    if (model.length > 3) assert.equal(deque.at(3), model[3])
  }
  assert.throws(() => deque.at(deque.size))
})
