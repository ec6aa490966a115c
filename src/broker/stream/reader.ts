import {
  BATCH_HEADER,
  baseOffset,
  baseTimestamp,
  batchSize,
  compression,
  hasAppendTime,
  isControl,
  isTransactional,
  lastOffsetDelta,
  maxTimestamp,
} from '../../core/partition/batch.ts'
import { isAborted } from '../../core/partition/cleaner.ts'
import type { Partition } from '../../core/partition/partition.ts'
import { RecordReader } from '../../core/partition/record-reader.ts'
import type { Consumer } from '../../core/queue/consumer.ts'
import type { Queue } from '../../core/queue/queue.ts'
import { type Filter, passes } from '../../core/stream/filter.ts'
import { filterValue, OpenedRecord, openRecord, writeMessage } from '../../core/stream/message.ts'
import { Writer } from '../../wire/amqp/writer.ts'
import { Codec } from '../../wire/kafka/compression/codec.ts'
import { locateAll, planRead, type ReadPlan, readAll, withoutHead, withoutTail } from '../topic/read.ts'
import type { Topics } from '../topic/topics.ts'
import { reportUnreadable } from '../topic/unreadable.ts'
import { workOn } from '../topic/work.ts'
import type { Stream } from './stream.ts'

/** What is read at once, if a batch is not longer. */
const READ_BYTES = 64 * 1024
/** Reads without a record that the consumer wants before others have their turn. */
const READS = 4
const EMPTY = new Uint8Array(0)

const writer = new Writer()
const opened = new OpenedRecord()

/** One consumer's way through a stream: what it is at lies here, in memory of its own. */
export class Reader {
  /** The offset that is delivered next, at least. */
  private next = 0
  /** It begins with all of the batch that `next` is in. */
  private whole = false
  /** Whole batches, from `at` on. */
  private bytes: Uint8Array = EMPTY
  private at = 0
  /** The records of the batch at `at`, null if it is still to be opened. */
  private records: RecordReader | null = null
  /** Waits for the disk, or for what opens batches. */
  private busy = true
  private reads = 0
  /** Records that the last `deliver` handed out. */
  handed = 0
  private readonly topics: Topics
  private readonly stream: Stream
  private readonly partition: Partition
  private readonly consumer: Consumer<Queue>
  private readonly filter: Filter | null

  constructor(topics: Topics, stream: Stream, consumer: Consumer<Queue>, filter: Filter | null) {
    this.topics = topics
    this.stream = stream
    this.partition = stream.partition
    this.consumer = consumer
    this.filter = filter
  }

  /** Bytes that it holds. */
  get held(): number {
    return this.bytes.length
  }

  /** Begins with that offset; with `whole`, with the batch that it is in. */
  begin(offset: number, whole: boolean): void {
    this.next = offset
    this.whole = whole
    this.goOn()
  }

  private goOn(): void {
    this.busy = false
    this.topics.broker.wake(this.stream.queue)
  }

  /** Hands out `most` records at most; true if that was not all it could. */
  deliver(most: number): boolean {
    this.reads = 0
    this.handed = 0
    while (this.handed < most) {
      if (this.busy || !this.consumer.canTake()) return false
      if (!this.advance()) return this.reads > READS && !this.busy
      this.hand()
      this.handed++
    }
    return true
  }

  private hand(): void {
    const { bytes, at, next } = this
    const records = this.records!
    const time = hasAppendTime(bytes, at) ? maxTimestamp(bytes, at) : baseTimestamp(bytes, at) + records.timestampDelta
    writeMessage(writer, opened, records, this.stream.queue.name, next, time)
    this.next = next + 1
    this.consumer.deliver(this.stream.queue, next, writer.bytes, 0, writer.at, false)
  }

