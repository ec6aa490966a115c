import type { Facts } from './context.ts'
import {
  type Effects,
  type Engine,
  type Headers,
  type IncomingRecord,
  NO_EFFECTS,
  type OutgoingMessage,
  type OutgoingRecord,
  type PartitionLag,
  type StartPoint,
  type Subscription,
} from './engine.ts'
import { failureOf, recordPlace } from './failure.ts'
import type { Handled, Handling } from './handling.ts'
import { Lanes } from './lanes/lanes.ts'
import { Watermark } from './lanes/watermark.ts'
import { type MaybeLater, whenThere } from './later.ts'
import type { Logger } from './logger.ts'
import { type HandledOnce, handleOnce, type InboxUse } from './once.ts'
import type { Patience } from './patience.ts'
import { PosthornError } from './posthorn-error.ts'
import type { AnyTopic } from './topic.ts'
import { FAILURE, FAILURES, FIRST_FAILED_AT, MESSAGE_ID, ORIGIN, TOMBSTONE } from './wire-names.ts'

/** Records of a partition that wait or run before no more are taken, and how few there are when more are. */
const MOST_OPEN = 500
const FEW_OPEN = 250
/** Progress that nobody waits for is kept together, so much later at most. */
const COMMIT_DELAY_MS = 50
/** Records whose effects are one commit, and bytes of those effects. */
const MOST_TOGETHER = 200
const MOST_BYTES = 256 * 1024
/** A commit that failed is tried again so much later. */
const AGAIN_MS = 1000

export interface SubscriberSettings {
  readonly topic: AnyTopic
  /** Null for an ephemeral subscription. */
  readonly group: string | null
  readonly from: StartPoint
  readonly concurrency: number
  /** Where records go that are to be handled again, or are given up; null for an ephemeral subscription. */
  readonly retryQueue: string | null
  /** A record is done when its handler says so, not when it returns. */
  readonly manual: boolean
  /** Null unless each key is handled once. */
  readonly inbox: InboxUse | null
}

type Failed = Extract<Handled, { kind: 'again' | 'dead' }>

/** One partition while it is assigned. What still runs when it goes finishes, and changes nothing. */
interface Part {
  readonly number: number
  watermark: Watermark
  paused: boolean
  /** `safe` has moved since the last commit. */
  dirty: boolean
  /** Another part stands in its place, or none. */
  gone: boolean
  /** Another member of the group has the partition. */
  lost: boolean
}

/** A record that waits, or is being handled. */
interface Open {
  readonly part: Part
  readonly record: IncomingRecord
}

/** A record that was handled, and what is to leave with it. */
interface Done {
  readonly part: Part
  readonly offset: number
  readonly effects: Effects
  /** Its handler says when it is done. */
  readonly waits: boolean
}

/** A subscription to a topic: takes records through lanes and handlers to a safe commit point. */
export class Subscriber {
  private readonly engine: Engine
  private readonly settings: SubscriberSettings
  private readonly handling: Handling
  private readonly log: Logger
  private readonly lanes: Lanes<Open>
  private readonly parts = new Map<number, Part>()
  private subscription: Subscription | null = null
  private stopping = false
  private cancelCommit: (() => void) | null = null
  /** Handled, with effects that are not stored yet, in that order. */
  private readonly done: Done[] = []
  private committing: Promise<void> = Promise.resolve()
  private onEnd: (error: Error) => void = () => {}

  constructor(engine: Engine, settings: SubscriberSettings, handling: Handling, log: Logger) {
    this.engine = engine
    this.settings = settings
    this.handling = handling
    this.log = log
    this.lanes = new Lanes(settings.concurrency, (open) => this.run(open))
  }

  async start(onEnd: (error: Error) => void): Promise<void> {
    this.onEnd = onEnd
    const { topic, group, from } = this.settings
    this.subscription = await this.engine.subscribe(topic.name, {
      group,
      from,
      onEnd,
      onRecords: (partition, records) => this.take(partition, records),
      onAssigned: (partitions) => {
        for (const number of partitions) this.parts.set(number, newPart(number))
      },
      onRevoked: (partitions, lost) => this.revoked(partitions, lost),
    })
  }

  /** Reads from another place; what runs is waited for, what waits is dropped. */
  async seek(to: StartPoint): Promise<void> {
    const subscription = this.subscription!
    const numbers = [...this.parts.keys()]
    subscription.pause(numbers)
    for (const number of numbers) this.replace(number)
    await this.lanes.drained()
    await this.committing
    await subscription.seek(to)
    for (const number of numbers) if (this.parts.has(number)) this.replace(number)
    subscription.resume([...this.parts.keys()])
  }

  async lag(): Promise<readonly PartitionLag[]> {
    return this.subscription!.lag()
  }

  /** Takes no more, finishes what runs, keeps the progress, leaves. */
  async stop(patience: Patience): Promise<void> {
    this.stopping = true
    await this.subscription?.stop()
    await patience.wait(this.lanes.drained())
    await this.flush()
    await this.subscription?.close()
  }

