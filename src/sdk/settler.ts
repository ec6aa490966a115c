import { replyTo, type Told } from './answer.ts'
import type { Facts } from './context.ts'
import { type Delivery, type Effects, type Engine, type Headers, NO_EFFECTS, type OutgoingMessage } from './engine.ts'
import { failureOf, type Origin, recordPlace } from './failure.ts'
import type { Handled } from './handling.ts'
import { type MaybeLater, whenThere } from './later.ts'
import type { Logger } from './logger.ts'
import type { Outgoing } from './outgoing.ts'
import { PosthornError } from './posthorn-error.ts'
import type { AnyQueue } from './queue.ts'
import { CORRELATION_ID, FAILURE, FAILURES, FIRST_FAILED_AT, MESSAGE_ID, ORIGIN, REPLY_TO } from './wire-names.ts'

const HANDLED_BEFORE = { outcome: 'acknowledged', answer: undefined } as const
/** A delivery whose effects can't be stored goes back so much later. */
const AGAIN_MS = 1000
/** What a broker says of effects that it will not take later either. */
const FOR_GOOD: ReadonlySet<unknown> = new Set(['REFUSED', 'TOO_LARGE', 'NOT_FOUND'])

/** What is done instead where the broker will never take the effects. */
type Refused = ((error: unknown) => MaybeLater<void>) | null

type Settlement = Parameters<Delivery['settle']>[0]

interface Unsettled {
  readonly delivery: Delivery
  readonly settlement: Settlement
  readonly refused: Refused
}

const HANDLED: Settlement = { kind: 'ack', effects: NO_EFFECTS }

/** Settles deliveries of a queue by what came of them, and tells their senders. */
export class Settler {
  private readonly engine: Engine
  private readonly queue: AnyQueue
  /** The queue's messages were records of a topic. */
  private readonly isRetryQueue: boolean
  private readonly outgoing: Outgoing
  private readonly log: Logger
  /** Settlements that are not stored yet. */
  private readonly settling = new Map<Promise<void>, Unsettled[]>()
  private idle: (() => void)[] = []

  constructor(engine: Engine, queue: AnyQueue, isRetryQueue: boolean, outgoing: Outgoing, log: Logger) {
    this.engine = engine
    this.queue = queue
    this.isRetryQueue = isRetryQueue
    this.outgoing = outgoing
    this.log = log
  }

  /** Resolves when everything that was settled is stored. */
  done(): Promise<void> {
    return this.settling.size === 0 ? Promise.resolve() : new Promise((resolve) => this.idle.push(resolve))
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
  settleHandled(delivery: Delivery, facts: Facts, handled: Handled, inbox: Effects['inbox'] = null): MaybeLater<void> {
    if (handled.kind === 'stopped') return this.settle(delivery, { kind: 'release' })
    if (handled.kind === 'done') return this.acknowledge(delivery, facts, handled, inbox)
    if (handled.kind === 'rejected') {
      const told = this.reply(delivery.headers, { outcome: 'rejected', reason: handled.reason })
      return whenThere(told, (messages) =>
        this.settle(delivery, { kind: 'ack', effects: { messages, records: [], inbox } }),
      )
    }
    if (handled.kind === 'known') {
      // The answer of the first time is not kept: who asked again hears that it was handled.
      const told = replyTo({ ...this.queue, answer: null }, delivery.headers, HANDLED_BEFORE, this.outgoing)
      return whenThere(told, (messages) => this.settle(delivery, { kind: 'ack', effects: { ...NO_EFFECTS, messages } }))
    }
    if (inbox !== null) this.engine.inbox?.giveUp(inbox.consumer, inbox.key)
    return this.failed(delivery, facts, handled)
  }

  /** The lane does not wait until that is stored; `done` does. `refused` is called if the broker will never take its effects, and nothing is settled then. */
  settle(delivery: Delivery, settlement: Settlement, refused: Refused = null): void {
    let stored: Promise<void> | void
    try {
      stored = delivery.settle(settlement)
    } catch (error) {
      void this.unsettled({ delivery, settlement, refused }, error)
      return
    }
    if (stored === undefined) return
    const unsettled = { delivery, settlement, refused }
    const together = this.settling.get(stored)
    if (together === undefined) this.wait(stored, [unsettled])
    else together.push(unsettled)
  }

  /** For deliveries that are stored together, and have one promise. */
  private async wait(stored: Promise<void>, together: Unsettled[]): Promise<void> {
    this.settling.set(stored, together)
    try {
      await stored.catch((error: unknown) => Promise.all(together.map((one) => this.unsettled(one, error))))
    } finally {
      this.settling.delete(stored)
      if (this.settling.size === 0) for (const resolve of this.idle.splice(0)) resolve()
    }
  }

  private unsettled({ delivery, settlement, refused }: Unsettled, error: unknown): MaybeLater<void> {
    const { queue } = delivery
    if (refused !== null && error instanceof PosthornError && FOR_GOOD.has(error.code)) {
      return refused(error)
    }
    if (error instanceof PosthornError && error.code === 'DELIVERY_LOST') {
      this.log.warn({ queue }, 'a delivery went back before it was settled: it comes again')
      return
    }
    this.log.error({ queue, error }, 'a delivery could not be settled: it goes back')
    if (settlement.kind === 'release') return
    this.engine.clock.after(AGAIN_MS, () => this.settle(delivery, { kind: 'release' }))
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

  private acknowledge(
    delivery: Delivery,
    facts: Facts,
    { answer, context }: Extract<Handled, { kind: 'done' }>,
    inbox: Effects['inbox'],
  ): MaybeLater<void> {
    const { headers } = delivery
    const effects = headers[REPLY_TO] === undefined ? context.effects(NO_EFFECTS.messages, inbox) : null
    // Most senders wait for nothing, and most handlers send nothing.
    if (effects === NO_EFFECTS) return this.settle(delivery, HANDLED)
    // The answer is not what the contract says, or the broker takes nothing of what was sent: the handler's mistake, which it would make again.
    const mistaken = (error: unknown) =>
      this.settleHandled(delivery, facts, { kind: 'dead', failures: facts.attempt, error }, inbox)
    const settle = (effects: Effects) => this.settle(delivery, { kind: 'ack', effects }, mistaken)
    if (effects !== null) return settle(effects)
    const acknowledge = (messages: readonly OutgoingMessage[]) => settle(context.effects(messages, inbox))
    const reply = async () => this.reply(headers, { outcome: 'acknowledged', answer })
    return reply().then(acknowledge, mistaken)
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
