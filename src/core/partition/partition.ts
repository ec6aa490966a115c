import { assert } from '../../std/assert.ts'
import {
  baseOffset,
  baseSequence,
  isControl,
  isTransactional,
  lastOffsetDelta,
  leaderEpoch,
  maxTimestamp,
  producerEpoch,
  producerId,
  recordCount,
} from './batch.ts'
import { coordinatorEpoch, isCommit } from './control-batch.ts'
import { Epochs } from './epochs.ts'
import { PartitionIndex } from './partition-index.ts'
import { Producers } from './producers.ts'
import { Segments } from './segments.ts'
import { Transactions } from './transactions.ts'

/** Somebody who waits for records: a parked Fetch. */
export interface Waiter {
  partitionMoved(): void
}

/**
 * One partition: an index over the log, the producers that write to it, and how far readers may read. Its durable state is
 * the fold of its batches and of the moves of its log start offset.
 */
export class Partition {
  /** Never used twice; queues and partitions share the numbers. */
  readonly id: number
  readonly topic: string
  /** Its number within the topic. */
  readonly number: number
  readonly index = new PartitionIndex()
  /** Small batches that are moved together become one entry. */
  readonly runs = true
  readonly producers = new Producers()
  readonly epochs = new Epochs()
  readonly segments = new Segments()
  /** Compaction has been over everything below. */
  cleanedTo = 0
  /** Null as long as there was none: most partitions never see one. */
  transactions: Transactions | null = null
  /** What producers did below is known already, from a checkpoint. */
  producersKnownTo = 0
  /** Records below are gone. */
  logStartOffset = 0
  /** Records below may be read: they are as durable as the topic promises. */
  highWatermark = 0
  /** Who is told when the high watermark has moved or the partition has gone. */
  readonly waiters = new Set<Waiter>()
  deleted = false
  /** Ends of the log that are not durable yet, and the journal positions they wait for, from `firstPending` on. */
  private pendingOffsets: number[] = []
  private pendingPositions: number[] = []
  private firstPending = 0

  constructor(id: number, topic: string, number: number) {
    this.id = id
    this.topic = topic
    this.number = number
  }

  /** The offset that the next record gets. */
  get endOffset(): number {
    return this.index.endOffset
  }

  /** Whoever reads committed records only may read below: they belong to no transaction that is still open. */
  get lastStableOffset(): number {
    if (this.transactions === null) return this.highWatermark
    return Math.max(this.logStartOffset, this.transactions.lastStable(this.highWatermark))
  }

  /** Whether some of the log is not durable yet. */
  get isPending(): boolean {
    return this.firstPending < this.pendingOffsets.length
  }

  /** The journal position that the high watermark waits for next. */
  get pendingPosition(): number {
    return this.pendingPositions[this.firstPending]!
  }

  /**
   * A batch stands in the log: its bytes are at `bytes[at…]`, and at `position` of `place` for good. False if it was there already, which at
   * recovery is no error.
   */
  apply(bytes: Uint8Array, at: number, length: number, place: number, position: number, now: number): boolean {
    const base = baseOffset(bytes, at)
    const last = base + lastOffsetDelta(bytes, at)
    const timestamp = maxTimestamp(bytes, at)
    const id = producerId(bytes, at)
    if (id >= 0 && base >= this.producersKnownTo) this.produced(id, bytes, at, base, now)
    this.epochs.note(leaderEpoch(bytes, at), base)
    // Records without a time age from when they were appended.
    const age = timestamp < 0 ? now : timestamp
    this.segments.appended(base, last, length, age)
    if (last < this.logStartOffset) {
      this.index.skipTo(last + 1)
      return false
    }
    return this.index.append(base, last, place, position, length, age)
  }

  /** A producer that has an id appended a batch, or its transaction has ended. */
  private produced(id: number, bytes: Uint8Array, at: number, base: number, now: number): void {
    const epoch = producerEpoch(bytes, at)
    if (isControl(bytes, at)) {
      this.producers.end(id, epoch, coordinatorEpoch(bytes, at), now)
      this.transactions?.end(id, base, isCommit(bytes, at))
      return
    }
    const timestamp = maxTimestamp(bytes, at)
    this.producers.apply(id, epoch, baseSequence(bytes, at), recordCount(bytes, at), base, timestamp, now)
    if (!isTransactional(bytes, at)) return
    this.producers.begin(id, base)
    this.transactions ??= new Transactions()
    this.transactions.begin(id, base)
  }

  /** The log's end, as it is now, may be read when the journal is durable up to `position`. */
  await(position: number): void {
    const last = this.pendingOffsets.length - 1
    if (this.isPending && this.pendingPositions[last] === position) {
      this.pendingOffsets[last] = this.endOffset
      return
    }
    this.pendingOffsets.push(this.endOffset)
    this.pendingPositions.push(position)
  }

  /** The journal is durable up to `durable`. Returns whether the high watermark moved. */
  advance(durable: number): boolean {
    const before = this.highWatermark
    while (this.isPending && this.pendingPositions[this.firstPending]! <= durable) {
      this.highWatermark = this.pendingOffsets[this.firstPending]!
      this.firstPending++
    }
    if (!this.isPending && this.firstPending > 0) {
      this.pendingOffsets.length = 0
      this.pendingPositions.length = 0
      this.firstPending = 0
    } else if (this.firstPending > 1024) {
      this.pendingOffsets.splice(0, this.firstPending)
      this.pendingPositions.splice(0, this.firstPending)
      this.firstPending = 0
    }
    return this.highWatermark !== before
  }

  /** Calls `visit` for batches, or runs of them, whose bytes begin in `[from, to)` of a place; see `PartitionIndex.eachLive`. */
  eachLive(
    place: number,
    from: number,
    to: number,
    first: number,
    limit: number,
    visit: (baseOffset: number, position: number, length: number) => void,
  ): number {
    return this.index.eachLive(place, from, to, first, limit, visit)
  }

  isAt(baseOffset: number, place: number, position: number, after: number): boolean {
    return this.index.isAt(baseOffset, place, position, after)
  }

  /** The batches from `baseOffset` on, `length` bytes of them, are at another place now. */
  move(baseOffset: number, place: number, position: number, length: number): boolean {
    return this.index.move(baseOffset, place, position, length)
  }

  /** After recovery everything that is there is durable. */
  recovered(): void {
    this.index.skipTo(this.logStartOffset)
    this.highWatermark = this.endOffset
    this.transactions?.recovered()
  }

  /** Records below `offset` are gone. The index drops entries by `index.trimBefore`, in steps. */
  moveStart(offset: number): void {
    assert(offset >= 0, 'an offset is not negative')
    if (offset > this.logStartOffset) this.logStartOffset = offset
    this.segments.trim(this.logStartOffset)
    this.transactions?.trimBefore(offset)
    this.index.skipTo(offset)
  }

  /** Tells everybody who waits for new records. */
  wake(): void {
    if (this.waiters.size === 0) return
    for (const waiter of [...this.waiters]) waiter.partitionMoved()
  }
}
