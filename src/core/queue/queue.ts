import { assert, broken } from '../../std/assert.ts'
import { EMPTY_TABLE, type Table } from '../../wire/amqp/field.ts'
import { Consumers } from './consumers.ts'
import type { MessageContract } from './contract.ts'
import { Delayed, type DelayedRetry, readyAt } from './delayed.ts'
import { DELAYED, PLACE_SHIFT, QueueIndex, READY, REDELIVERED, STATE, UNACKED } from './queue-index.ts'
import { InSequence, type ReadyOrder } from './ready.ts'
import { ByPriority } from './ready-by-priority.ts'

/** The priority of a message in a quorum queue that names none, and the highest there. */
const QUORUM_PRIORITY = 4
export const QUORUM_HIGHEST = 31

/** Quorum queues count how often they handed a message out, and keep every message. A stream keeps them in a log of its own. */
export type QueueType = 'classic' | 'quorum' | 'stream'

/** What happens when a queue is as long as it may be. */
export type Overflow = 'drop-head' | 'reject-publish' | 'reject-publish-dlx'

/** Why a message left its queue without being acknowledged. */
export type DeathReason = 'rejected' | 'expired' | 'maxlen' | 'delivery_limit'

/** A queue's settings, from its declaration. Times are milliseconds; `Infinity` means no limit. */
export interface QueueSettings {
  readonly type: QueueType
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
  /** The highest priority that messages are told apart by; 0: none are. */
  readonly maxPriority: number
  /** How often a message may fail before it is given up. */
  readonly deliveryLimit: number
  /** A dead letter stays until its targets have taken it. */
  readonly deadLetterAtLeastOnce: boolean
  /** How long what comes back has to wait; null: not at all. */
  readonly delayedRetry: DelayedRetry | null
  /** How long a consumer may keep a message; null: as long as the server lets any. */
  readonly consumerTimeout: number | null
  /** What its messages have to be; null: anything. */
  readonly contract: MessageContract | null
}

/**
 * A queue: an index over messages, the order in which they go out, and who consumes them. A message is ready, unacked, delayed,
 * or gone.
 */
export class Queue {
  readonly id: number
  readonly vhost: string
  readonly name: string
  /** What it works with: its arguments, and what its policies say. */
  settings: QueueSettings
  /** The broker's `policyEpoch` for which the settings are known to hold. */
  policyEpoch = 0
  /** The `expires` with which its lease was renewed. */
  leasedFor = Number.POSITIVE_INFINITY
  /** As the queue was declared. */
  readonly args: Table
  readonly index = new QueueIndex()
  private readonly order: ReadyOrder
  /** The same, if messages have priorities. */
  private readonly levels: ByPriority | null
  /** Whether messages are handed out by their priority. */
  readonly prioritized: boolean
  /** Whether it counts how often a message was handed out: a queue's type stays what it is. */
  readonly counts: boolean
  readonly delayed = new Delayed()
  /** Its messages stay entries of their own, wherever they are moved. */
  readonly runs = false
  readonly consumers = new Consumers<Queue>()
  /** Ready messages and their bytes; deliveries that wait for their acknowledgement. */
  ready = 0
  readyBytes = 0
  unacked = 0
  /** Some of its messages may expire, as far as a queue has to know that counts. */
  expires = false
  /** The first message that had expired when it came: those from there on may still go out, if a consumer takes them at once. */
  immediate = Number.POSITIVE_INFINITY
  /** Cancelled consumers that have something unsettled, and messages that basic.get took. */
  lingering = 0
  /** A quorum queue refuses from the moment it is longer than it may be until it is clearly shorter. */
  refusing = false
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
  /** Likewise what was handed out for the first time, in a queue that counts. */
  readonly handed: number[] = []
  /** Sequences of messages whose counts, or whose state with counts, have changed. */
  readonly counted: number[] = []
  /** Set while any of these is to be written. */
  noted = false

  constructor(id: number, vhost: string, name: string, settings: QueueSettings, args: Table = EMPTY_TABLE) {
    this.id = id
    this.vhost = vhost
    this.name = name
    this.settings = settings
    this.args = args
    const { type, maxPriority } = settings
    this.levels = maxPriority === 0 ? null : new ByPriority(this.index, maxPriority, type === 'quorum')
    this.order = this.levels ?? new InSequence(this.index)
    this.prioritized = this.levels !== null
    this.counts = type === 'quorum'
  }

