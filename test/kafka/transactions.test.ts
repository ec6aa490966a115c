import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deleteTopic } from '../../src/broker/topic/delete.ts'
import { ErrorCode } from '../../src/wire/kafka/errors.ts'
import {
  DescribeTransactionsRequest,
  DescribeTransactionsResponse,
} from '../../src/wire/kafka/messages/describe-transactions.ts'
import { TransactionRig } from './transaction-rig.ts'

const { NONE } = ErrorCode
const COMMITTED = 1
const ALL = 0

describe('a transaction', () => {
  it('is invisible to readers of committed records until it is committed, in all partitions', () => {
    const rig = new TransactionRig()
    const producer = rig.producer('a')
    assert.equal(producer.send(0, [1, 2]), NONE)
    assert.equal(producer.send(1, [3]), NONE)
    assert.deepEqual([rig.latest(0, ALL), rig.latest(0, COMMITTED)], [2, 0])
    assert.equal(rig.read(0).records?.length, 0)
    assert.equal(rig.read(0).lastStableOffset, 0)
    assert.equal(producer.end(true), NONE)
    // Two records and a marker.
    assert.deepEqual([rig.latest(0, ALL), rig.latest(0, COMMITTED)], [3, 3])
    assert.deepEqual([rig.read(0).lastStableOffset, rig.read(1).lastStableOffset], [3, 2])
    assert.deepEqual(rig.read(0).abortedTransactions, [])
  })

  it('that is aborted is named to readers of committed records', () => {
    const rig = new TransactionRig()
    const producer = rig.producer('a')
    producer.send(0, [1, 2])
    producer.end(false)
    producer.send(0, [3])
    producer.end(true)
    assert.deepEqual(rig.read(0).abortedTransactions, [{ producerId: producer.id, firstOffset: 0 }])
    assert.deepEqual(rig.read(0, 3).abortedTransactions, [], 'who begins behind it is not told')
    assert.equal(rig.read(0, 0, ALL).abortedTransactions, null)
  })

  it('of an older client takes its partitions first', () => {
    const rig = new TransactionRig()
    const producer = rig.producer('a')
    assert.equal(producer.send(0, [1], 11), ErrorCode.TRANSACTION_ABORTABLE)
    assert.equal(producer.send(0, [1], 10), ErrorCode.INVALID_TXN_STATE)
    assert.equal(producer.add(0, 1), NONE)
    assert.equal(producer.send(0, [1], 11), NONE)
    const { epoch } = producer
    assert.equal(producer.end(true, 4), NONE)
    assert.equal(producer.epoch, epoch)
    // The partition without records has a marker as well.
    assert.deepEqual([rig.latest(0, COMMITTED), rig.latest(1, COMMITTED)], [2, 1])
    assert.equal(producer.send(0, [2], 10), ErrorCode.INVALID_TXN_STATE, 'the next one begins anew')
  })

  it('holds back later ones of others in its partitions', () => {
    const rig = new TransactionRig()
    const [slow, fast] = [rig.producer('slow'), rig.producer('fast')]
    fast.send(0, [1])
    fast.end(true)
    slow.send(0, [2])
    fast.send(0, [3])
    fast.end(true)
    assert.deepEqual([rig.latest(0, COMMITTED), rig.latest(0, ALL)], [2, 5])
    slow.end(false)
    assert.equal(rig.latest(0, COMMITTED), 6)
    assert.deepEqual(rig.read(0).abortedTransactions, [{ producerId: slow.id, firstOffset: 2 }])
  })

  it('tells of its partitions even when their topic has been deleted', () => {
    const rig = new TransactionRig()
    const producer = rig.producer('a')
    producer.send(1, [1])
    deleteTopic(rig.topics, rig.topics.byName.get('t')!)
    const told = () => {
      const { transactionStates } = rig.ask(DescribeTransactionsRequest, DescribeTransactionsResponse, 0, {
        transactionalIds: ['a'],
      })
      const { transactionState, topics } = transactionStates[0]!
      return [transactionState, topics]
    }
    assert.deepEqual(told(), ['Ongoing', [{ topic: 't', partitions: [1] }]])
    assert.equal(producer.end(true), NONE)
    assert.deepEqual(told(), ['CompleteCommit', []])
  })

  it('that takes too long is aborted, and its producer fenced', () => {
    const rig = new TransactionRig()
    const producer = rig.producer('a', 10_000)
    producer.send(0, [1])
    rig.run(9000)
    assert.equal(rig.latest(0, COMMITTED), 0)
    rig.run(2000)
    assert.equal(rig.latest(0, COMMITTED), 2)
    assert.equal(producer.send(0, [2]), ErrorCode.INVALID_PRODUCER_EPOCH)
    assert.equal(producer.end(true), ErrorCode.INVALID_TXN_STATE)
    assert.equal(producer.end(false), NONE, 'an abort has what it wanted, and a new epoch')
    assert.equal(producer.send(0, [2]), NONE)
  })

  it('of which nothing was produced can only be aborted', () => {
    const producer = new TransactionRig().producer('a')
    assert.equal(producer.end(true), ErrorCode.INVALID_TXN_STATE)
    assert.equal(producer.end(false), NONE)
  })

  it('is what an idempotent batch of its producer must be part of', () => {
    const rig = new TransactionRig()
    const producer = rig.producer('a')
    producer.send(0, [1])
    assert.equal(
      rig.topics.byName.get('t')!.partitions[0]!.producers.check(producer.id, producer.epoch, 1, 1).verdict,
      'not-transactional',
    )
  })
})

