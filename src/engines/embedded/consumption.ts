import { consumerLeft } from '../../broker/queue/lease.ts'
import { requeue } from '../../broker/queue/requeue.ts'
import { settle } from '../../broker/queue/settle.ts'
import type { Consumer } from '../../core/queue/consumer.ts'
import type { Queue } from '../../core/queue/queue.ts'
import {
  type ConsumeOptions,
  type Consumption,
  type Delivery,
  type Effects,
  NO_EFFECTS,
  type OutgoingMessage,
  type Settlement,
} from '../../sdk/engine.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import { deadLettersOf } from '../../sdk/wire-names.ts'
import { decodeMessage, type Read } from './amqp-message.ts'
import type { Ground } from './ground.ts'

/** Stores effects and settles, in one journal entry; resolves when that is durable. */
export type Settle = (effects: Effects, settle: () => void) => Promise<void>

/** A consumer of a queue, without a connection. */
export class EmbeddedConsumption implements Consumption, Consumer<Queue> {
  readonly leaseMs = null
  readonly tag = 'posthorn'
  readonly noAck = false
  readonly exclusive = false
  readonly priority = 0
  outstanding = 0
  private readonly ground: Ground
  private readonly queue: Queue
  private readonly options: ConsumeOptions
  private readonly store: Settle
  /** Handed out and not settled. */
  private readonly out = new Set<EmbeddedDelivery>()
  /** Handed out in this turn: the handlers hear of it when it is over. */
  private arrived: EmbeddedDelivery[] = []
  private stopped = false

  constructor(ground: Ground, queue: Queue, options: ConsumeOptions, store: Settle) {
    this.ground = ground
    this.queue = queue
    this.options = options
    this.store = store
    queue.consumers.add(this)
    ground.broker.wake(queue)
  }

  canTake(): boolean {
    return !this.stopped && this.outstanding < this.options.prefetch
  }

  deliver(_queue: Queue, sequence: number, bytes: Uint8Array, at: number, length: number): void {
    this.outstanding++
    const delivery = new EmbeddedDelivery(this, sequence, decodeMessage(bytes, at, at + length), this.queue.name)
    this.out.add(delivery)
    if (this.arrived.length === 0) queueMicrotask(this.tell)
    this.arrived.push(delivery)
  }

  cancelled(): void {
    this.stopped = true
    for (const delivery of this.out) delivery.lost = true
    this.out.clear()
    const error = new PosthornError('NOT_FOUND', `queue '${this.queue.name}' was deleted`)
    queueMicrotask(() => this.options.onEnd(error))
  }

  /** The broker is gone. */
  lost(error: Error): void {
    this.stopped = true
    this.out.clear()
    queueMicrotask(() => this.options.onEnd(error))
  }

  async stop(): Promise<void> {
    if (this.stopped) return
    this.stopped = true
    const { queue, ground } = this
    queue.consumers.remove(this)
    if (this.outstanding > 0) queue.lingering++
    consumerLeft(ground.broker, queue)
    // What was handed out in this turn has been told by then.
    await Promise.resolve()
  }

  async close(): Promise<void> {
    await this.stop()
    if (this.out.size === 0) return
    for (const delivery of [...this.out]) this.giveBack(delivery)
    await this.ground.durable()
  }

  /** What is out goes back as if the consumer were gone; it stays. Returns how many deliveries. */
  lose(): number {
    const out = [...this.out]
    for (const delivery of out) {
      delivery.lost = true
      this.giveBack(delivery, true)
    }
    return out.length
  }

  /** @throws PosthornError `DELIVERY_LOST`, or because the effects can't be stored: then it is still out */
  settleOne(delivery: EmbeddedDelivery, settlement: Settlement): Promise<void> {
    if (delivery.lost || !this.out.has(delivery)) throw lost(this.queue.name)
    this.ground.check()
    if (settlement.kind === 'release') this.giveBack(delivery)
    else {
      const effects = effectsOf(delivery, settlement, this.ground.broker.env.clock.now())
      if (!isNothing(effects)) return this.store(effects, () => this.settleNow(delivery))
      // With nothing else to store it is one of the turn's settlements.
      this.settleNow(delivery)
    }
    return this.ground.durable()
  }

  private settleNow(delivery: EmbeddedDelivery): void {
    // The queue may have gone while there was no room.
    if (!this.out.delete(delivery)) throw lost(this.queue.name)
    this.left()
    settle(this.ground.broker, this.queue, delivery.sequence)
    this.ground.broker.wake(this.queue)
  }

  private readonly tell = (): void => {
    const { arrived } = this
    this.arrived = []
    for (const delivery of arrived) if (this.out.has(delivery)) this.options.onDelivery(delivery)
  }

  private giveBack(delivery: EmbeddedDelivery, failed = false): void {
    if (!this.out.delete(delivery)) return
    this.left()
    requeue(this.ground.broker, this.queue, delivery.sequence, failed)
    this.ground.broker.wake(this.queue)
  }

  private left(): void {
    this.outstanding--
    if (this.stopped && this.outstanding === 0 && !this.queue.deleted) this.queue.lingering--
  }
}

/** One hand-out of a message. */
export class EmbeddedDelivery implements Delivery {
  readonly sequence: number
  readonly queue: string
  readonly body: Uint8Array
  readonly headers: Read['headers']
  readonly key: string | null
  readonly redeliveries: number
  readonly sentAt: number | null
  readonly sentPriority: number
  /** The queue is gone. */
  lost = false
  private readonly consumption: EmbeddedConsumption

  constructor(consumption: EmbeddedConsumption, sequence: number, read: Read, queue: string) {
    this.consumption = consumption
    this.sequence = sequence
    this.queue = queue
    this.body = read.body
    this.headers = read.headers
    this.key = read.key
    this.redeliveries = read.redeliveries
    this.sentAt = read.sentAt
    this.sentPriority = read.priority
  }

  settle(settlement: Settlement): Promise<void> {
    return this.consumption.settleOne(this, settlement)
  }

  async renew(): Promise<void> {}
}

/** A retry is a message that is kept until it is due, a dead letter one in the queue of dead letters. */
function effectsOf(
  delivery: EmbeddedDelivery,
  settlement: Exclude<Settlement, { kind: 'release' }>,
  now: number,
): Effects {
  if (settlement.kind === 'ack') return settlement.effects
  const isRetry = settlement.kind === 'retry'
  const message: OutgoingMessage = {
    to: 'queue',
    address: isRetry ? delivery.queue : deadLettersOf(delivery.queue),
    body: delivery.body,
    headers: { ...delivery.headers, ...settlement.headers },
    key: delivery.key,
    notBefore: isRetry ? now + settlement.delayMs : null,
    expiresAt: null,
    priority: delivery.sentPriority,
  }
  const effects = settlement.effects ?? NO_EFFECTS
  return { ...effects, messages: [message, ...effects.messages] }
}

function isNothing({ messages, records, inbox }: Effects): boolean {
  return messages.length === 0 && records.length === 0 && inbox === null
}

function lost(queue: string): PosthornError {
  return new PosthornError('DELIVERY_LOST', `a delivery of queue '${queue}' is settled already, or went with the queue`)
}