  /** How many consumers clients are told of. RabbitMQ's quorum queues count those that linger, but none that waits to be the active one. */
  get consumerCount(): number {
    const { size } = this.consumers
    if (!this.counts) return size
    return (this.settings.singleActiveConsumer ? Math.min(size, 1) : size) + this.lingering
  }

  /** Whether a message comes back after a restart. */
  keeps(persistent: boolean): boolean {
    return this.settings.durable && (persistent || this.counts)
  }

  /** `priority` is the message's own, -1 if it names none. */
  enqueue(position: number, length: number, flags: number, expiry: number, priority: number): number {
    this.ready++
    this.readyBytes += length
    const sequence = this.index.push(position, length, flags | READY, expiry)
    if (expiry !== 0) this.expires = true
    if (this.levels !== null) {
      this.setPriority(sequence, priority)
      this.levels.added(sequence, this.index.priority(sequence))
    }
    return sequence
  }

  /** Sets the priority of a message that names `priority`, or none (-1), as far as the queue knows such. */
  setPriority(sequence: number, priority: number): void {
    const usual = this.counts ? QUORUM_PRIORITY : 0
    this.index.setPriority(sequence, priority < 0 ? usual : Math.min(priority, this.settings.maxPriority))
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
    return this.order.peek()
  }

  /** Calls `visit` for ready messages that are first in some order: those that are looked at for whether they have expired. */
  heads(visit: (sequence: number) => void): void {
    if (this.counts) this.order.heads(visit)
    else {
      const sequence = this.order.peek()
      if (sequence >= 0) visit(sequence)
    }
  }

  /** Hands out a ready message: ready -> unacked. */
  take(sequence: number): void {
    const flags = this.index.flags(sequence)
    if ((flags & STATE) !== READY) broken(`message ${sequence} of queue '${this.name}' is handed out but not ready`)
    this.index.setFlags(sequence, (flags & ~STATE) | UNACKED)
    this.ready--
    this.readyBytes -= this.index.length(sequence)
    this.unacked++
    this.order.taken(sequence)
  }

  /**
   * Unacked -> ready at its old place, marked redelivered. False if the message is gone or was not handed out. `failed` says that whoever had
   * it is gone, or has refused it.
   */
  requeue(sequence: number, failed = false): boolean {
    if ((this.index.flags(sequence) & STATE) !== UNACKED) return false
    if (failed) this.fail(sequence)
    this.unacked--
    this.readyAgain(sequence)
    this.order.returned(sequence)
    return true
  }

  /**
   * The same in a queue that counts; `failed` says that whoever had it is gone. Returns what has become of it: 'over' says that it may
   * not be handed out again, and is still unacked.
   */
  comeBack(sequence: number, failed: boolean, now: number): 'gone' | 'over' | 'delayed' | 'ready' {
    const { index, settings } = this
    const flags = index.flags(sequence)
    if ((flags & STATE) !== UNACKED) return 'gone'
    if (index.failed(sequence) > settings.deliveryLimit) return 'over'
    const failures = index.failed(sequence) + (failed ? 1 : 0)
    index.setCounts(sequence, index.acquired(sequence) + 1, failures)
    if (failures > settings.deliveryLimit) return 'over'
    const at = readyAt(settings.delayedRetry, failed, failures, now)
    this.unacked--
    if (at > 0) {
      index.setFlags(sequence, (flags & ~STATE) | DELAYED | REDELIVERED)
      this.delayed.add(sequence, at)
      return 'delayed'
    }
    this.readyAgain(sequence)
    this.order.returned(sequence)
    return 'ready'
  }

  /**
   * Whoever had an unacked message refuses it, or is gone: one more failure. A classic queue knows of failures only for its dead letters, and as
   * long as the broker lives. Whether it is to be written down.
   */
  fail(sequence: number): boolean {
    const { index } = this
    if (!this.knowsFailures || (index.flags(sequence) & STATE) !== UNACKED) return false
    index.setCounts(sequence, index.acquired(sequence), index.failed(sequence) + 1)
    return this.counts
  }

  get knowsFailures(): boolean {
    return this.counts || this.settings.deadLetterExchange !== null
  }

  /** How often a message was handed out before. One that failed elsewhere, and came as a dead letter, was so at least as often. */
  handouts(sequence: number): number {
    const acquired = this.index.acquired(sequence)
    return acquired > 0 ? acquired : this.index.failed(sequence)
  }

