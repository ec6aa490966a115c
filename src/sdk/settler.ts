import { replyTo, type Told } from './answer.ts'
import type { Facts } from './context.ts'
import { type Delivery, type Effects, type Engine, type Headers, NO_EFFECTS, type OutgoingMessage } from './engine.ts'
import { failureOf, type Origin, recordPlace } from './failure.ts'
import type { Handled } from './handling.ts'
import type { Logger } from './logger.ts'
import type { Outgoing } from './outgoing.ts'
import { PosthornError } from './posthorn-error.ts'
import type { AnyQueue } from './queue.ts'
import { CORRELATION_ID, FAILURE, FAILURES, FIRST_FAILED_AT, MESSAGE_ID, ORIGIN } from './wire-names.ts'

const HANDLED_BEFORE = { outcome: 'acknowledged', answer: undefined } as const
/** A delivery whose effects can't be stored goes back so much later. */
const AGAIN_MS = 1000

type Settlement = Parameters<Delivery['settle']>[0]

/** Settles deliveries of a queue by what came of them, and tells their senders. */
export class Settler {
  private readonly engine: Engine
  private readonly queue: AnyQueue
  /** The queue's messages were records of a topic. */
  private readonly isRetryQueue: boolean
  private readonly outgoing: Outgoing
  private readonly log: Logger
  private readonly settling = new Set<Promise<void>>()

  constructor(engine: Engine, queue: AnyQueue, isRetryQueue: boolean, outgoing: Outgoing, log: Logger) {
    this.engine = engine
    this.queue = queue
    this.isRetryQueue = isRetryQueue
    this.outgoing = outgoing
    this.log = log
  }

  /** Resolves when everything that was settled is stored. */
  async done(): Promise<void> {
    await Promise.all(this.settling)
  }

  factsOf({ headers, key, queue, sentAt, redeliveries }: Delivery): Facts {
    const origin = this.originOf(headers)
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

  /** `inbox` is the key that is kept with the acknowledgement, and given up with everything else. */
  async settleHandled(
    delivery: Delivery,
    facts: Facts,
    handled: Handled,
    inbox: Effects['inbox'] = null,
  ): Promise<void> {
    const { headers } = delivery
    if (handled.kind === 'stopped') this.settle(delivery, { kind: 'release' })
    else if (handled.kind === 'known') {
      // The answer of the first time is not kept: who asked again hears that it was handled.
      const messages = await replyTo({ ...this.queue, answer: null }, headers, HANDLED_BEFORE, this.outgoing)
      this.settle(delivery, { kind: 'ack', effects: { ...NO_EFFECTS, messages } })
    } else if (handled.kind === 'done' || handled.kind === 'rejected') {
      await this.acknowledge(delivery, facts, handled, inbox)
    } else {
      if (inbox !== null) this.engine.inbox?.giveUp(inbox.consumer, inbox.key)
      await this.failed(delivery, facts, handled)
    }
  }

  /** The lane does not wait until that is stored; `done` does. */
  settle(delivery: Delivery, settlement: Settlement): void {
    const settled = delivery.settle(settlement).catch((error: unknown) => {
      const lost = error instanceof PosthornError && error.code === 'DELIVERY_LOST'
      const { queue } = delivery
      if (lost) this.log.warn({ queue }, 'a delivery went back before it was settled: it comes again')
      else {
        this.log.error({ queue, error }, 'a delivery could not be settled: it goes back')
        if (settlement.kind !== 'release')
          this.engine.clock.after(AGAIN_MS, () => this.settle(delivery, { kind: 'release' }))
      }
    })
    this.settling.add(settled)
    settled.then(() => this.settling.delete(settled))
  }

  private async failed(
    delivery: Delivery,
    facts: Facts,
    handled: Extract<Handled, { kind: 'again' | 'dead' }>,
  ): Promise<void> {
    const { headers, queue } = delivery
    const { failures, error } = handled
    const now = this.engine.clock.now()
    const firstFailedAt = headers[FIRST_FAILED_AT] ?? String(now)
    const noted = { [FAILURES]: String(failures), [FIRST_FAILED_AT]: firstFailedAt }
    if (handled.kind === 'again') {
      const { delayMs } = handled
      this.log.warn({ queue, id: facts.id, attempt: failures, delayMs, error }, 'a handler failed')
      this.settle(delivery, { kind: 'retry', delayMs, headers: noted, effects: NO_EFFECTS })
      return
    }
    const failure = failureOf(error, failures, Number(firstFailedAt), now, this.placeOf(headers))
    this.log.error({ queue, id: facts.id, attempts: failures, error }, 'a message is given up')
    const messages = await this.reply(headers, { outcome: 'dead-lettered', reason: failure.message })
    const written = { ...noted, [FAILURE]: JSON.stringify(failure) }
    this.settle(delivery, { kind: 'dead-letter', headers: written, effects: { ...NO_EFFECTS, messages } })
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
    const origin = this.originOf(headers)
    return origin === null ? `queue '${this.queue.name}'` : recordPlace(origin)
  }

  private reply(headers: Headers, told: Told) {
    return replyTo(this.queue, headers, told, this.outgoing)
  }

  /** Where a record was that is a message now; null for any other message. */
  private originOf(headers: Headers): Origin | null {
    if (!this.isRetryQueue) return null
    try {
      return JSON.parse(headers[ORIGIN] ?? 'null')
    } catch {
      return null
    }
  }
}
