import type { Consumer } from '../core/queue/consumer.ts'
import type { Queue } from '../core/queue/queue.ts'
import type { Table } from '../wire/amqp/field.ts'
import type { Connection } from './connection.ts'
import { deliverHead } from './delivery.ts'

/** Whoever got a delivery that is to be acknowledged: a consumer, or a channel with basic.get. */
export interface Recipient {
  readonly queue: Queue
  /** Deliveries that wait. */
  outstanding: number
  /** How many may wait, 0 for any number. */
  readonly prefetch: number
  /** What it is to the queue once it is no consumer of it: basic.get never is one. */
  standing: 'consumer' | 'cancelled' | 'getter'
  /** Those of them that were kept for too long and went back already. */
  late: number
}

/** The recipient has one delivery less to settle. */
export function settled(recipient: Recipient, sequence: number): void {
  recipient.outstanding--
  if (sequence < 0) recipient.late--
  const { standing } = recipient
  if (standing === 'consumer' || (standing === 'cancelled' && recipient.outstanding > 0)) return
  recipient.queue.lingering--
}

/** The channel, as its consumers see it. */
export interface Deliverer {
  readonly number: number
  readonly connection: Connection
  canDeliver(): boolean
  deliver(
    consumer: AmqpConsumer,
    sequence: number,
    bytes: Uint8Array,
    at: number,
    length: number,
    redelivered: boolean,
  ): void
  consumerCancelled(consumer: AmqpConsumer): void
}

/** What basic.consume asked for. */
export interface ConsumerSettings {
  readonly tag: string
  readonly noAck: boolean
  readonly exclusive: boolean
  readonly priority: number
  readonly prefetch: number
  readonly args: Table
}

/** A consumer on a channel. */
export class AmqpConsumer implements Consumer<Queue>, Recipient {
  readonly queue: Queue
  readonly tag: string
  readonly noAck: boolean
  readonly exclusive: boolean
  readonly priority: number
  readonly prefetch: number
  readonly args: Table
  standing: 'consumer' | 'cancelled' = 'consumer'
  /** What its deliveries begin with. */
  readonly head: Uint8Array
  outstanding = 0
  late = 0
  readonly channel: Deliverer

  constructor(channel: Deliverer, queue: Queue, settings: ConsumerSettings) {
    this.channel = channel
    this.queue = queue
    this.tag = settings.tag
    this.noAck = settings.noAck
    this.exclusive = settings.exclusive
    this.priority = settings.priority
    this.prefetch = settings.prefetch
    this.args = settings.args
    this.head = deliverHead(channel.number, settings.tag)
  }

  /** The client wants no more; what it has still waits for its acknowledgement. */
  cancel(): void {
    this.queue.consumers.remove(this)
    this.standing = 'cancelled'
    if (this.outstanding > 0) this.queue.lingering++
  }

  canTake(): boolean {
    if (this.prefetch !== 0 && this.outstanding >= this.prefetch && !this.noAck) return false
    if (this.late > 0) return false
    return this.channel.canDeliver()
  }

  deliver(_queue: Queue, sequence: number, bytes: Uint8Array, at: number, length: number, redelivered: boolean): void {
    this.channel.deliver(this, sequence, bytes, at, length, redelivered)
  }

  cancelled(): void {
    this.channel.consumerCancelled(this)
  }
}
