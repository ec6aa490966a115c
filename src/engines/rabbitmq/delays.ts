import { createHash } from 'node:crypto'
import type { Options } from 'amqplib'
import type { Headers, OutgoingMessage } from '../../sdk/engine.ts'
import { NOT_BEFORE } from '../../sdk/wire-names.ts'
import type { Channel } from './client.ts'
import { type Parcel, parcelOf } from './message.ts'
import type { Topology } from './topology.ts'

/** Keeps messages until they are due, then hands them to their queue. */
export interface Delays {
  /** A message that is to wait until its `notBefore`, as it is published. Makes what keeps it, the first time. */
  parcel(message: OutgoingMessage, more: Headers): Promise<Parcel>
}

const DELAYED_EXCHANGE = 'posthorn.delayed'
/** What the exchange takes; who gets a message before it is due lets it wait again. */
const LONGEST_EXCHANGE_DELAY_MS = 2 ** 32 - 1

/** An exchange of type `x-delayed-message`: our own server's, or that of the plugin for RabbitMQ. */
export class ExchangeDelays implements Delays {
  private readonly topology: Topology
  private readonly prepared = new Map<string, Promise<void>>()

  constructor(topology: Topology) {
    this.topology = topology
  }

  async parcel(message: OutgoingMessage, more: Headers): Promise<Parcel> {
    const { address } = message
    await once(this.prepared, address, () => this.prepare(address))
    const parcel = parcelOf(message, DELAYED_EXCHANGE, address, { ...more, [NOT_BEFORE]: dueOf(message) }, Date.now())
    const { headers } = parcel.options
    const delayMs = Math.max(0, message.notBefore! - Date.now())
    const options: Options.Publish = {
      ...parcel.options,
      // An exchange that keeps a message has no queue for it yet.
      mandatory: false,
      headers: { ...headers, 'x-delay': Math.min(delayMs, LONGEST_EXCHANGE_DELAY_MS) },
    }
    return { ...parcel, options }
  }

  private prepare(queue: string): Promise<void> {
    return this.topology.insist(`exchange '${DELAYED_EXCHANGE}'`, () =>
      this.topology.once(async (channel) => {
        const args = { durable: true, arguments: { 'x-delayed-type': 'direct' } }
        await channel.assertExchange(DELAYED_EXCHANGE, 'x-delayed-message', args)
        await channel.bindQueue(queue, DELAYED_EXCHANGE, queue)
      }),
    )
  }
}

/** A delay is counted in these, and rounded up. */
const UNIT_MS = 10
const BASE = 4
/** 4 ** 16 units are 497 days. */
const LEVELS = 16
const MOST_UNITS = BASE ** LEVELS - 1
const DUE = 'posthorn.due'
/** The words of a routing key before the queue's name have so many bytes; longer names are told by a digest. */
const LONGEST_PLAIN_NAME = 255 - 2 * LEVELS

/**
 * Queues with one time to live each, from which messages go on by dead-lettering. A delay is a number of base 4: a digit d at place k is a stay of d * 4 ** k
 * units in one queue, from where the message goes to the next place. So there are 48 queues whatever is delayed, all messages of a queue wait equally
 * long and none waits for another, and a message moves 16 times at most. Who waits never needs a process: the broker moves it.
 */
export class QueueDelays implements Delays {
  private readonly topology: Topology
  private readonly prepared = new Map<string, Promise<void>>()

  constructor(topology: Topology) {
    this.topology = topology
  }

  async parcel(message: OutgoingMessage, more: Headers): Promise<Parcel> {
    const { address } = message
    const top = topOf(digitsUntil(message))
    await this.prepare(top)
    await once(this.prepared, `to ${address}`, () => this.bind(address))
    // That may have taken a while.
    const digits = digitsUntil(message)
    const key = `${[...digits].reverse().join('.')}.${wordsOf(address)}`
    return parcelOf(message, exchangeOf(topOf(digits)), key, { ...more, [NOT_BEFORE]: dueOf(message) }, Date.now())
  }

  private prepare(top: number): Promise<void> {
    return once(this.prepared, `levels to ${top}`, () =>
      this.topology.insist('the queues of delayed messages', async () => {
        const { topology } = this
        const ready = `posthorn.wait.ready.${top}`
        if (await topology.hasExchange(ready)) return
        const levels = Array.from({ length: top + 1 }, (_, level) => level)
        await Promise.all(levels.map((level) => topology.once((channel) => this.makeLevel(channel, level))))
        // Says that all of them are there.
        await topology.once((channel) => channel.assertExchange(ready, 'fanout', { durable: true }))
      }),
    )
  }

  private async makeLevel(channel: Channel, level: number): Promise<void> {
    const next = level === 0 ? DUE : exchangeOf(level - 1)
    const own = exchangeOf(level)
    const before = '*.'.repeat(LEVELS - 1 - level)
    await channel.assertExchange(next, 'topic', { durable: true })
    await channel.assertExchange(own, 'topic', { durable: true })
    await channel.bindExchange(next, own, `${before}0.#`)
    for (let digit = 1; digit < BASE; digit++) {
      const ttl = digit * BASE ** level * UNIT_MS
      const queue = `posthorn.wait.${ttl}ms`
      const args = {
        'x-queue-type': 'quorum',
        'x-message-ttl': ttl,
        'x-dead-letter-exchange': next,
        // Gone from here only when it is there.
        'x-dead-letter-strategy': 'at-least-once',
        'x-overflow': 'reject-publish',
      }
      await channel.assertQueue(queue, { durable: true, arguments: args })
      await channel.bindQueue(queue, own, `${before}${digit}.#`)
    }
  }

  private bind(queue: string): Promise<void> {
    const pattern = `${'*.'.repeat(LEVELS)}${wordsOf(queue)}`
    return this.topology.insist(`queue '${queue}'`, () =>
      this.topology.once(async (channel) => {
        await channel.bindQueue(queue, DUE, pattern)
      }),
    )
  }
}

function exchangeOf(level: number): string {
  return `posthorn.wait.${level}`
}

/** The delay in units, the lowest digit first. */
function digitsUntil({ notBefore }: OutgoingMessage): readonly number[] {
  let units = Math.min(MOST_UNITS, Math.max(1, Math.ceil((notBefore! - Date.now()) / UNIT_MS)))
  return Array.from({ length: LEVELS }, () => {
    const digit = units % BASE
    units = Math.floor(units / BASE)
    return digit
  })
}

function topOf(digits: readonly number[]): number {
  return digits.findLastIndex((digit) => digit > 0)
}

function wordsOf(queue: string): string {
  if (Buffer.byteLength(queue) <= LONGEST_PLAIN_NAME) return queue
  return createHash('sha256').update(queue).digest('hex')
}

function dueOf({ notBefore }: OutgoingMessage): string {
  return String(notBefore)
}

/** Does something once; again if it failed. */
function once(done: Map<string, Promise<void>>, what: string, run: () => Promise<void>): Promise<void> {
  const known = done.get(what)
  if (known !== undefined) return known
  const running = run()
  done.set(what, running)
  running.catch(() => done.delete(what))
  return running
}
