import { assert } from '../../std/assert.ts'
import { Heap } from '../../std/heap.ts'
import { EMPTY_TABLE, type Table } from '../../wire/amqp/field.ts'
import { Consumers } from './consumers.ts'
import { PLACE_SHIFT, QueueIndex, READY, REDELIVERED, STATE, UNACKED } from './queue-index.ts'

/** What happens when a queue is as long as it may be. */
export type Overflow = 'drop-head' | 'reject-publish' | 'reject-publish-dlx'

/** Why a message left its queue without being acknowledged. */
export type DeathReason = 'rejected' | 'expired' | 'maxlen'

/** A queue's settings, from its declaration. Times are milliseconds; `Infinity` means no limit. */
export interface QueueSettings {
  readonly durable: boolean
  readonly autoDelete: boolean
  /** The id of the connection whose own the queue is, 0 if it is everybody's. */
  readonly exclusiveOwner: number
  readonly messageTtl: number
  readonly expires: number
  readonly maxLength: number
  readonly maxBytes: number
  readonly overflow: Overflow
  readonly deadLetterExchange: string | null
  readonly deadLetterRoutingKey: string | null
  readonly singleActiveConsumer: boolean
}

/**
 * A queue: an index over messages in order, and who consumes them. A message is ready, unacked, or gone. Messages are
 * handed out in order of sequence; one that was requeued goes out before all that come after it.
 */
export class Queue {
  readonly id: number
  readonly vhost: string
  readonly name: string
  /** What it works with: its arguments, and what its policies say. */
  settings: QueueSettings
  /** As the queue was declared. */
  readonly args: Table
  readonly index = new QueueIndex()
  /** Its messages stay entries of their own, wherever they are moved. */
  readonly runs = false
  readonly consumers = new Consumers<Queue>()
  /** Ready messages and their bytes; deliveries that wait for their acknowledgement. */
  ready = 0
  readyBytes = 0
  unacked = 0
  /** Bytes of a ready message beside its body, on average; NaN until one has come. Kept only for a limit on bytes. */
  private overhead = Number.NaN
  /** The number of the routing that last led here; see Destination in core/exchange. */
  routed = 0
  /** The journal position of the last change to what a reply about this queue can tell. */
  changedAt = 0
  /** Set while the queue waits for delivery at the end of the turn. */
  woken = false
  /** Set while the message at the front is being read from the disk. */
  loading = false
  /** Given-up messages that are still to be moved to the dead-letter exchange; they count as unacked. */
  readonly dying: { sequence: number; reason: DeathReason }[] = []
  /** Set while moving waits for bytes from the disk or for room. */
  burying = false
  /** Gone from its vhost; what is left is being settled. */
  deleted = false
  /** Settled durable sequences of this turn as pairs from, to; written as one record when the turn ends. */
  readonly settled: number[] = []
  /** Sequences below it were handed out before, unless `requeued` holds them. */
  private cursor = 0
  private readonly requeued = new Heap()

  constructor(id: number, vhost: string, name: string, settings: QueueSettings, args: Table = EMPTY_TABLE) {
    this.id = id
    this.vhost = vhost
    this.name = name
    this.settings = settings
    this.args = args
  }

  enqueue(position: number, length: number, flags: number, expiry: number): number {
    this.ready++
    this.readyBytes += length
    return this.index.push(position, length, flags | READY, expiry)
  }

  /** The message that was just enqueued has that many bytes beside its body. */
  noteOverhead(bytes: number): void {
    const known = this.ready > 1 && !Number.isNaN(this.overhead)
    this.overhead = known ? this.overhead + (bytes - this.overhead) / this.ready : bytes
  }

  /**
   * The bodies of ready messages, in bytes: what a limit on bytes is about. Exact as long as the queue's messages have keys and
   * properties of one size; the index keeps only how long each is altogether.
   */
  get bodyBytes(): number {
    return Number.isNaN(this.overhead) ? this.readyBytes : Math.max(0, this.readyBytes - this.ready * this.overhead)
  }

  /** The sequence of the message that goes out next, or -1. */
  peek(): number {
    const index = this.index
    while (this.requeued.size > 0) {
      const sequence = this.requeued.peek()
      if ((index.flags(sequence) & STATE) === READY) return sequence
      this.requeued.pop()
    }
    if (this.cursor < index.head) this.cursor = index.head
    while (this.cursor < index.tail) {
      if ((index.flags(this.cursor) & STATE) === READY) return this.cursor
      this.cursor = index.nextLive(this.cursor + 1)
    }
    return -1
  }

  /** Hands out what `peek` returned: ready -> unacked. */
  take(sequence: number): void {
    const flags = this.index.flags(sequence)
    assert((flags & STATE) === READY, `message ${sequence} of queue '${this.name}' is handed out but not ready`)
    this.index.setFlags(sequence, (flags & ~STATE) | UNACKED)
    this.ready--
    this.readyBytes -= this.index.length(sequence)
    this.unacked++
    if (sequence === this.cursor) this.cursor++
  }

  /** Unacked -> ready at its old place, marked redelivered. False if the message is gone or was not handed out. */
  requeue(sequence: number): boolean {
    const flags = this.index.flags(sequence)
    if ((flags & STATE) !== UNACKED) return false
    this.index.setFlags(sequence, (flags & ~STATE) | READY | REDELIVERED)
    this.unacked--
    this.ready++
    this.readyBytes += this.index.length(sequence)
    if (sequence < this.cursor) this.requeued.push(sequence)
    return true
  }

  /** Ready or unacked -> gone, as far as the counts and the index go. False if it was gone already. */
  remove(sequence: number): boolean {
    const state = this.index.flags(sequence) & STATE
    if (state === READY) {
      this.ready--
      this.readyBytes -= this.index.length(sequence)
    } else if (state === UNACKED) this.unacked--
    else return false
    return this.index.settle(sequence)
  }

  /** At recovery: who was handed out is ready again, counts are made anew, and `visit` learns where live bytes are. */
  recovered(redelivered: boolean, visit: (place: number, position: number, length: number) => void): void {
    const index = this.index
    for (let sequence = index.nextLive(index.head); sequence < index.tail; sequence = index.nextLive(sequence + 1)) {
      const flags = index.flags(sequence)
      const length = index.length(sequence)
      const again = redelivered || (flags & STATE) === UNACKED ? REDELIVERED : 0
      index.setFlags(sequence, (flags & ~STATE) | READY | again)
      this.ready++
      this.readyBytes += length
      visit((flags >> PLACE_SHIFT) & 3, index.position(sequence), length)
    }
  }

  /** Calls `visit` for messages whose bytes begin in `[from, to)` of a place; see `QueueIndex.eachLive`. */
  eachLive(
    place: number,
    from: number,
    to: number,
    first: number,
    limit: number,
    visit: (sequence: number, position: number, length: number) => void,
  ): number {
    return this.index.eachLive(place, from, to, first, limit, visit)
  }

  /** A message's bytes are at another place now. */
  move(sequence: number, place: number, position: number): boolean {
    return this.index.move(sequence, place, position)
  }

  /** What must always hold; the simulator asks after every step. */
  invariants(): void {
    assert(this.ready + this.unacked === this.index.live, `queue '${this.name}': ready + unacked is not what is live`)
    assert(
      this.ready > 0 === this.peek() >= 0,
      `queue '${this.name}': ${this.ready} ready, but the next is ${this.peek()}`,
    )
    assert(this.readyBytes >= 0, `queue '${this.name}': ${this.readyBytes} bytes ready`)
  }
}
