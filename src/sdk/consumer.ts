import { replyTo, type Told } from './answer.ts'
import type { Facts } from './context.ts'
import {
  type Consumption,
  type Delivery,
  type Effects,
  type Engine,
  type Headers,
  NO_EFFECTS,
  type OutgoingMessage,
} from './engine.ts'
import { failureOf, type Origin, recordPlace } from './failure.ts'
import type { Handled, Handling } from './handling.ts'
import { Lanes } from './lanes/lanes.ts'
import type { Logger } from './logger.ts'
import { handleOnce, type InboxUse } from './once.ts'
import type { Outgoing } from './outgoing.ts'
import type { Patience } from './patience.ts'
import { PosthornError } from './posthorn-error.ts'
import type { AnyQueue } from './queue.ts'
import { CORRELATION_ID, FAILURE, FAILURES, FIRST_FAILED_AT, MESSAGE_ID, ORIGIN, TOMBSTONE } from './wire-names.ts'

const HANDLED_BEFORE = { outcome: 'acknowledged', answer: undefined } as const

/** A message that comes back that often without anybody saying why is given up: it may be what ends its consumers. */
const REDELIVERY_LIMIT = 20

export interface ConsumerSettings {
  readonly queue: AnyQueue
  readonly concurrency: number
  readonly prefetch: number
  /** Null unless each key is handled once. */
  readonly inbox: InboxUse | null
  /** Its messages were records of a topic. */
  readonly isRetryQueue: boolean
}

/** A consumer of a queue: takes deliveries through lanes and handlers to their settlement. */
export class Consumer {
  private readonly engine: Engine
  private readonly settings: ConsumerSettings
  private readonly handling: Handling
  private readonly outgoing: Outgoing
  private readonly log: Logger
  private readonly lanes: Lanes
  private readonly settling = new Set<Promise<void>>()
  private consumption: Consumption | null = null
  private stopping = false

  constructor(engine: Engine, settings: ConsumerSettings, handling: Handling, outgoing: Outgoing, log: Logger) {
    this.engine = engine
    this.settings = settings
    this.handling = handling
    this.outgoing = outgoing
    this.log = log
    this.lanes = new Lanes(settings.concurrency)
  }

  async start(onEnd: (error: Error) => void): Promise<void> {
    const { queue, prefetch } = this.settings
    // One at a time are in order anyway, whatever their keys.
    const ordered = this.settings.concurrency > 1
    const onDelivery = (delivery: Delivery) => this.lanes.add(ordered ? delivery.key : null, () => this.take(delivery))
    this.consumption = await this.engine.consume(queue.name, { prefetch, onDelivery, onEnd })
  }

  /** Takes no more, finishes what has begun, gives back the rest. */
  async stop(patience: Patience): Promise<void> {
    this.stopping = true
    await this.consumption?.stop()
    await patience.wait(this.lanes.drained())
    await Promise.all(this.settling)
    await this.consumption?.close()
  }

  private async take(delivery: Delivery): Promise<void> {
    if (this.stopping) {
      this.settle(delivery, { kind: 'release' })
      return
    }
    const stopRenewing = this.renew(delivery)
    try {
      await this.handle(delivery)
    } catch (error) {
      // Not the handler's: it is caught where it is called.
      this.log.error({ queue: delivery.queue, error }, 'a delivery could not be handled and goes back')
      this.settle(delivery, { kind: 'release' })
    } finally {
      stopRenewing()
    }
  }

  private async handle(delivery: Delivery): Promise<void> {
    const facts = this.factsOf(delivery)
    if (this.settings.isRetryQueue && delivery.headers[FAILURE] !== undefined) {
      // A record that was given up where it was read.
      this.settle(delivery, { kind: 'dead-letter', headers: {}, effects: NO_EFFECTS })
      return
    }
    if (delivery.redeliveries >= REDELIVERY_LIMIT) {
      const text = `it was handed out ${delivery.redeliveries + 1} times, and nobody said what became of it`
      await this.settleHandled(delivery, facts, { kind: 'dead', failures: facts.attempt - 1, error: new Error(text) })
      return
    }
    const { handled, inbox } = await handleOnce(
      this.engine,
      this.handling,
      this.settings.inbox,
      bodyOf(delivery),
      facts,
    )
    await this.settleHandled(delivery, facts, handled, inbox)
  }

  private factsOf(delivery: Delivery): Facts {
    const { headers, key, queue, sentAt, redeliveries } = delivery
    const origin = this.settings.isRetryQueue ? originOf(headers) : null
    return {
      id: headers[MESSAGE_ID] ?? headers[CORRELATION_ID] ?? '',
      key,
      headers,
      source: origin?.topic ?? queue,
      place: origin,
      attempt: Number(headers[FAILURES] ?? 0) + 1,
      redelivered: redeliveries > 0,
      sentAt,
    }
  }

