import type { ConsumeMessage } from 'amqplib'
import type { Logger } from '../../sdk/logger.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import { type Channel, refusal } from './client.ts'
import type { Link } from './link.ts'
import { shortened } from './membership.ts'
import type { Parcel } from './message.ts'
import type { Publisher } from './publisher.ts'
import { streamOf, type Topology } from './topology.ts'

const LONGEST_NAME = 255
/** A broker ends channels that hold a message too long, after 30 minutes unless told otherwise: the token is written anew before. */
const REFRESH_MS = 600_000
/** Who waits for a token so long writes a first one: it may never have been written. One too many does no harm. */
const PATIENCE_MS = 20_000

/** Progress of a group in a partition, as its token tells. */
interface Token {
  /** Rises with each commit: of two tokens the older is dropped. */
  readonly version: number
  /** Null: the group has no progress here yet. */
  readonly offset: number | null
}

/** One partition that this member wants. */
interface Slot {
  readonly partition: number
  readonly queue: string
  tag: string
  /** The token's message; null while somebody else has it. */
  held: ConsumeMessage | null
  version: number
  offset: number | null
  writtenAt: number
  wantedAt: number
}

export interface TokenEvents {
  /** The partition is this member's, with the group's progress. */
  readonly got: (partition: number, offset: number | null) => void
  /** The channel is lost, and all tokens with it. */
  readonly lost: (partitions: readonly number[]) => void
  readonly ended: (error: Error) => void
}

/**
 * The right to read a partition for a group, and the group's progress in it: one message in a queue for each partition. Who has it, unacknowledged, owns
 * the partition; a broker hands a message to one consumer at a time, and gives it to the next when the connection of the first is gone. Progress is
 * written by publishing the token anew and dropping the old one when the new one has come: there is always at least one. The queue has a single active
 * consumer, so that a token that is there twice comes to one member, which keeps the newer.
 */
export class Tokens {
  private readonly link: Link
  private readonly topology: Topology
  private readonly publisher: Publisher
  private readonly log: Logger
  private readonly events: TokenEvents
  private readonly nameOf: (partition: number) => string
  private readonly slots = new Map<number, Slot>()
  private channel: Channel | null = null
  private timer: NodeJS.Timeout | null = null
  private closed = false

  constructor(
    ground: { readonly link: Link; readonly topology: Topology; readonly publisher: Publisher; readonly log: Logger },
    topic: string,
    group: string,
    events: TokenEvents,
  ) {
    this.link = ground.link
    this.topology = ground.topology
    this.publisher = ground.publisher
    this.log = ground.log
    this.events = events
    this.nameOf = (partition) => shortened(`${streamOf(topic, partition)}.${group}.progress`, LONGEST_NAME)
    this.timer = setInterval(() => this.refresh(), PATIENCE_MS)
    this.timer.unref()
  }

  get wanted(): readonly number[] {
    return [...this.slots.keys()]
  }

  /** Null while somebody else has it. */
  progressOf(partition: number): { readonly offset: number | null } | null {
    const slot = this.slots.get(partition)
    return slot === undefined || slot.held === null ? null : slot
  }

  /** Waits in line for a partition; `got` tells when it is there. */
  async want(partition: number): Promise<void> {
    const queue = this.nameOf(partition)
    await this.topology.assertQueue(queue, { ...this.topology.quorum(), 'x-single-active-consumer': true })
    const now = Date.now()
    const slot: Slot = {
      partition,
      queue,
      tag: '',
      held: null,
      version: -1,
      offset: null,
      writtenAt: now,
      wantedAt: now,
    }
    this.slots.set(partition, slot)
    try {
      await this.link.insist(async () => {
        if (this.closed || this.slots.get(partition) !== slot) return
        const channel = await this.open()
        const { messageCount, consumerCount } = await channel.checkQueue(queue)
        if (messageCount === 0 && consumerCount === 0) await this.write(slot, { version: 0, offset: null })
        const { consumerTag } = await channel.consume(queue, (message) => this.take(channel, slot, message))
        slot.tag = consumerTag
      })
    } catch (error) {
      throw error instanceof PosthornError ? error : refusal(error, `queue '${queue}'`)
    }
  }