  private replace(number: number): void {
    const before = this.parts.get(number)
    if (before !== undefined) before.gone = true
    this.parts.set(number, newPart(number))
  }

  private async revoked(partitions: readonly number[], lost = false): Promise<void> {
    const leaving = partitions.flatMap((number) => this.parts.get(number) ?? [])
    if (!lost) await this.flush()
    for (const part of leaving) {
      part.gone = true
      part.lost = true
      if (this.parts.get(part.number) === part) this.parts.delete(part.number)
    }
  }

  private take(partition: number, records: readonly IncomingRecord[]): void {
    const part = this.parts.get(partition)
    if (part === undefined) return
    for (const record of records) {
      part.watermark.begin(record.offset)
      // One at a time are in order anyway, whatever their keys.
      const free = record.key === null || this.settings.concurrency === 1
      this.lanes.add(free ? null : `${partition}/${record.key}`, { part, record })
    }
    if (part.paused || part.watermark.open < MOST_OPEN) return
    part.paused = true
    this.subscription?.pause([partition])
  }

  private run({ part, record }: Open): MaybeLater<void> {
    // What has not begun when the end comes is read again by whoever reads on.
    if (part.gone || this.stopping) return
    const { manual, topic } = this.settings
    if (record.body === null && !topic.compact) return this.finishSoon(part, record)
    const facts = this.factsOf(part.number, record)
    if (!manual) return this.handleAndFinish(part, record, facts)
    let over = false
    const onDone = () => {
      if (over) return
      over = true
      this.finishSoon(part, record)
    }
    return this.handleAndFinish(part, record, { ...facts, onDone })
  }

  private handleAndFinish(part: Part, record: IncomingRecord, facts: Facts): MaybeLater<void> {
    try {
      return this.handleNow(part, record, facts)?.catch(this.failed)
    } catch (error) {
      this.failed(error)
    }
  }

  /** The error is not the handler's: that is caught where it is called. */
  private readonly failed = (error: unknown): void => {
    this.log.error({ topic: this.settings.topic.name, error }, 'a record could not be handled')
    this.onEnd(error as Error)
  }

  private handleNow(part: Part, record: IncomingRecord, facts: Facts): MaybeLater<void> {
    return whenThere(this.handle(record, facts), ({ handled, inbox }) => {
      if (handled.kind === 'stopped') return
      const waits = this.settings.manual && handled.kind === 'done'
      const effects = this.effectsOfOne(record, facts, handled, inbox)
      if (!isNothing(effects)) {
        // Its lane goes on: what follows is stored later, or with it.
        this.done.push({ part, offset: record.offset, effects, waits })
        this.commit()
      } else if (!waits) this.finishSoon(part, record)
    })
  }

  private effectsOfOne(record: IncomingRecord, facts: Facts, handled: Handled, inbox: Effects['inbox']): Effects {
    if (handled.kind === 'done') return handled.context.effects([], inbox)
    if (handled.kind === 'rejected') return inbox === null ? NO_EFFECTS : { ...NO_EFFECTS, inbox }
    return handled.kind === 'again' || handled.kind === 'dead' ? this.sendAway(record, facts, handled) : NO_EFFECTS
  }

  private finishSoon(part: Part, { offset }: IncomingRecord): void {
    this.finish({ part, offset })
    this.commitSoon()
  }

  private finish({ part, offset }: Pick<Done, 'part' | 'offset'>): void {
    if (!part.gone && part.watermark.finish(offset)) part.dirty = true
    this.goOn(part)
  }

  private handle(record: IncomingRecord, facts: Facts): MaybeLater<HandledOnce> {
    const once = handleOnce(this.engine, this.handling, this.settings.inbox, record.body, facts)
    return this.settings.retryQueue !== null ? once : this.tryAgain(record, facts, once)
  }

  /** An ephemeral subscription has nowhere to put what failed: it waits in its lane and tries again. */
  private async tryAgain(record: IncomingRecord, facts: Facts, first: MaybeLater<HandledOnce>): Promise<HandledOnce> {
    let once = await first
    while (once.handled.kind === 'again' && !this.stopping) {
      const { delayMs, failures } = once.handled
      await new Promise<void>((resolve) => this.engine.clock.after(delayMs, resolve))
      const again = { ...facts, attempt: failures + 1 }
      once = await handleOnce(this.engine, this.handling, this.settings.inbox, record.body, again)
    }
    return once
  }

