import {
  type Effects,
  NO_EFFECTS,
  type PartitionLag,
  type Progress,
  type StartPoint,
  type SubscribeOptions,
  type Subscription,
} from '../../sdk/engine.ts'
import type { Logger } from '../../sdk/logger.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import type { Link } from './link.ts'
import { Membership } from './membership.ts'
import { PartitionReader } from './partition-reader.ts'
import type { Publisher } from './publisher.ts'
import type { Sender } from './sender.ts'
import type { StreamReader } from './stream-reader.ts'
import { Tokens } from './tokens.ts'
import { streamOf, type Topology } from './topology.ts'

/** How long `subscribe` waits for partitions that another member still has. */
const JOIN_MS = 5_000

/** What a subscription works with. */
export interface SubscribeGround {
  readonly link: Link
  readonly sender: Sender
  readonly publisher: Publisher
  readonly topology: Topology
  readonly reader: StreamReader
  readonly log: Logger
}

/** A subscription to a topic: a reader for each of its streams, or for those that the group gives to this member. */
export class RabbitSubscription implements Subscription {
  private readonly ground: SubscribeGround
  private readonly topic: string
  private readonly options: SubscribeOptions
  private readonly readers = new Map<number, PartitionReader>()
  private readonly group: { readonly members: Membership; readonly tokens: Tokens } | null
  private partitions = 0
  private stopped = false
  /** What the group's changes ask for, one after the other. */
  private changing: Promise<void> = Promise.resolve()
  private settled: () => void = () => {}

  constructor(ground: SubscribeGround, topic: string, options: SubscribeOptions) {
    this.ground = ground
    this.topic = topic
    this.options = options
    const { group } = options
    this.group = group === null ? null : this.enter(group)
  }

  async start(): Promise<void> {
    this.partitions = await this.ground.topology.partitionsOf(this.topic)
    if (this.group === null) {
      const numbers = Array.from({ length: this.partitions }, (_, number) => number)
      await Promise.all(numbers.map((number) => this.assign(number, null)))
      return
    }
    const settled = new Promise<void>((resolve) => {
      this.settled = resolve
    })
    await this.group.members.join()
    await this.reconcile()
    const timer = setTimeout(this.settled, JOIN_MS)
    await settled
    clearTimeout(timer)
  }

  async commit(progress: readonly Progress[], effects: Effects): Promise<void> {
    if (effects !== NO_EFFECTS) await this.ground.sender.sendWith(null, {}, effects)
    await this.group?.tokens.commit(progress.filter(({ partition }) => this.readers.has(partition)))
  }

  async seek(to: StartPoint): Promise<void> {
    const chosen = [...this.readers.values()].filter(
      ({ partition }) => to.kind !== 'offset' || partition === to.partition,
    )
    if (to.kind === 'offset' && chosen.length === 0) {
      const text = `this subscription does not have partition ${to.partition} of topic '${this.topic}'`
      throw new PosthornError('NOT_FOUND', text)
    }
    const places = await Promise.all(chosen.map(({ partition }) => this.offsetOf(partition, to)))
    const progress: Progress[] = []
    for (const [at, reader] of chosen.entries()) {
      const { partition } = reader
      // It was revoked meanwhile.
      if (this.readers.get(partition) !== reader) continue
      progress.push({ partition, offset: places[at]!, done: [] })
      this.replace(partition, places[at]!, reader.isPaused)
    }
    await this.commit(progress, NO_EFFECTS)
  }

  lag(): Promise<readonly PartitionLag[]> {
    const all = [...this.readers.values()].map(async (reader) => {
      const { partition } = reader
      const kept = this.group?.tokens.progressOf(partition)?.offset
      const offset = kept ?? reader.next
      const end = await this.ground.reader.endOf(streamOf(this.topic, partition))
      return { partition, offset, end: Math.max(end, offset) }
    })
    return Promise.all(all)
  }

  pause(partitions: readonly number[]): void {
    for (const number of partitions) this.readers.get(number)?.pause()
  }

  resume(partitions: readonly number[]): void {
    for (const number of partitions) this.readers.get(number)?.resume()
  }

  async stop(): Promise<void> {
    this.stopped = true
    this.settled()
    for (const reader of this.readers.values()) reader.end()
  }