  /** Goes to the next record that the consumer wants; false if there is none now. */
  private advance(): boolean {
    for (;;) {
      if (this.records !== null && this.findRecord(this.records)) return true
      if (this.at < this.bytes.length) this.open()
      else if (++this.reads > READS || !this.read()) return false
      if (this.busy) return false
    }
  }

  private findRecord(records: RecordReader): boolean {
    const base = baseOffset(this.bytes, this.at)
    while (records.next()) {
      const offset = base + records.offsetDelta
      if (offset < this.next) continue
      // What was found is handed out before anybody else looks at a record.
      openRecord(records, opened)
      if (this.filter !== null && !passes(this.filter, filterValue(opened))) continue
      this.next = offset
      return true
    }
    this.pass()
    return false
  }

  /** Leaves the batch behind. */
  private pass(): void {
    const { bytes, at } = this
    this.next = Math.max(this.next, baseOffset(bytes, at) + lastOffsetDelta(bytes, at) + 1)
    this.records = null
    this.at = at + batchSize(bytes, at)
  }

  private open(): void {
    const { bytes, at } = this
    const end = at + batchSize(bytes, at)
    if (this.whole) this.next = Math.min(this.next, Math.max(this.partition.logStartOffset, baseOffset(bytes, at)))
    this.whole = false
    if (isControl(bytes, at) || this.isAborted()) {
      this.pass()
      return
    }
    if (compression(bytes, at) === Codec.none) {
      this.records = new RecordReader(bytes, at + BATCH_HEADER, end)
      return
    }
    this.busy = true
    workOn(this.topics.broker.env.compute, { kind: 'unpack', bytes: bytes.slice(at, end) }, (error, records) => {
      // A producer may call anything a batch.
      if (error !== null || records === null) this.pass()
      else this.records = new RecordReader(records, 0, records.length)
      this.goOn()
    })
  }

  private isAborted(): boolean {
    const { bytes, at, partition } = this
    if (partition.transactions === null || !isTransactional(bytes, at)) return false
    const base = baseOffset(bytes, at)
    const ranges = partition.transactions.abortedRanges(base, base + lastOffsetDelta(bytes, at) + 1)
    return isAborted(bytes, at, ranges)
  }

  /** Gets the batches that come next; false if there are none. */
  private read(): boolean {
    const { partition, topics } = this
    const { store, arena } = topics.broker
    this.next = Math.max(this.next, partition.logStartOffset)
    if (partition.deleted) return false
    const plan = planRead(partition, this.next, partition.lastStableOffset, READ_BYTES, true)
    if (plan.pieces.length === 0) {
      this.take(EMPTY)
      return false
    }
    const into = new Uint8Array(plan.bytes)
    const slice = locateAll(store, arena.bytes, plan)
    if (slice !== null) {
      let length = 0
      for (let one: typeof slice | undefined = slice; one !== undefined; one = one.next) {
        into.set(one.bytes.subarray(one.at, one.at + one.length), length)
        length += one.length
      }
      this.take(into.subarray(0, length))
      return true
    }
    this.busy = true
    readAll(store, arena.bytes, plan, into, 0, (error) => this.arrived(plan, into, error))
    return true
  }

  private arrived(plan: ReadPlan, into: Uint8Array, error: Error | null): void {
    if (error !== null) {
      this.giveUp(error)
      return
    }
    const slice = { bytes: into, at: 0, length: into.length }
    if (plan.cut) withoutTail(slice, plan.end)
    const rest = withoutHead(slice, plan.offset)
    this.take(into.subarray(rest.at, rest.at + rest.length))
    this.goOn()
  }

  private take(bytes: Uint8Array): void {
    this.bytes = bytes
    this.at = 0
    this.records = null
  }

  /** The disk does not give back what comes next: whoever wants it learns that there is nothing more to come. */
  private giveUp(error: Error): void {
    const { queue } = this.stream
    reportUnreadable(this.topics.broker, this.partition, this.next, error)
    if (queue.consumers.remove(this.consumer)) this.consumer.cancelled()
  }
}