  /** What has waited long enough is ready again, `most` at once; whether there was any. */
  endDelays(now: number, most: number): boolean {
    const before = this.delayed.size
    this.delayed.due(now, most, (sequence) => {
      if ((this.index.flags(sequence) & STATE) !== DELAYED) return false
      this.readyAgain(sequence)
      this.order.returned(sequence)
      return true
    })
    return this.delayed.size < before
  }

  private readyAgain(sequence: number): void {
    const { index } = this
    index.setFlags(sequence, (index.flags(sequence) & ~STATE) | READY | REDELIVERED)
    this.ready++
    this.readyBytes += index.length(sequence)
  }

  /** Ready, unacked or delayed -> gone, as far as the counts and the index go. False if it was gone already. */
  remove(sequence: number): boolean {
    const state = this.index.flags(sequence) & STATE
    if (state === READY) {
      this.ready--
      this.readyBytes -= this.index.length(sequence)
    } else if (state === UNACKED) this.unacked--
    else if (state === DELAYED) this.delayed.removed()
    else return false
    return this.index.settle(sequence)
  }

  /** Nothing is ready: what is kept about the order of what was is given up. */
  emptied(): void {
    this.order.clear()
  }

  /**
   * At recovery: who was handed out is ready again, counts are made anew, and `visit` learns where live bytes are. `cameBack` learns of
   * messages that a queue which counts had handed out; those that are 'over' have failed too often and stay unacked.
   */
  recovered(
    redelivered: boolean,
    now: number,
    visit: (place: number, position: number, length: number) => void,
    cameBack: (sequence: number, fate: string) => void = () => {},
  ): void {
    const { index } = this
    for (let sequence = index.nextLive(index.head); sequence < index.tail; sequence = index.nextLive(sequence + 1)) {
      const flags = index.flags(sequence)
      visit((flags >> PLACE_SHIFT) & 3, index.position(sequence), index.length(sequence))
      if (this.counts) {
        const fate = this.recoverCounted(sequence, flags, now)
        if ((flags & STATE) === UNACKED) cameBack(sequence, fate)
        continue
      }
      const again = redelivered || (flags & STATE) === UNACKED ? REDELIVERED : 0
      index.setFlags(sequence, (flags & ~STATE) | READY | again)
      this.ready++
      this.readyBytes += index.length(sequence)
      this.levels?.added(sequence, index.priority(sequence))
    }
  }

  /** The consumers of what was handed out are gone with the broker. */
  private recoverCounted(sequence: number, flags: number, now: number): string {
    const { index } = this
    const state = flags & STATE
    if (index.expiry(sequence) !== 0) this.expires = true
    if (state === UNACKED) {
      this.unacked++
      return this.comeBack(sequence, true, now)
    }
    const { delayedRetry } = this.settings
    if (state === DELAYED && delayedRetry !== null) {
      this.delayed.add(sequence, now + readyAt({ ...delayedRetry, type: 'all' }, true, index.failed(sequence), 0))
      return 'delayed'
    }
    index.setFlags(sequence, (flags & ~STATE) | READY)
    this.ready++
    this.readyBytes += index.length(sequence)
    if ((flags & REDELIVERED) !== 0) this.order.returned(sequence)
    else this.levels?.added(sequence, index.priority(sequence))
    return 'ready'
  }

  /** Memory held, in bytes, near enough. */
  bytes(): number {
    return this.index.bytes() + this.order.bytes() + this.delayed.bytes()
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

  isAt(sequence: number, place: number, position: number): boolean {
    return this.index.isAt(sequence, place, position)
  }

  /** A message's bytes are at another place now. */
  move(sequence: number, place: number, position: number): boolean {
    return this.index.move(sequence, place, position)
  }

  /** What must always hold; the simulator asks after every step. */
  invariants(): void {
    assert(
      this.ready + this.unacked + this.delayed.size === this.index.live,
      `queue '${this.name}': ready + unacked + delayed is not what is live`,
    )
    assert(
      this.ready > 0 === this.peek() >= 0,
      `queue '${this.name}': ${this.ready} ready, but the next is ${this.peek()}`,
    )
    if (this.levels !== null && this.ready > 0) this.levels.invariants(this.peek())
    assert(this.readyBytes >= 0, `queue '${this.name}': ${this.readyBytes} bytes ready`)
  }
}
