import { cancelDelayed } from '../../broker/delay/cancel.ts'
import { declareQueue, generateName } from '../../broker/queue/declare.ts'
import { dropQueue } from '../../broker/queue/delete.ts'
import type { Clock } from '../../sdk/clock.ts'
import {
  type ConsumeOptions,
  type Consumption,
  type Effects,
  type Engine,
  type Features,
  NO_EFFECTS,
  type OutgoingMessage,
  type OutgoingRecord,
  type QueueSpec,
  type RecordPlace,
  type Replies,
  type Reply,
  type SubscribeOptions,
  type Subscription,
  type TopicSpec,
} from '../../sdk/engine.ts'
import type { MaybeLater } from '../../sdk/later.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import { EMPTY_TABLE } from '../../wire/amqp/field.ts'
import { type Committed, commit, plan } from './commit.ts'
import { EmbeddedConsumption } from './consumption.ts'
import { EmbeddedDeadLetters } from './dead-letters.ts'
import { DELAYED_EXCHANGE, declareQueueOn, declareTopicOn, findQueue, require } from './declare.ts'
import { type Ground, NO_ROOM } from './ground.ts'
import type { EmbeddedInbox } from './inbox.ts'
import type { Memberships } from './membership.ts'
import { EmbeddedSubscription } from './subscription.ts'

export const FEATURES = {
  atomic: true,
  atomicTopics: true,
  inbox: true,
  cancel: true,
  priority: true,
  queueOrder: true,
  places: true,
  compaction: true,
} as const satisfies Features

/** A reply is gone when its reader is. */
const REPLIES = 'posthorn.reply.'
const REPLY_PREFETCH = 1000
/** Node ends a process that waits for nothing but the broker's timers. */
const FOR_EVER_MS = 2 ** 30

/** What an engine has open. */
interface Closable {
  close(): Promise<void>
  /** The broker is gone. */
  lost?(error: Error): void
}

/** What several engines over one broker share. */
export interface Shared {
  readonly inbox: EmbeddedInbox
  readonly members: Memberships
}

/** The engine that is a broker in this process: no socket, no protocol, the same queues, topics and journal. */
export class EmbeddedEngine implements Engine {
  readonly name = 'embedded'
  readonly features = FEATURES
  readonly clock: Clock
  readonly inbox: EmbeddedInbox
  readonly deadLetters: EmbeddedDeadLetters
  private readonly ground: Ground
  private readonly members: Memberships
  private readonly open = new Set<Closable>()
  /** For each of them the process stays. */
  private readonly holding = new Set<object>()
  private readonly end: () => Promise<void>
  private keepAlive: NodeJS.Timeout | null = null
  private spreading = 0

  /** `end` is called once, when everything of the engine is closed. */
  constructor(ground: Ground, { inbox, members }: Shared, end: () => Promise<void>) {
    this.ground = ground
    this.end = end
    const { broker } = ground
    this.clock = {
      now: () => broker.env.clock.now(),
      after: (delayMs, run, { keepsAlive = false } = {}) => {
        const timer = broker.timers.after(delayMs, () => {
          this.letGo(timer)
          run()
        })
        if (keepsAlive) this.hold(timer)
        return () => {
          broker.timers.clear(timer)
          this.letGo(timer)
        }
      },
    }
    this.inbox = inbox
    this.members = members
    ground.ending.add(this.lost)
    this.deadLetters = new EmbeddedDeadLetters(ground)
  }

  declareQueue(spec: QueueSpec): Promise<void> {
    return declareQueueOn(this.ground, spec)
  }

  declareTopic(spec: TopicSpec): Promise<void> {
    return declareTopicOn(this.ground, spec)
  }

  async send(messages: readonly OutgoingMessage[]): Promise<readonly (string | null)[]> {
    const stored = this.store({ messages, records: [], inbox: null }, null)
    const { kept } = stored instanceof Promise ? await stored : stored
    await this.ground.durable()
    // A handle is the number of the message with the exchange that keeps it.
    return kept.map((number) => (number < 0 ? null : String(number)))
  }

