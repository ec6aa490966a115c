import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BATCH_HEADER, placeBatch } from './batch.ts'
import { Epochs } from './epochs.ts'
import { Partition } from './partition.ts'

/** The header of a batch of `count` records, as it stands in the log. */
function header(base: number, count: number, epoch = 0): Uint8Array {
  const batch = new Uint8Array(BATCH_HEADER)
  const view = new DataView(batch.buffer)
  view.setInt32(8, BATCH_HEADER - 12)
  view.setInt32(23, count - 1)
  view.setBigInt64(43, -1n)
  view.setInt32(57, count)
  placeBatch(batch, 0, base, epoch)
  return batch
}

function append(partition: Partition, count: number, position: number): boolean {
  return partition.apply(header(partition.endOffset, count), 0, BATCH_HEADER, 0, position, 0)
}

describe('a partition', () => {
  it('shows records when they are durable, not before', () => {
    const partition = new Partition(1, 't', 0)
    append(partition, 3, 0)
    partition.await(100)
    append(partition, 2, 100)
    partition.await(200)
    assert.equal(partition.advance(99), false)
    assert.equal(partition.highWatermark, 0)
    assert.equal(partition.advance(150), true)
    assert.equal(partition.highWatermark, 3)
    assert.equal(partition.pendingPosition, 200)
    assert.equal(partition.advance(200), true)
    assert.equal(partition.highWatermark, 5)
    assert.equal(partition.isPending, false)
  })

  it('takes a batch once, however often it is applied', () => {
    const partition = new Partition(1, 't', 0)
    assert.equal(append(partition, 3, 0), true)
    assert.equal(partition.apply(header(0, 3), 0, BATCH_HEADER, 0, 0, 0), false)
    assert.equal(partition.endOffset, 3)
    assert.equal(partition.index.count, 1)
  })

  it('leaves out batches below its start that come again at recovery, and goes on behind them', () => {
    const partition = new Partition(1, 't', 0)
    partition.moveStart(5)
    assert.equal(partition.apply(header(0, 5), 0, BATCH_HEADER, 0, 0, 0), false)
    assert.equal(partition.index.count, 0)
    partition.recovered()
    assert.equal(partition.endOffset, 5)
    assert.equal(partition.highWatermark, 5)
  })
})

describe('leader epochs', () => {
  it('end where the next one begins', () => {
    const epochs = new Epochs()
    for (const [epoch, offset] of [
      [0, 0],
      [0, 5],
      [2, 10],
      [2, 12],
      [0, 5],
      [3, 20],
    ] as const) {
      epochs.note(epoch, offset)
    }
    assert.deepEqual(epochs.endOf(0, 30), { epoch: 0, endOffset: 10 })
    assert.deepEqual(epochs.endOf(1, 30), { epoch: 0, endOffset: 10 })
    assert.deepEqual(epochs.endOf(2, 30), { epoch: 2, endOffset: 20 })
    assert.deepEqual(epochs.endOf(3, 30), { epoch: 3, endOffset: 30 })
    assert.deepEqual(new Epochs().endOf(0, 30), { epoch: 0, endOffset: 30 })
    assert.deepEqual(new Epochs().endOf(-1, 30), { epoch: -1, endOffset: -1 })
    assert.equal(epochs.at(11), 2)
  })
})
