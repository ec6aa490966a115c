import { Commit, entryRoom, offsetsRoom } from '../../broker/group/commit.ts'
import { searchTimestamp } from '../../broker/topic/search.ts'
import type { Topic } from '../../broker/topic/topic.ts'
import type { Partition, Waiter } from '../../core/partition/partition.ts'
import type { Effects, PartitionLag, Progress, StartPoint, SubscribeOptions, Subscription } from '../../sdk/engine.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import type { Ground } from './ground.ts'
import { Membership, type Memberships } from './membership.ts'
import { readChunk } from './partition-reader.ts'

/** Records handed over in one go. */
const MOST_RECORDS = 200

/** Stores effects, and what `commit` appends, in one journal entry. */
export type StoreEffects = (effects: Effects, room: number, commit: () => void) => Promise<void>

/** One partition that is read. */
class Reading implements Waiter {
  readonly partition: Partition
  /** Where it began. */
  readonly start: number
  /** The next offset. */
  next: number
  paused = false
  gone = false
  /** A read is under way; `again` says that something has changed meanwhile. */
  busy = false
  again = false
  private readonly moved: (reading: Reading) => void

  constructor(partition: Partition, next: number, moved: (reading: Reading) => void) {
    this.partition = partition
    this.start = next
    this.next = next
    this.moved = moved
    partition.waiters.add(this)
  }

  partitionMoved(): void {
    this.moved(this)
  }

  end(): void {
    this.gone = true
    this.partition.waiters.delete(this)
  }
}

/** A subscription to a topic, without a connection. */
export class EmbeddedSubscription implements Subscription {
  private readonly ground: Ground
  private readonly topic: Topic
  private readonly options: SubscribeOptions
  private readonly store: StoreEffects
  private readonly members: Memberships
  private readonly readings = new Map<number, Reading>()
  private membership: Membership | null = null
  private stopped = false

  constructor(ground: Ground, members: Memberships, topic: Topic, options: SubscribeOptions, store: StoreEffects) {
    this.ground = ground
    this.members = members
    this.topic = topic
    this.options = options
    this.store = store
  }

  /** Begins to read: all partitions, or those that the group gives to this member. */
  async start(): Promise<void> {
    const { group, onEnd } = this.options
    if (group === null) {
      await this.assign(this.topic.partitions.map(({ number }) => number))
      return
    }
    this.membership = new Membership(this.ground, this.members, group, this.topic, {
      assigned: (numbers) => this.assign(numbers),
      revoked: (numbers) => this.revoke(numbers),
      ended: onEnd,
    })
    await this.membership.join()
  }

  async commit(progress: readonly Progress[], effects: Effects): Promise<void> {
    const { group } = this.options
    const { name } = this.topic
    const own = group === null ? [] : progress.filter(({ partition }) => this.readings.has(partition))
    const room = group === null ? 0 : offsetsRoom(group, own.length * entryRoom(name, ''))
    await this.store(effects, room, () => {
      if (own.length > 0) this.write(own)
    })
  }

  async seek(to: StartPoint): Promise<void> {
    const chosen = [...this.readings.values()].filter(
      ({ partition }) => to.kind !== 'offset' || partition.number === to.partition,
    )
    if (to.kind === 'offset' && chosen.length === 0) {
      throw new PosthornError(
        'NOT_FOUND',
        `this subscription does not have partition ${to.partition} of topic '${this.topic.name}'`,
      )
    }
    for (const reading of chosen) {
      const next = await this.offsetOf(reading.partition, to)
      // A read that is under way ends in vain.
      const again = new Reading(reading.partition, next, this.pump)
      again.paused = reading.paused
      reading.end()
      if (this.readings.get(reading.partition.number) === reading) this.readings.set(reading.partition.number, again)
      else again.end()
    }
    await this.commit(
      chosen.flatMap(({ partition: { number } }) => {
        const reading = this.readings.get(number)
        return reading === undefined ? [] : [{ partition: number, offset: reading.next, done: [] }]
      }),
      { messages: [], records: [], inbox: null },
    )
    for (const reading of this.readings.values()) this.pump(reading)
  }

  async lag(): Promise<readonly PartitionLag[]> {
    const { group } = this.options
    return [...this.readings.values()].map(({ partition, start, next }) => ({
      partition: partition.number,
      offset: this.committed(partition) ?? (group === null ? next : start),
      end: partition.lastStableOffset,
    }))
  }