  async cancel(handle: string): Promise<boolean> {
    const { ground } = this
    const { cancelled, position } = await ground.act(() => {
      const done = cancelDelayed(ground.broker, ground.vhost.name, DELAYED_EXCHANGE, [Number(handle)])
      if (done.ok) return done
      return done.reason === 'no-room' ? NO_ROOM : { cancelled: 0, position: 0 }
    })
    await ground.durableAt(position)
    return cancelled > 0
  }

  async consume(name: string, options: ConsumeOptions): Promise<Consumption> {
    this.ground.check()
    const queue = findQueue(this.ground, name)
    const consumption = new EmbeddedConsumption(this.ground, queue, options, async (effects, settle) => {
      await this.store(effects, settle)
      await this.ground.durable()
    })
    return this.keep(consumption)
  }

  async publish(records: readonly OutgoingRecord[]): Promise<readonly RecordPlace[]> {
    const stored = this.store({ messages: [], records, inbox: null }, null)
    const { places } = stored instanceof Promise ? await stored : stored
    await this.ground.durable()
    return places
  }

  async subscribe(name: string, options: SubscribeOptions): Promise<Subscription> {
    this.ground.check()
    const topic = this.ground.nouns.topics.byName.get(name)
    if (topic === undefined) throw new PosthornError('NOT_FOUND', `there is no topic '${name}'`)
    const subscription = new EmbeddedSubscription(
      this.ground,
      this.members,
      topic,
      options,
      async (effects, room, done) => {
        await this.store(effects, done, room)
        await this.ground.durable()
      },
    )
    this.keep(subscription)
    await subscription.start()
    return subscription
  }

  async openReplies(onReply: (reply: Reply) => void): Promise<Replies> {
    const { ground } = this
    const { broker, vhost } = ground
    const address = generateName(broker.env.random, REPLIES)
    const declaration = { name: address, durable: false, exclusive: false, autoDelete: true, args: EMPTY_TABLE }
    require(declareQueue(broker, vhost, 0, declaration))
    const consumption = await this.consume(address, {
      prefetch: REPLY_PREFETCH,
      onDelivery: (delivery) => {
        onReply(delivery)
        delivery.settle({ kind: 'ack', effects: NO_EFFECTS })?.catch(() => {})
      },
      onEnd: (error) => ground.log.error({ error: error.message }, 'replies come no more'),
    })
    const drop = async () => {
      await consumption.close()
      const queue = vhost.queues.get(address)
      if (queue !== undefined) dropQueue(broker, queue)
    }
    this.open.add({ close: drop })
    return { address }
  }

  async close(): Promise<void> {
    this.ground.ending.delete(this.lost)
    await Promise.all([...this.open].map((one) => one.close()))
    this.open.clear()
    this.release()
    await this.end()
  }

  /** The broker is gone: there is nothing left to close. */
  private readonly lost = (error: PosthornError): void => {
    for (const one of this.open) one.lost?.(error)
    this.open.clear()
    this.release()
  }

  /** Stores messages, records and an inbox key, and does `settle`, in one journal entry. */
  private store(effects: Effects, settle: (() => void) | null, more = 0): MaybeLater<Committed> {
    const { ground, inbox } = this
    const { messages, records } = effects
    const key = effects.inbox
    const all = key === null ? records : [...records, inbox.recordOf(key)]
    const planned = plan(ground, messages, all, () => this.spreading++)
    return ground.act(() => {
      const stored = commit(ground, planned, settle, more)
      if (stored !== NO_ROOM && key !== null) inbox.noted(key)
      return stored
    })
  }

  /** Something waits for messages: the process is not done. */
  private keep<T extends Closable>(one: T): T {
    this.open.add(one)
    this.hold(one)
    const { close } = one
    one.close = async () => {
      await close.call(one)
      this.open.delete(one)
      this.letGo(one)
    }
    return one
  }

  private hold(one: object): void {
    this.holding.add(one)
    this.keepAlive ??= setInterval(() => {}, FOR_EVER_MS)
  }

  private letGo(one: object): void {
    if (this.holding.delete(one) && this.holding.size === 0) this.release()
  }

  private release(): void {
    if (this.keepAlive !== null) clearInterval(this.keepAlive)
    this.keepAlive = null
  }
}