  /** A record that failed becomes a message of the group's retry queue: neither its partition nor its key wait for it. */
  private sendAway(record: IncomingRecord, facts: Facts, handled: Failed): Effects {
    const { topic, retryQueue, group } = this.settings
    const { failures, error } = handled
    const where = { topic: topic.name, partition: facts.place!.partition, offset: facts.place!.offset, group }
    if (retryQueue === null) {
      this.log.error({ ...where, attempts: failures, error }, 'a record could not be handled and is passed over')
      return NO_EFFECTS
    }
    this.log.warn({ ...where, attempt: failures, error }, 'the handler of a record failed')
    const now = this.engine.clock.now()
    const headers: Headers = {
      ...record.headers,
      [MESSAGE_ID]: facts.id,
      [ORIGIN]: JSON.stringify(where),
      [FAILURES]: String(failures),
      [FIRST_FAILED_AT]: String(now),
      // One that is given up goes on from there to the dead letters.
      ...(handled.kind === 'dead'
        ? { [FAILURE]: JSON.stringify(failureOf(error, failures, now, now, recordPlace(where))) }
        : {}),
      ...(record.body === null ? { [TOMBSTONE]: '1' } : {}),
    }
    const message: OutgoingMessage = {
      to: 'queue',
      address: retryQueue,
      body: record.body ?? NOTHING,
      headers,
      key: record.key,
      notBefore: handled.kind === 'again' ? now + handled.delayMs : null,
      expiresAt: null,
      priority: 4,
    }
    return { ...NO_EFFECTS, messages: [message] }
  }

  private factsOf(partition: number, { offset, key, headers, timestamp }: IncomingRecord): Facts {
    const { name } = this.settings.topic
    return {
      id: headers[MESSAGE_ID] ?? `${name}/${partition}/${offset}`,
      key,
      headers,
      source: name,
      place: { partition, offset },
      attempt: 1,
      redelivered: false,
      sentAt: timestamp,
    }
  }

  private goOn(part: Part): void {
    if (!part.paused || part.gone || part.watermark.open > FEW_OPEN) return
    part.paused = false
    this.subscription?.resume([part.number])
  }

  private commitSoon(): void {
    if (this.cancelCommit !== null || this.settings.group === null) return
    this.cancelCommit = this.engine.clock.after(COMMIT_DELAY_MS, () => {
      this.cancelCommit = null
      this.flush()
    })
  }

  private flush(): Promise<void> {
    this.cancelCommit?.()
    this.cancelCommit = null
    return this.commit()
  }

  /** Commits follow each other, so that an older one never comes after a newer one. */
  private commit(): Promise<void> {
    this.committing = this.committing.then(() => this.commitNow())
    return this.committing
  }

  private async commitNow(): Promise<void> {
    do await this.commitOnce(this.takeDone())
    while (this.done.length > 0)
  }

  /** Records whose effects are stored together. From now on they count as done: progress never passes a record whose effects are not with it. */
  private takeDone(): readonly Done[] {
    let size = 0
    let count = 0
    let keyed = false
    for (const one of this.done) {
      const { effects } = one
      const isKeyed = effects.inbox !== null
      size += bytesOf(effects)
      if (count > 0 && (count === MOST_TOGETHER || size > MOST_BYTES || (keyed && isKeyed))) break
      keyed ||= isKeyed
      count++
      if (!one.waits) this.finish(one)
    }
    return this.done.splice(0, count)
  }

  /** Tries until it succeeds, or nobody reads on: then the records come again. */
  private async commitOnce(taken: readonly Done[]): Promise<void> {
    for (;;) {
      const effects = this.effectsOf(taken)
      const from = new Set(taken.map(({ part }) => part))
      const touched = [...this.parts.values()].filter((part) => part.dirty || from.has(part))
      const progress = touched.map(({ number, watermark: { safe, above } }) => ({
        partition: number,
        offset: safe,
        done: above,
      }))
      if (progress.length === 0 && isNothing(effects)) return
      for (const part of touched) part.dirty = false
      try {
        await this.subscription!.commit(progress, effects)
        return
      } catch (error) {
        for (const part of touched) part.dirty = true
        // What is left of it may be stored.
        if (error instanceof PosthornError && error.code === 'DELIVERY_LOST' && touched.some(({ lost }) => lost))
          continue
        const { topic, group } = this.settings
        this.log.error({ topic: topic.name, group, error }, 'progress could not be kept')
        const mayBe = error instanceof PosthornError && error.retryable
        if (!mayBe) this.onEnd(error as Error)
        if (!mayBe || this.stopping) return
        await new Promise<void>((resolve) => this.engine.clock.after(AGAIN_MS, resolve))
      }
    }
  }

  /** Of those that another member has now nothing leaves: it handles them, too. */
  private effectsOf(taken: readonly Done[]): Effects {
    const messages: OutgoingMessage[] = []
    const records: OutgoingRecord[] = []
    let inbox: Effects['inbox'] = null
    for (const { part, effects } of taken) {
      if (part.lost) {
        if (effects.inbox !== null) this.engine.inbox?.giveUp(effects.inbox.consumer, effects.inbox.key)
        continue
      }
      messages.push(...effects.messages)
      records.push(...effects.records)
      inbox ??= effects.inbox
    }
    return { messages, records, inbox }
  }
}

function isNothing({ messages, records, inbox }: Effects): boolean {
  return messages.length === 0 && records.length === 0 && inbox === null
}

function bytesOf({ messages, records }: Effects): number {
  let bytes = 0
  for (const { body } of messages) bytes += body.length
  for (const { body } of records) bytes += body?.length ?? 0
  return bytes
}

const NOTHING = new Uint8Array(0)

function newPart(number: number): Part {
  return { number, watermark: new Watermark(), paused: false, dirty: false, gone: false, lost: false }
}
