import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Producers } from './producers.ts'

const ID = 7

/** A producer that has appended batches of `count` records each, one behind the other. */
function after(counts: readonly number[], epoch = 0): Producers {
  const producers = new Producers()
  let next = 0
  for (const count of counts) {
    producers.apply(ID, epoch, next, count, 100 + next, -1, 1000)
    next += count
  }
  return producers
}

describe('an idempotent producer', () => {
  it('goes on with the next sequence number', () => {
    assert.equal(after([3, 2]).check(ID, 0, 5, 1).verdict, 'append')
  })

  it('is answered what it was answered before when it sends one of its last five batches again', () => {
    const producers = after([1, 2, 3, 4, 5, 6])
    assert.deepEqual(producers.check(ID, 0, 1, 2), { verdict: 'duplicate', baseOffset: 101, timestamp: -1 })
    assert.deepEqual(producers.check(ID, 0, 15, 6), { verdict: 'duplicate', baseOffset: 115, timestamp: -1 })
    assert.equal(producers.check(ID, 0, 0, 1).verdict, 'out-of-order', 'the sixth last is forgotten')
    assert.equal(producers.check(ID, 0, 1, 3).verdict, 'out-of-order', 'a batch of another size is another batch')
  })

  it('may not leave a gap', () => {
    assert.equal(after([3]).check(ID, 0, 4, 1).verdict, 'out-of-order')
  })

  it('begins at zero with a new epoch, and fences the old one', () => {
    const producers = after([3])
    assert.equal(producers.check(ID, 1, 3, 1).verdict, 'out-of-order')
    assert.equal(producers.check(ID, 1, 0, 1).verdict, 'append')
    producers.apply(ID, 1, 0, 1, 103, -1, 1000)
    assert.equal(producers.check(ID, 0, 3, 1).verdict, 'fenced')
  })

  it('may begin anywhere if nothing is known of it', () => {
    assert.equal(new Producers().check(ID, 3, 42, 1).verdict, 'append')
  })

  it('goes on at zero after 2^31 - 1', () => {
    const producers = new Producers()
    producers.apply(ID, 0, 0x7fffffff - 1, 2, 0, -1, 0)
    assert.equal(producers.check(ID, 0, 0, 1).verdict, 'append')
    producers.apply(ID, 0, 0x7fffffff, 3, 2, -1, 0)
    assert.equal(producers.check(ID, 0, 2, 1).verdict, 'append')
    assert.equal(producers.check(ID, 0, 0x7fffffff, 3).verdict, 'duplicate')
  })

  it('is forgotten when it has been silent for long', () => {
    const producers = after([1])
    producers.expire(1000)
    assert.equal(producers.size, 1)
    producers.expire(1001)
    assert.equal(producers.size, 0)
  })

  it('is the same after a checkpoint and the records before and after it, applied again', () => {
    const live = after([1, 2, 3, 4, 5, 6, 7])
    const folded = new Producers()
    folded.load(after([1, 2, 3, 4]).snapshot())
    let next = 0
    for (const count of [1, 2, 3, 4, 5, 6, 7]) {
      folded.apply(ID, 0, next, count, 100 + next, -1, 1000)
      next += count
    }
    assert.deepEqual(folded.snapshot(), live.snapshot())
  })
})