  pause(partitions: readonly number[]): void {
    for (const number of partitions) {
      const reading = this.readings.get(number)
      if (reading !== undefined) reading.paused = true
    }
  }

  resume(partitions: readonly number[]): void {
    for (const number of partitions) {
      const reading = this.readings.get(number)
      if (reading === undefined) continue
      reading.paused = false
      this.pump(reading)
    }
  }

  /** The broker is gone. */
  lost(error: Error): void {
    this.stopped = true
    for (const reading of this.readings.values()) reading.end()
    queueMicrotask(() => this.options.onEnd(error))
  }

  async stop(): Promise<void> {
    this.stopped = true
    for (const reading of this.readings.values()) reading.end()
  }

  async close(): Promise<void> {
    await this.stop()
    if (this.membership === null) return
    this.membership.leave()
    await this.ground.durable()
  }

  private async assign(numbers: readonly number[]): Promise<void> {
    const found: Reading[] = []
    for (const number of numbers) {
      const partition = this.topic.partitions[number]
      if (partition === undefined) continue
      const next = this.committed(partition) ?? (await this.offsetOf(partition, this.options.from))
      if (this.stopped) return
      found.push(new Reading(partition, next, this.pump))
    }
    for (const reading of found) this.readings.set(reading.partition.number, reading)
    this.options.onAssigned(found.map(({ partition }) => partition.number))
    for (const reading of found) this.pump(reading)
  }

  private async revoke(numbers: readonly number[]): Promise<void> {
    for (const number of numbers) this.readings.get(number)?.end()
    await this.options.onRevoked(numbers)
    for (const number of numbers) this.readings.delete(number)
  }

  /** Null without a group, or where it has no progress yet. */
  private committed({ topic, number }: Partition): number | null {
    const { group } = this.options
    if (group === null) return null
    return this.ground.nouns.groups.get(group)?.offsets.get(topic, number)?.offset ?? null
  }

  private async offsetOf(partition: Partition, start: StartPoint): Promise<number> {
    if (start.kind === 'earliest') return partition.logStartOffset
    if (start.kind === 'offset' && start.partition === partition.number) {
      return Math.min(Math.max(start.offset, partition.logStartOffset), partition.lastStableOffset)
    }
    if (start.kind !== 'time') return partition.lastStableOffset
    const { topics } = this.ground.nouns
    return new Promise((resolve, reject) => {
      searchTimestamp(topics, partition, start.time, partition.lastStableOffset, (error, stamp) => {
        if (error !== null) reject(new PosthornError('UNAVAILABLE', 'records cannot be read', { cause: error }))
        else resolve(stamp?.offset ?? partition.lastStableOffset)
      })
    })
  }

  /** Reads on and hands over, as long as there is something and nobody says stop. */
  private readonly pump = (reading: Reading): void => {
    if (reading.busy) reading.again = true
    if (reading.busy || reading.gone || reading.paused || this.stopped) return
    reading.busy = true
    const end = () => {
      reading.busy = false
      if (reading.again) this.pump(reading)
    }
    this.run(reading).then(end, (error: Error) => {
      reading.end()
      this.options.onEnd(error)
    })
  }

  private async run(reading: Reading): Promise<void> {
    // Never from inside a call of the broker's or the caller's.
    await Promise.resolve()
    for (;;) {
      reading.again = false
      const { records, next } = await readChunk(this.ground, reading.partition, reading.next)
      for (let at = 0; at < records.length; at += MOST_RECORDS) {
        if (reading.gone || reading.paused) return
        const part = records.slice(at, at + MOST_RECORDS)
        reading.next = part.at(-1)!.offset + 1
        this.options.onRecords(reading.partition.number, part)
      }
      const nothing = next <= reading.next && records.length === 0
      if (reading.gone || reading.paused) return
      reading.next = Math.max(reading.next, next)
      if (nothing) return
    }
  }

  private write(progress: readonly Progress[]): void {
    const { groups } = this.ground.nouns
    const commit = new Commit(groups)
    commit.begin(groups.open(this.options.group!))
    for (const { partition, offset } of progress) commit.add(this.topic.name, partition, offset, -1, '')
    commit.end()
  }
}
