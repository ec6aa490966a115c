import type { ConsumeMessage } from 'amqplib'
import {
  type ConsumeOptions,
  type Consumption,
  type Delivery,
  type Headers,
  leavesNothing,
  NO_EFFECTS,
  type OutgoingMessage,
  type Settlement,
} from '../../sdk/engine.ts'
import type { Logger } from '../../sdk/logger.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import { deadLettersOf, EXPIRES_AT, NOT_BEFORE } from '../../sdk/wire-names.ts'
import { Acknowledgements } from './acknowledgements.ts'
import type { Cancellations } from './cancellations.ts'
import { type Channel, refusal } from './client.ts'
import { newEntryId } from './dead-letters.ts'
import type { Link } from './link.ts'
import { CANCEL, ENTRY, type Read, read } from './message.ts'
import type { Sender } from './sender.ts'

/** A message that comes so much before its time (clocks differ) is let through. */
const EARLY_MS = 50

/** What a consumer works with. */
export interface ConsumeGround {
  readonly link: Link
  readonly sender: Sender
  readonly cancellations: Cancellations
  readonly log: Logger
}

/** A consumer on a channel of its own, which is opened again when it is lost. */
export class RabbitConsumption implements Consumption {
  /** A delivery stays as long as its channel does. */
  readonly leaseMs = null
  private readonly ground: ConsumeGround
  private readonly queue: string
  private readonly options: ConsumeOptions
  private channel: Channel | null = null
  private acknowledgements: Acknowledgements | null = null
  private tag = ''
  private stopped = false

  private readonly prepare: (channel: Channel) => Promise<unknown>

  /** `prepare` makes what must be there each time the channel is opened. */
  constructor(
    ground: ConsumeGround,
    queue: string,
    options: ConsumeOptions,
    prepare: (channel: Channel) => Promise<unknown> = async () => {},
  ) {
    this.ground = ground
    this.queue = queue
    this.options = options
    this.prepare = prepare
  }

  /** @throws PosthornError `NOT_FOUND`, `REFUSED` */
  async start(): Promise<void> {
    try {
      await this.ground.link.insist(() => this.open())
    } catch (error) {
      throw error instanceof PosthornError ? error : refusal(error, `the consumer of queue '${this.queue}'`)
    }
  }

  async stop(): Promise<void> {
    if (this.stopped) return
    this.stopped = true
    // A channel that is lost hands out nothing any more.
    await this.channel?.cancel(this.tag).catch(() => {})
  }

  async close(): Promise<void> {
    await this.stop()
    const { channel } = this
    if (channel !== null) this.acknowledgements?.flush()
    this.channel = null
    // What is not settled goes back with the channel.
    await channel?.close().catch(() => {})
  }

  /** @throws (or rejects) PosthornError `DELIVERY_LOST`, and what sending throws */
  settle(delivery: RabbitDelivery, settlement: Settlement): Promise<void> | void {
    this.check(delivery)
    if (settlement.kind === 'release') {
      delivery.settled = true
      this.giveBack(delivery.channel, delivery.message)
      return
    }
    const isBare = settlement.kind === 'ack' && leavesNothing(settlement.effects)
    if (!isBare) return this.sendFirst(delivery, settlement)
    this.acknowledge(delivery)
  }

  private acknowledge(delivery: RabbitDelivery): void {
    delivery.settled = true
    this.acknowledgements!.add(delivery.message)
  }

  private giveBack(channel: Channel, message: ConsumeMessage): void {
    channel.nack(message, false, true)
    this.acknowledgements!.gaveBack(message)
  }

  /** Sends what has to be there before the delivery is acknowledged. */
  private async sendFirst(
    delivery: RabbitDelivery,
    settlement: Exclude<Settlement, { kind: 'release' }>,
  ): Promise<void> {
    delivery.settling = true
    try {
      const { sender } = this.ground
      if (settlement.kind === 'ack') await sender.sendWith(null, {}, settlement.effects)
      else if (settlement.kind === 'retry') await sender.sendWith(again(delivery, settlement), {}, settlement.effects)
      else {
        await sender.sendWith(again(delivery, settlement), { [ENTRY]: newEntryId() }, NO_EFFECTS)
        // Who is told that it is a dead letter may look for it at once.
        if (!leavesNothing(settlement.effects)) await sender.sendWith(null, {}, settlement.effects)
      }
    } finally {
      delivery.settling = false
    }
    this.check(delivery)
    this.acknowledge(delivery)
  }

  private check(delivery: RabbitDelivery): void {
    if (!delivery.settled && !delivery.settling && delivery.channel === this.channel) return
    const text = `a delivery of queue '${this.queue}' is settled already, or went back with its connection`
    throw new PosthornError('DELIVERY_LOST', text)
  }