describe('offsets in a transaction', () => {
  it('are committed with it', () => {
    const rig = new TransactionRig()
    const producer = rig.producer('a')
    assert.equal(producer.commitOffset('g', 7), NONE)
    assert.deepEqual(rig.committed('g'), [-1, NONE])
    assert.deepEqual(rig.committed('g', true), [-1, ErrorCode.UNSTABLE_OFFSET_COMMIT])
    assert.equal(producer.end(true), NONE)
    assert.deepEqual(rig.committed('g', true), [7, NONE])
  })

  it('are forgotten when it is aborted', () => {
    const rig = new TransactionRig()
    const producer = rig.producer('a')
    producer.commitOffset('g', 7)
    producer.end(false)
    assert.deepEqual(rig.committed('g', true), [-1, NONE])
  })

  it('of an older client take their group first', () => {
    const rig = new TransactionRig()
    const producer = rig.producer('a')
    assert.equal(producer.commitOffset('g', 7, 4), ErrorCode.TRANSACTION_ABORTABLE)
    assert.equal(producer.addOffsets('g'), NONE)
    assert.equal(producer.commitOffset('g', 7, 3), NONE)
    assert.equal(producer.end(true, 4), NONE)
    assert.deepEqual(rig.committed('g'), [7, NONE])
  })
})

describe('a power loss', () => {
  it('leaves an open transaction open, with its offsets', () => {
    const rig = new TransactionRig()
    const producer = rig.producer('a')
    producer.send(0, [1])
    producer.commitOffset('g', 7)
    rig.restart()
    rig.run(5)
    assert.deepEqual([rig.latest(0, ALL), rig.latest(0, COMMITTED)], [1, 0])
    assert.deepEqual(rig.committed('g', true), [-1, ErrorCode.UNSTABLE_OFFSET_COMMIT])
    assert.equal(producer.end(true), NONE)
    assert.deepEqual(rig.committed('g', true), [7, NONE])
    assert.equal(rig.latest(0, COMMITTED), 2)
  })

  it('leaves what was aborted aborted', () => {
    const rig = new TransactionRig()
    const producer = rig.producer('a')
    const { id } = producer
    producer.send(0, [1])
    producer.end(false)
    rig.restart()
    rig.run(5)
    assert.deepEqual(rig.read(0).abortedTransactions, [{ producerId: id, firstOffset: 0 }])
  })

  it('does not stop the time of an open transaction', () => {
    const rig = new TransactionRig()
    const producer = rig.producer('a', 10_000)
    producer.send(0, [1])
    rig.run(5000)
    rig.restart()
    rig.run(6000)
    assert.equal(rig.latest(0, COMMITTED), 2)
  })
})

describe('a transactional id', () => {
  it('belongs to who took it last', () => {
    const rig = new TransactionRig()
    const [first, second] = [rig.producer('a'), rig.producer('a')]
    assert.deepEqual([second.id, second.epoch], [first.id, first.epoch + 1])
    assert.equal(first.send(0, [1]), ErrorCode.INVALID_PRODUCER_EPOCH)
    assert.equal(first.end(true), ErrorCode.PRODUCER_FENCED)
    assert.equal(first.commitOffset('g', 1), ErrorCode.INVALID_PRODUCER_EPOCH)
  })

  it('is taken in two steps while a transaction is open, which is aborted', () => {
    const rig = new TransactionRig()
    const first = rig.producer('a')
    first.send(0, [1])
    assert.equal(first.init(), ErrorCode.CONCURRENT_TRANSACTIONS)
    assert.equal(rig.latest(0, COMMITTED), 2)
    assert.equal(first.init(), NONE)
  })

  it('wants a time-out that is allowed', () => {
    const rig = new TransactionRig()
    assert.throws(() => rig.producer('a', 900_001))
    assert.throws(() => rig.producer('a', 0))
    assert.equal(rig.transactions.byId.size, 0)
  })

  it('is forgotten when nobody uses it', () => {
    const rig = new TransactionRig(1, { expirationMs: 60_000, expirationCheckMs: 10_000 })
    rig.producer('a')
    rig.run(55_000)
    assert.equal(rig.transactions.byId.size, 1)
    rig.run(20_000)
    assert.equal(rig.transactions.byId.size, 0)
    // Somebody waits for the disk: what was written before is on it as well.
    rig.producer('b')
    rig.restart()
    assert.deepEqual([...rig.transactions.byId.keys()], ['b'])
  })
})