  /** Lets a partition go to whoever is next in line. */
  async release(partition: number): Promise<void> {
    const slot = this.slots.get(partition)
    if (slot === undefined) return
    this.slots.delete(partition)
    const { channel } = this
    if (channel === null) return
    // Its messages have come when that is answered.
    await channel.cancel(slot.tag).catch(() => {})
    if (slot.held !== null && this.channel === channel) channel.nack(slot.held, false, true)
    slot.held = null
  }

  /** Writes progress of partitions that are owned; others are left out. Resolves when it is stored. */
  async commit(progress: readonly { readonly partition: number; readonly offset: number }[]): Promise<void> {
    const parcels = progress.flatMap(({ partition, offset }) => {
      const slot = this.slots.get(partition)
      if (slot === undefined || slot.held === null) return []
      slot.version++
      slot.offset = offset
      slot.writtenAt = Date.now()
      return parcelOf(slot.queue, { version: slot.version, offset })
    })
    await this.publisher.send(parcels)
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    if (this.timer !== null) clearInterval(this.timer)
    const { channel } = this
    this.channel = null
    this.slots.clear()
    // The tokens go back with it.
    await channel?.close().catch(() => {})
  }

  private async open(): Promise<Channel> {
    if (this.channel !== null) return this.channel
    const channel = await this.link.channel()
    if (this.channel !== null) {
      await channel.close()
      return this.channel
    }
    this.channel = channel
    channel.on('close', () => this.lost(channel))
    return channel
  }

  private lost(channel: Channel): void {
    if (this.channel !== channel || this.closed) return
    this.channel = null
    const owned = [...this.slots.values()].filter(({ held }) => held !== null).map(({ partition }) => partition)
    this.slots.clear()
    this.events.lost(owned)
  }

  private take(channel: Channel, slot: Slot, message: ConsumeMessage | null): void {
    if (this.channel !== channel) return
    if (message === null) {
      // The queue was deleted, or has moved: all are asked for again.
      channel.close().catch(() => {})
      return
    }
    const { version, offset } = parse(message)
    const isFirst = slot.held === null
    if (version < slot.version) {
      channel.ack(message)
      return
    }
    if (slot.held !== null) channel.ack(slot.held)
    slot.held = message
    const isNews = version > slot.version
    slot.version = version
    // Released while it was on its way: `release` gives it back.
    if (!isNews || this.slots.get(slot.partition) !== slot) return
    slot.offset = offset
    if (!isFirst) this.log.warn({ queue: slot.queue }, 'somebody else has written progress of a partition')
    this.events.got(slot.partition, offset)
  }

  private refresh(): void {
    const now = Date.now()
    for (const slot of this.slots.values()) {
      const { held, offset, partition, writtenAt, wantedAt } = slot
      if (held === null && now - wantedAt > PATIENCE_MS) {
        slot.wantedAt = now
        this.write(slot, { version: 0, offset: null }).catch(() => {})
      } else if (held !== null && offset !== null && now - writtenAt > REFRESH_MS) {
        this.commit([{ partition, offset }]).catch(() => {})
      }
    }
  }

  private async write({ queue }: Slot, token: Token): Promise<void> {
    await this.publisher.send([parcelOf(queue, token)])
  }
}

function parcelOf(queue: string, token: Token): Parcel {
  const options = { persistent: true, mandatory: true, contentType: 'application/json' }
  return { exchange: '', routingKey: queue, body: Buffer.from(JSON.stringify(token)), options }
}

/** Whoever wrote it. */
function parse({ content }: ConsumeMessage): Token {
  try {
    const { version, offset } = JSON.parse(content.toString())
    if (Number.isSafeInteger(version)) return { version, offset: Number.isSafeInteger(offset) ? offset : null }
  } catch {
    // Not a token: it is dropped as one that is older than all.
  }
  return { version: -2, offset: null }
}
