import { DueHeap } from '../../core/delay/due-heap.ts'
import type { Exchange } from '../../core/exchange/exchange.ts'
import { DURABLE, PLACE_SHIFT, QueueIndex, READY } from '../../core/queue/queue-index.ts'
import { assert } from '../../std/assert.ts'
import { Deque } from '../../std/deque.ts'
import type { Owner } from '../../store/fold.ts'
import type { Timer } from '../timers.ts'

/** Times of messages that are gone are not worth the work up to so many. */
const SLACK = 1024

/**
 * The messages that an exchange keeps, as a queue does: an index over the log, whose expiry is the time at which a delayed message is
 * due, 0 for one that is kept for queues that are bound later. 21 bytes a message, and 16 more for the order of delayed ones.
 */
export class KeptMessages implements Owner {
  /** The exchange's own. */
  readonly id: number
  readonly vhost: string
  readonly exchange: Exchange
  readonly runs = false
  readonly index = new QueueIndex()
  /** Delayed messages, earliest first; some may be gone. */
  due = new DueHeap()
  /** Bytes of due messages, read ahead; and those that could not be read like that. */
  readonly fetched = new Map<number, Uint8Array>()
  readonly unfetched = new Set<number>()
  /** Delayed messages whose bytes the disk does not give back, since the start. */
  aside = 0
  /** For the earliest delayed message. */
  timer: Timer | null = null
  /** Messages are being released, or what is to be released is read from the disk. */
  releasing = false
  /** The sequences that are kept for queues that are bound later. */
  readonly remembered = new Deque<number>()
  /** The exchange is gone: what is left is being given up. */
  deleted = false

  constructor(vhost: string, exchange: Exchange) {
    this.id = exchange.id
    this.vhost = vhost
    this.exchange = exchange
  }

  /** Delayed messages. */
  get delayed(): number {
    return this.index.live - this.remembered.size
  }

  add(place: number, position: number, length: number, due: number): number {
    const durable = this.exchange.properties.durable ? DURABLE : 0
    const sequence = this.index.push(position, length, READY | durable | (place << PLACE_SHIFT), due)
    this.note(sequence, due)
    return sequence
  }

  /** The delayed message that is released next, -1 if there is none. */
  next(): number {
    while (this.due.size > 0 && this.index.flags(this.due.first) === 0) this.due.pop()
    return this.due.first
  }

  /** Forgets the times of messages that are gone, if they are the most. */
  compact(): void {
    if (this.due.size <= 2 * this.delayed + SLACK) return
    const { index } = this
    this.due = new DueHeap()
    for (let sequence = index.nextLive(index.head); sequence < index.tail; sequence = index.nextLive(sequence + 1)) {
      if (index.expiry(sequence) > 0) this.due.push(index.expiry(sequence), sequence)
    }
  }

  /** Where a message's bytes are. */
  place(sequence: number): number {
    return (this.index.flags(sequence) >> PLACE_SHIFT) & 3
  }

  /** At recovery: makes the order anew, and `visit` learns where live bytes are. */
  recovered(visit: (place: number, position: number, length: number) => void): void {
    const { index } = this
    for (let sequence = index.nextLive(index.head); sequence < index.tail; sequence = index.nextLive(sequence + 1)) {
      this.note(sequence, index.expiry(sequence))
      visit(this.place(sequence), index.position(sequence), index.length(sequence))
    }
  }

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

  isAt(sequence: number, place: number, position: number): boolean {
    return this.index.isAt(sequence, place, position)
  }

  move(sequence: number, place: number, position: number): boolean {
    return this.index.move(sequence, place, position)
  }

  /** Memory held, in bytes. */
  bytes(): number {
    return this.index.bytes() + this.due.bytes() + this.remembered.size * 8
  }

  /** What must always hold; the simulator asks now and then. */
  invariants(): void {
    assert(
      this.due.size + this.aside >= this.delayed,
      `exchange '${this.exchange.name}': a delayed message has no time`,
    )
    assert(this.remembered.size <= this.exchange.history, `exchange '${this.exchange.name}' remembers too much`)
  }

  private note(sequence: number, due: number): void {
    if (due > 0) this.due.push(due, sequence)
    else this.remembered.push(sequence)
  }
}
