import assert from 'node:assert/strict'
import { test } from 'node:test'
import { baseSequence, checkBatch, isTransactional, producerId, recordCount } from '../../src/core/partition/batch.ts'
import { testBroker } from '../../src/testing/test-broker.ts'
import type { Running } from '../broker.ts'
import { AMQP_SHAPES } from './amqp/shapes.ts'
import { Batch } from './kafka/batch.ts'
import { commits } from './kafka/commits.ts'
import { rebalance } from './kafka/rebalance.ts'
import { KAFKA_SHAPES } from './kafka/shapes.ts'
import { transactions } from './kafka/transactions.ts'
import { SHAPES } from './rows.ts'
import { quantile, type Setting } from './shape.ts'

const BRIEF: Setting = { scale: 0.1, seconds: 0.05, warmup: 0.01, peer: false }

async function withBroker(play: (running: Running) => Promise<void>): Promise<void> {
  const broker = await testBroker()
  const { hostname: host, port } = new URL(broker.kafkaUrl)
  const address = () => ({ host, port: Number(port) })
  try {
    await play({ pid: 0, startMs: null, address, stop: async () => {} })
  } finally {
    await broker.close()
  }
}

/** The figures of a shape that the rows show of ours. */
function shown(name: string): string[] {
  const figures = SHAPES.map(({ figure }) => figure.split(':')).filter(([of]) => of === name)
  return [...new Set(figures.map(([, figure]) => figure!))]
}

test('every row shows a shape, and every shape has a row', () => {
  const names = [...AMQP_SHAPES, ...KAFKA_SHAPES].map(({ name }) => name)
  const rows = SHAPES.map(({ figure }) => figure.split(':')[0]!)
  assert.deepEqual([...new Set(rows)].sort(), names.sort())
})

test('a batch is as Kafka wants it, whatever its keys and its producer', () => {
  for (const [count, size] of [
    [1, 100],
    [64, 1000],
    [200, 1],
  ] as const) {
    const batch = new Batch(count, size)
    batch.setKeys((i) => i * 3)
    const { bytes, at, length } = batch.sealed()
    assert.equal(checkBatch(bytes, at, length), 'none')
    assert.equal(recordCount(bytes, at), count)
    assert.equal(isTransactional(bytes, at), false)
    batch.setProducer(7, 3, 20)
    batch.sealed()
    assert.equal(checkBatch(bytes, at, length), 'none')
    assert.equal(isTransactional(bytes, at), true)
    assert.deepEqual([producerId(bytes, at), baseSequence(bytes, at)], [7, 20])
  }
})

test('transactions are all committed, and have every figure that is shown', async () => {
  await withBroker(async (running) => {
    const figures = await transactions(running, BRIEF)
    for (const name of shown('transactions')) assert.ok(figures[name]! > 0, name)
  })
})

test('offsets are committed, and every answer says so', async () => {
  await withBroker(async (running) => {
    const figures = await commits(running, BRIEF)
    for (const name of shown('commits')) assert.ok(figures[name]! > 0, name)
  })
})

test('a hundred members share the partitions after every change, by both protocols', async () => {
  await withBroker(async (running) => {
    const figures = await rebalance(running, BRIEF)
    for (const name of shown('rebalance')) assert.ok(figures[name]! > 0, name)
  })
})

test('a quantile is one of the values', () => {
  assert.equal(quantile([3, 1, 2], 0.5), 2)
  assert.equal(quantile([3, 1, 2], 1), 3)
  assert.throws(() => quantile([], 0.5), /nothing was measured/)
})