  private async open(): Promise<void> {
    const channel = await this.ground.link.channel()
    let state: 'opening' | 'open' | 'closed' = 'opening'
    const acknowledgements = new Acknowledgements(this.ground.link, channel)
    channel.on('close', () => {
      const was = state
      state = 'closed'
      acknowledgements.drop()
      if (was === 'open') this.lost(channel)
    })
    this.channel = channel
    this.acknowledgements = acknowledgements
    await this.prepare(channel)
    await channel.prefetch(this.options.prefetch)
    const { consumerTag } = await channel.consume(this.queue, (message) => {
      if (message === null) this.cancelled(channel)
      else if (!this.stopped && this.channel === channel) this.take(channel, message)
    })
    this.tag = consumerTag
    // The broker may have closed it behind its answer.
    if ((state as string) === 'closed') throw new Error('the channel was closed')
    state = 'open'
    if (this.stopped) await this.close()
  }

  /** The queue is gone, or moved to another node. */
  private cancelled(channel: Channel): void {
    if (this.stopped || this.channel !== channel) return
    this.ground.log.warn({ queue: this.queue }, 'the broker has ended a consumer')
    // What was handed out may still be there, and is handed out again.
    channel.close().catch(() => {})
  }

  private lost(channel: Channel): void {
    if (this.channel !== channel) return
    this.channel = null
    if (this.stopped) return
    this.start().catch((error: PosthornError) => {
      if (!this.stopped) this.options.onEnd(error)
    })
  }

  private take(channel: Channel, message: ConsumeMessage): void {
    const known = read(message)
    const { own } = known
    const due = own[NOT_BEFORE]
    const cancel = own[CANCEL]
    const expires = known.headers[EXPIRES_AT]
    if (due === undefined && cancel === undefined && expires === undefined) this.handOut(channel, message, known)
    else {
      this.look(channel, message, known, { due, cancel, expires }).catch((error: Error) => {
        this.ground.log.error({ queue: this.queue, error: error.message }, 'a scheduled message goes back')
        if (this.channel === channel) this.giveBack(channel, message)
      })
    }
  }

  /** Whether a message is due, still wanted, and not too late. */
  private async look(
    channel: Channel,
    message: ConsumeMessage,
    known: Read,
    { due, cancel, expires }: Readonly<Record<'due' | 'cancel' | 'expires', string | undefined>>,
  ): Promise<void> {
    const { cancellations, sender } = this.ground
    const unwanted = cancel !== undefined && (await cancellations.isCancelled(cancel))
    if (this.channel !== channel) return
    const now = Date.now()
    if (unwanted || (expires !== undefined && Number(expires) <= now)) {
      this.acknowledgements!.add(message)
      return
    }
    if (due !== undefined && Number(due) > now + EARLY_MS) {
      const own: Headers = cancel === undefined ? {} : { [CANCEL]: cancel }
      await sender.sendWith(messageOf(this.queue, known, {}, Number(due)), own, NO_EFFECTS)
      if (this.channel === channel) this.acknowledgements!.add(message)
      return
    }
    // The time at which it was due is told to nobody who stops meanwhile: it goes back with the channel.
    if (!this.stopped) this.handOut(channel, message, known)
  }

  private handOut(channel: Channel, message: ConsumeMessage, known: Read): void {
    this.options.onDelivery(new RabbitDelivery(this, channel, message, this.queue, known))
  }
}

/** One hand-out of a message. */
export class RabbitDelivery implements Delivery {
  readonly channel: Channel
  readonly message: ConsumeMessage
  readonly queue: string
  readonly known: Read
  settling = false
  settled = false
  private readonly consumption: RabbitConsumption

  constructor(consumption: RabbitConsumption, channel: Channel, message: ConsumeMessage, queue: string, known: Read) {
    this.consumption = consumption
    this.channel = channel
    this.message = message
    this.queue = queue
    this.known = known
  }

  get body(): Uint8Array {
    return this.known.body
  }

  get headers(): Headers {
    return this.known.headers
  }

  get key(): string | null {
    return this.known.key
  }

  get redeliveries(): number {
    return this.known.redeliveries
  }

  get sentAt(): number | null {
    return this.known.sentAt
  }

  settle(settlement: Settlement): Promise<void> | void {
    return this.consumption.settle(this, settlement)
  }

  /** AMQP has no word for it: a delivery is kept as long as its channel is there. */
  async renew(): Promise<void> {}
}

/** A retry is a message that waits, a dead letter one in the queue of dead letters. */
function again(
  { known, queue }: RabbitDelivery,
  settlement: Extract<Settlement, { kind: 'retry' | 'dead-letter' }>,
): OutgoingMessage {
  if (settlement.kind === 'dead-letter') return messageOf(deadLettersOf(queue), known, settlement.headers, null)
  return messageOf(queue, known, settlement.headers, Date.now() + settlement.delayMs)
}

function messageOf(address: string, known: Read, headers: Headers, notBefore: number | null): OutgoingMessage {
  return {
    to: 'queue',
    address,
    body: known.body,
    headers: { ...known.headers, ...headers },
    key: known.key,
    notBefore,
    expiresAt: null,
    priority: known.priority,
  }
}
