import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMPTY_TABLE } from '../../wire/amqp/field.ts'
import { Queue, type QueueSettings } from './queue.ts'

function queueOf(type: 'classic' | 'quorum', maxPriority: number, deliveryLimit = 20): Queue {
  const settings: QueueSettings = {
    type,
    durable: true,
    autoDelete: false,
    exclusiveOwner: 0,
    messageTtl: Number.POSITIVE_INFINITY,
    expires: Number.POSITIVE_INFINITY,
    maxLength: Number.POSITIVE_INFINITY,
    maxBytes: Number.POSITIVE_INFINITY,
    overflow: 'drop-head',
    deadLetterExchange: null,
    deadLetterRoutingKey: null,
    singleActiveConsumer: false,
    maxPriority,
    deliveryLimit,
    deadLetterAtLeastOnce: false,
    delayedRetry: null,
    consumerTimeout: null,
    contract: null,
  }
  return new Queue(1, '/', 'q', settings, EMPTY_TABLE)
}

/** Takes all that is ready, in its order. */
function drain(queue: Queue): number[] {
  const taken: number[] = []
  for (let sequence = queue.peek(); sequence >= 0; sequence = queue.peek()) {
    queue.take(sequence)
    queue.invariants()
    taken.push(sequence)
  }
  return taken
}

test('the highest priority goes first, and among equals who came first', () => {
  const queue = queueOf('classic', 10)
  for (const priority of [1, 5, -1, 5, 10, 200, 0]) queue.enqueue(0, 1, 0, 0, priority)
  assert.deepEqual(drain(queue), [4, 5, 1, 3, 0, 2, 6])
})

test('in a classic queue what comes back goes to its old place within its priority', () => {
  const queue = queueOf('classic', 3)
  for (const priority of [1, 3, 1, 3, 1]) queue.enqueue(0, 1, 0, 0, priority)
  assert.deepEqual(drain(queue), [1, 3, 0, 2, 4])
  for (const sequence of [4, 3, 0, 1]) queue.requeue(sequence)
  queue.enqueue(0, 1, 0, 0, 2)
  assert.deepEqual(drain(queue), [1, 3, 5, 0, 4])
})

test('in a quorum queue what comes back goes first, in the order in which it came back', () => {
  const queue = queueOf('quorum', 31)
  for (const priority of [0, 31, -1, 4, 5]) queue.enqueue(0, 1, 0, 0, priority)
  assert.deepEqual(drain(queue), [1, 4, 2, 3, 0])
  for (const sequence of [0, 2]) assert.equal(queue.comeBack(sequence, false, 0), 'ready')
  queue.enqueue(0, 1, 0, 0, 31)
  assert.deepEqual(drain(queue), [0, 2, 5])
  assert.deepEqual([queue.index.acquired(0), queue.index.failed(0)], [1, 0])
})

test('a million messages with priorities take some 23 bytes each', () => {
  const queue = queueOf('classic', 255)
  for (let n = 0; n < 1_000_000; n++) queue.enqueue(n, 100, 0, 0, n & 255)
  assert.ok(queue.bytes() < 32 * 1_000_000, `${queue.bytes()} bytes`)
  let last = 255
  for (let n = 0; n < 1_000_000; n++) {
    const sequence = queue.peek()
    const priority = queue.index.priority(sequence)
    assert.ok(priority <= last)
    last = priority
    queue.take(sequence)
    queue.remove(sequence)
  }
  assert.equal(queue.peek(), -1)
  assert.ok(queue.bytes() < 1_000_000, `${queue.bytes()} bytes`)
})

test('a snapshot brings back priorities and counts', () => {
  const queue = queueOf('quorum', 31)
  for (const priority of [1, 7, 31, -1]) queue.enqueue(10, 5, 4, 0, priority)
  queue.take(0)
  queue.comeBack(0, true, 0)
  queue.take(1)
  const loaded = queueOf('quorum', 31)
  for (const slice of queue.index.snapshot()) loaded.index.load(slice)
  loaded.recovered(false, 0, () => {})
  const told = [0, 1, 2, 3].map((sequence) => [
    loaded.index.priority(sequence),
    loaded.index.acquired(sequence),
    loaded.index.failed(sequence),
  ])
  // Who had message 1 is gone.
  assert.deepEqual(told, [
    [1, 1, 1],
    [7, 1, 1],
    [31, 0, 0],
    [4, 0, 0],
  ])
  assert.deepEqual(drain(loaded), [0, 1, 2, 3])
})