  private async settleHandled(
    delivery: Delivery,
    facts: Facts,
    handled: Handled,
    inbox: Effects['inbox'] = null,
  ): Promise<void> {
    if (handled.kind === 'stopped') {
      this.settle(delivery, { kind: 'release' })
      return
    }
    if (handled.kind === 'known') {
      // The answer of the first time is not kept: who asked again hears that it was handled.
      const queue = { ...this.settings.queue, answer: null }
      const messages = await replyTo(queue, delivery.headers, HANDLED_BEFORE, this.outgoing)
      this.settle(delivery, { kind: 'ack', effects: { ...NO_EFFECTS, messages } })
      return
    }
    if (handled.kind === 'done' || handled.kind === 'rejected') {
      await this.acknowledge(delivery, facts, handled, inbox)
      return
    }
    if (inbox !== null) this.engine.inbox?.giveUp(inbox.consumer, inbox.key)
    const { headers } = delivery
    const now = this.engine.clock.now()
    const firstFailedAt = headers[FIRST_FAILED_AT] ?? String(now)
    if (handled.kind === 'again') {
      const { delayMs, failures, error } = handled
      this.log.warn({ queue: delivery.queue, id: facts.id, attempt: failures, delayMs, error }, 'a handler failed')
      const noted = { [FAILURES]: String(failures), [FIRST_FAILED_AT]: firstFailedAt }
      this.settle(delivery, { kind: 'retry', delayMs, headers: noted, effects: NO_EFFECTS })
      return
    }
    const { failures, error } = handled
    const failure = failureOf(error, failures, Number(firstFailedAt), now, this.placeOf(headers))
    this.log.error({ queue: delivery.queue, id: facts.id, attempts: failures, error }, 'a message is given up')
    const messages = await this.reply(headers, { outcome: 'dead-lettered', reason: failure.message })
    const noted = { [FAILURES]: String(failures), [FIRST_FAILED_AT]: firstFailedAt, [FAILURE]: JSON.stringify(failure) }
    this.settle(delivery, { kind: 'dead-letter', headers: noted, effects: { ...NO_EFFECTS, messages } })
  }

  private async acknowledge(
    delivery: Delivery,
    facts: Facts,
    handled: Extract<Handled, { kind: 'done' | 'rejected' }>,
    inbox: Effects['inbox'],
  ): Promise<void> {
    const { headers } = delivery
    if (handled.kind === 'rejected') {
      const messages = await this.reply(headers, { outcome: 'rejected', reason: handled.reason })
      this.settle(delivery, { kind: 'ack', effects: { messages, records: [], inbox } })
      return
    }
    let messages: readonly OutgoingMessage[]
    try {
      messages = await this.reply(headers, { outcome: 'acknowledged', answer: handled.answer })
    } catch (error) {
      // The answer is not what the contract says: the handler's mistake, which it would make again.
      await this.settleHandled(delivery, facts, { kind: 'dead', failures: facts.attempt, error }, inbox)
      return
    }
    this.settle(delivery, { kind: 'ack', effects: handled.context.effects(messages, inbox) })
  }

  private placeOf(headers: Headers): string {
    const origin = this.settings.isRetryQueue ? originOf(headers) : null
    return origin === null ? `queue '${this.settings.queue.name}'` : recordPlace(origin)
  }

  private reply(headers: Delivery['headers'], told: Told) {
    return replyTo(this.settings.queue, headers, told, this.outgoing)
  }

  /** The lane does not wait until that is stored; stopping does. */
  private settle(delivery: Delivery, settlement: Parameters<Delivery['settle']>[0]): void {
    const settled = delivery.settle(settlement).catch((error: unknown) => {
      const lost = error instanceof PosthornError && error.code === 'DELIVERY_LOST'
      if (lost) this.log.warn({ queue: delivery.queue }, 'a delivery went back before it was settled: it comes again')
      else this.log.error({ queue: delivery.queue, error }, 'a delivery could not be settled')
    })
    this.settling.add(settled)
    settled.then(() => this.settling.delete(settled))
  }

  private renew(delivery: Delivery): () => void {
    const leaseMs = this.consumption?.leaseMs ?? null
    if (leaseMs === null) return () => {}
    let cancel = () => {}
    const again = () => {
      cancel = this.engine.clock.after(leaseMs / 3, () => {
        delivery.renew().catch((error: unknown) => {
          this.log.warn({ queue: delivery.queue, error }, 'a delivery could not be renewed')
        })
        again()
      })
    }
    again()
    return () => cancel()
  }
}

function bodyOf({ body, headers }: Delivery): Uint8Array | null {
  return headers[TOMBSTONE] === undefined ? body : null
}

/** Where a record was that is a message now; null if the header is not what it should be. */
function originOf(headers: Headers): Origin | null {
  try {
    return JSON.parse(headers[ORIGIN] ?? 'null')
  } catch {
    return null
  }
}