  async close(): Promise<void> {
    await this.stop()
    await this.changing
    await this.group?.tokens.close()
    await this.group?.members.leave()
  }

  private enter(group: string) {
    const { link, publisher, log } = this.ground
    const changed = () => {
      this.reconcile().catch((error: Error) => this.fail(error))
    }
    const members = new Membership(link, publisher, this.topic, group, log, changed)
    const tokens = new Tokens(this.ground, this.topic, group, {
      got: (partition, offset) => this.got(partition, offset),
      lost: (partitions) => this.lost(partitions),
      ended: (error) => this.fail(error),
    })
    return { members, tokens }
  }

  /** Lets go what is another member's, and asks for what is this one's. */
  private reconcile(): Promise<void> {
    return this.inTurn(async () => {
      const { members, tokens } = this.group!
      if (this.stopped) return
      const share = members.share(this.partitions)
      const surplus = tokens.wanted.filter((number) => !share.has(number))
      if (surplus.length > 0) await this.giveUp(surplus)
      for (const number of share) {
        if (!tokens.wanted.includes(number)) await tokens.want(number)
      }
      this.tellSettled()
    })
  }

  private async giveUp(partitions: readonly number[]): Promise<void> {
    await this.revoke(partitions)
    for (const number of partitions) await this.group!.tokens.release(number)
  }

  private async revoke(partitions: readonly number[]): Promise<void> {
    const read = partitions.filter((number) => this.readers.has(number))
    for (const number of read) this.readers.get(number)!.end()
    if (read.length > 0) await this.options.onRevoked(read)
    for (const number of read) this.readers.delete(number)
  }

  private got(partition: number, offset: number | null): void {
    const take = async () => {
      if (this.stopped || this.group!.tokens.progressOf(partition) === null) return
      // Another process has moved the progress: it is read from there.
      if (this.readers.has(partition)) await this.revoke([partition])
      await this.assign(partition, offset)
      this.tellSettled()
    }
    this.inTurn(take).catch((error: Error) => this.fail(error))
  }

  /** The connection is lost: others may have the partitions already. */
  private lost(partitions: readonly number[]): void {
    const again = async () => {
      await this.revoke(partitions)
    }
    this.inTurn(again)
      .then(() => this.reconcile())
      .catch((error: Error) => this.fail(error))
  }

  private async assign(partition: number, known: number | null): Promise<void> {
    const next = known ?? (await this.offsetOf(partition, this.options.from))
    if (this.stopped) return
    const reader = this.reader(partition, next, false)
    this.readers.set(partition, reader)
    this.options.onAssigned([partition])
    reader.start()
    // Where it began is kept: what comes until the first commit is not passed over by who comes next.
    if (known === null) await this.group?.tokens.commit([{ partition, offset: next }])
  }

  private replace(partition: number, next: number, paused: boolean): void {
    this.readers.get(partition)?.end()
    const reader = this.reader(partition, next, paused)
    this.readers.set(partition, reader)
    reader.start()
  }

  private reader(partition: number, next: number, paused: boolean): PartitionReader {
    const { onRecords, onEnd } = this.options
    const stream = streamOf(this.topic, partition)
    const events = { records: onRecords, ended: onEnd }
    return new PartitionReader(this.ground.link, stream, { partition, next, paused }, events)
  }

  private async offsetOf(partition: number, start: StartPoint): Promise<number> {
    const { reader } = this.ground
    const stream = streamOf(this.topic, partition)
    if (start.kind === 'earliest') return reader.firstOf(stream)
    if (start.kind === 'time') return reader.searchTime(stream, start.time)
    if (start.kind === 'latest' || start.partition !== partition) return reader.endOf(stream)
    const [first, end] = await Promise.all([reader.firstOf(stream), reader.endOf(stream)])
    return Math.min(Math.max(start.offset, first), Math.max(end, first))
  }

  /** `subscribe` is done when this member has all that it is to have. */
  private tellSettled(): void {
    const share = this.group!.members.share(this.partitions)
    if ([...share].every((number) => this.readers.has(number))) this.settled()
  }

  private inTurn(run: () => Promise<void>): Promise<void> {
    const done = this.changing.then(run)
    this.changing = done.catch(() => {})
    return done
  }

  private fail(error: Error): void {
    if (!this.stopped) this.options.onEnd(error)
  }
}
