import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Consumer } from './consumer.ts'
import { Consumers } from './consumers.ts'

type Named = Consumer<null> & { room: number }

function consumer(tag: string, room = Number.POSITIVE_INFINITY, priority = 0): Named {
  return {
    tag,
    room,
    priority,
    noAck: false,
    exclusive: false,
    outstanding: 0,
    canTake() {
      return this.room > 0
    },
    deliver() {
      this.room--
    },
    cancelled() {},
  }
}

function of(...list: readonly Named[]): Consumers<null> {
  const consumers = new Consumers<null>()
  for (const one of list) consumers.add(one)
  return consumers
}

/** Who gets the next `count` messages, all there when the queue is woken. */
function turns(consumers: Consumers<null>, count: number, leaves = false): string {
  consumers.wake()
  let tags = ''
  for (let n = 0; n < count; n++) {
    const next = consumers.next()
    if (next === null) return `${tags}-`
    next.deliver(null, n, new Uint8Array(0), 0, 0, false)
    consumers.served(next, leaves)
    tags += next.tag
  }
  return tags
}

test('a new consumer comes at the end, and changes nobody else’s turn', () => {
  const consumers = of(consumer('a'), consumer('b'), consumer('c'))
  assert.equal(turns(consumers, 1), 'a')
  consumers.add(consumer('d'))
  assert.equal(turns(consumers, 6), 'bcadbc')
})

test('those of a lower priority have their turn while nobody of a higher one can take anything', () => {
  const high = consumer('h', 1, 5)
  const consumers = of(consumer('a'), high, consumer('b', 1, -1))
  assert.equal(turns(consumers, 3), 'haa')
  high.room = 1
  assert.equal(turns(consumers, 2), 'ha')
  consumers.add(consumer('c'))
  assert.equal(turns(consumers, 3), 'aca')
})

test('who is full leaves when it is its turn, and comes back at the end', () => {
  const a = consumer('a', 1)
  const consumers = of(a, consumer('b'), consumer('c'))
  assert.equal(turns(consumers, 4), 'abcb')
  a.room = 1
  assert.equal(turns(consumers, 4), 'cbac')
  a.room = 1
  assert.equal(turns(consumers, 3), 'bac')
})

test('who has room again before it is its turn keeps it, unless it leaves at once', () => {
  for (const [leaves, expected] of [
    [false, 'cabc'],
    [true, 'cbac'],
  ] as const) {
    const a = consumer('a', 1)
    const consumers = of(a, consumer('b'), consumer('c'))
    assert.equal(turns(consumers, 2, leaves), 'ab')
    a.room = 9
    assert.equal(turns(consumers, 4, leaves), expected)
  }
})

test('who leaves takes neither the turn of another nor its priority along', () => {
  const [a, b, c] = [consumer('a'), consumer('b', 0), consumer('c')]
  const consumers = of(a, b, c, consumer('low', 9, -1))
  assert.equal(turns(consumers, 2), 'ac')
  assert.ok(consumers.remove(b))
  assert.ok(!consumers.remove(b))
  assert.ok(consumers.remove(a))
  assert.equal(turns(consumers, 2), 'cc')
  assert.ok(consumers.remove(c))
  assert.equal(turns(consumers, 1), 'low')
  assert.equal(consumers.size, 1)
})

test('the single active consumer stays so until it leaves, or one of higher priority may take over', () => {
  const [a, b, high] = [consumer('a'), consumer('b'), consumer('h', 9, 1)]
  const consumers = of(a, b, high)
  assert.equal(consumers.nextSingle(false), a)
  assert.equal(consumers.nextSingle(true), high)
  consumers.remove(high)
  assert.equal(consumers.nextSingle(true), a)
})
