import {
  type Effects,
  type IncomingRecord,
  NO_EFFECTS,
  type PartitionLag,
  type Progress,
  type StartPoint,
  type SubscribeOptions,
  type Subscription,
} from '../../sdk/engine.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import type { Lane } from './client/cluster.ts'
import type { Membership, TopicPartition } from './client/membership.ts'
import { fetchOffsets, listOffsets } from './client/offsets.ts'
import { Reader, Source } from './client/reader.ts'
import type { Ground } from './ground.ts'
import { GroupWriter } from './group-writer.ts'
import { readNote, writeNote } from './note.ts'

/** Records handed over in one go. */
const MOST_RECORDS = 200
const NOBODY = { group: '', id: '', epoch: -1 }

/** One partition that is read. */
class Reading {
  readonly source: Source
  /** Fetched and not handed over. */
  waiting: IncomingRecord[] = []
  /** One above the last record that was handed over. */
  handed: number
  /** What is committed, or where it began. */
  committed: number
  paused = false
  /** Done by those before, above what they had committed. */
  private readonly done: Set<number>

  constructor(topic: string, partition: number, offset: number, metadata: string) {
    this.source = new Source(topic, partition, offset)
    this.handed = offset
    this.committed = offset
    this.done = new Set(readNote(offset, metadata).settled)
  }

  take(records: readonly IncomingRecord[]): void {
    for (const record of records) if (!this.done.has(record.offset)) this.waiting.push(record)
  }

  /** What is to be committed. */
  position({ offset: at, done }: Progress): { readonly offset: number; readonly metadata: string } {
    const offset = done.length === 0 ? this.beyond(at) : at
    for (const one of this.done) if (one < offset) this.done.delete(one)
    const settled = [...this.done, ...done]
    return { offset, metadata: settled.length === 0 ? '' : writeNote({ open: true, lost: 0, settled }, offset) }
  }

  /** Where to read on when everything below `offset` is done: behind what is no record, too. */
  beyond(offset: number): number {
    return offset >= this.handed && this.waiting.length === 0 ? Math.max(offset, this.source.next) : offset
  }

  moveTo(offset: number): void {
    this.waiting = []
    this.done.clear()
    this.handed = offset
    this.source.next = offset
  }
}

/** A subscription to a topic: a member of a group, or, without one, a reader of all partitions. */
export class KafkaSubscription implements Subscription {
  private readonly ground: Ground
  private readonly topic: string
  private readonly options: SubscribeOptions
  private readonly lane: Lane
  private readonly reader: Reader
  private readonly membership: Membership | null
  private readonly writer: GroupWriter
  private readonly readings = new Map<number, Reading>()
  private stopped = false
  private closing: Promise<void> | null = null

  constructor(ground: Ground, topic: string, options: SubscribeOptions) {
    const { cluster, routes } = ground
    this.ground = ground
    this.topic = topic
    this.options = options
    this.lane = cluster.openLane()
    const end = (error: Error) => this.end(error)
    this.reader = new Reader(cluster, (source, records) => this.read(source, records), end)
    this.membership =
      options.group === null
        ? null
        : ground.memberOf(this.lane, options.group, [topic], {
            assigned: (partitions) => this.assigned(partitions),
            revoked: (partitions) => this.revoked(partitions),
            lost: (partitions) => this.lost(partitions),
            ended: end,
          })
    this.writer = new GroupWriter(cluster, routes, this.lane, () => this.membership?.member ?? NOBODY)
  }

  async start(): Promise<void> {
    if (this.membership !== null) return this.membership.join()
    const facts = await this.ground.cluster.findTopic(this.topic)
    if (facts === null) throw new PosthornError('NOT_FOUND', `there is no topic '${this.topic}'`)
    const partitions = facts.leaders.map((_, partition) => partition)
    this.begin(await this.makeReadings(partitions, this.options.from))
  }

  async commit(progress: readonly Progress[], effects: Effects): Promise<void> {
    const { group } = this.options
    // One that goes and comes back is another one.
    const own = progress.map(({ partition }) => this.readings.get(partition))
    const kept: [Reading, number][] = []
    await this.writer.write(`keeping the progress of group '${group}' in topic '${this.topic}'`, () => {
      kept.length = 0
      const commits =
        group === null
          ? []
          : progress.map((one, index) => {
              const reading = own[index]
              if (reading === undefined || this.readings.get(one.partition) !== reading)
                throw this.lostPartition(one.partition)
              const position = reading.position(one)
              kept.push([reading, position.offset])
              return { ...reading.source.place, ...position }
            })
      return { commits, messages: effects.messages, records: effects.records, placed: [] }
    })
    for (const [reading, offset] of kept) reading.committed = offset
  }

  async seek(to: StartPoint): Promise<void> {
    const chosen = [...this.readings.keys()].filter((partition) => to.kind !== 'offset' || partition === to.partition)
    if (to.kind === 'offset' && chosen.length === 0) {
      const text = `this subscription does not have partition ${to.partition} of topic '${this.topic}'`
      throw new PosthornError('NOT_FOUND', text)
    }
    const offsets = await this.offsetsOf(chosen, to)
    const progress: Progress[] = []
    for (const [index, partition] of chosen.entries()) {
      const reading = this.readings.get(partition)
      if (reading === undefined) continue
      const offset = offsets[index]!
      reading.moveTo(offset)
      progress.push({ partition, offset, done: [] })
      if (this.options.group === null) reading.committed = offset
    }
    this.reader.wake()
    await this.commit(progress, NO_EFFECTS)
  }

  async lag(): Promise<readonly PartitionLag[]> {
    const partitions = [...this.readings.keys()]
    const ends = await listOffsets(this.ground.cluster, this.topic, partitions, 'latest')
    return partitions.flatMap((partition, index) => {
      const reading = this.readings.get(partition)
      if (reading === undefined) return []
      const offset = this.options.group === null ? reading.beyond(reading.handed) : reading.beyond(reading.committed)
      return [{ partition, offset, end: Math.max(offset, ends[index]!) }]
    })
  }

  pause(partitions: readonly number[]): void {
    for (const partition of partitions) {
      const reading = this.readings.get(partition)
      if (reading === undefined) continue
      reading.paused = true
      reading.source.paused = true
    }
  }

  resume(partitions: readonly number[]): void {
    for (const partition of partitions) {
      const reading = this.readings.get(partition)
      if (reading === undefined) continue
      reading.paused = false
      // Never from inside a call.
      queueMicrotask(() => this.handOver(reading))
    }
  }

  async stop(): Promise<void> {
    this.stopped = true
    for (const { source } of this.readings.values()) this.reader.remove(source)
  }

  close(): Promise<void> {
    this.closing ??= this.leave()
    return this.closing
  }

  private async leave(): Promise<void> {
    await this.stop()
    await this.membership?.leave()
    await Promise.all([this.reader.close(), this.lane.close()])
    this.ground.closed(this)
  }

  private lostPartition(partition: number): PosthornError {
    const text = `partition ${partition} of topic '${this.topic}' has gone to another member of group '${this.options.group}'`
    return new PosthornError('DELIVERY_LOST', text)
  }

  private begin(readings: readonly Reading[]): void {
    for (const reading of readings) this.readings.set(reading.source.partition, reading)
    this.options.onAssigned(readings.map(({ source }) => source.partition))
    if (!this.stopped) this.reader.add(readings.map(({ source }) => source))
  }

  private async makeReadings(partitions: readonly number[], from: StartPoint): Promise<Reading[]> {
    const offsets = await this.offsetsOf(partitions, from)
    return partitions.map((partition, index) => new Reading(this.topic, partition, offsets[index]!, ''))
  }

  private async assigned(partitions: readonly TopicPartition[]): Promise<void> {
    const { cluster } = this.ground
    const numbers = partitions.map(({ partition }) => partition)
    const committed = await fetchOffsets(cluster, this.lane, this.options.group!, partitions)
    const known = new Map(committed.map((one) => [one.partition, one]))
    const fresh = await this.makeReadings(
      numbers.filter((number) => !known.has(number)),
      this.options.from,
    )
    const going = committed.map((one) => new Reading(this.topic, one.partition, one.offset, one.metadata))
    this.begin([...going, ...fresh])
    // Who goes on after a crash begins where this one began, not at another latest.
    const start = fresh.map(({ source, committed }) => ({ partition: source.partition, offset: committed, done: [] }))
    if (start.length > 0) await this.commit(start, NO_EFFECTS)
  }

  private async revoked(partitions: readonly TopicPartition[]): Promise<void> {
    const numbers = partitions.map(({ partition }) => partition)
    for (const number of numbers) {
      const reading = this.readings.get(number)
      if (reading !== undefined) this.reader.remove(reading.source)
    }
    await this.options.onRevoked(numbers)
    for (const number of numbers) this.readings.delete(number)
  }

  private lost(partitions: readonly TopicPartition[]): void {
    for (const { partition } of partitions) {
      const reading = this.readings.get(partition)
      if (reading !== undefined) this.reader.remove(reading.source)
      this.readings.delete(partition)
    }
    this.options.onRevoked(
      partitions.map(({ partition }) => partition),
      true,
    )
  }

  private read(source: Source, records: readonly IncomingRecord[]): void {
    const reading = this.readings.get(source.partition)
    if (reading === undefined || reading.source !== source) return
    reading.take(records)
    this.handOver(reading)
  }

  private handOver(reading: Reading): void {
    const { source } = reading
    while (reading.waiting.length > 0) {
      if (this.stopped || reading.paused || this.readings.get(source.partition) !== reading) return
      const some = reading.waiting.splice(0, MOST_RECORDS)
      reading.handed = some.at(-1)!.offset + 1
      this.options.onRecords(source.partition, some)
    }
    if (!source.paused || reading.paused) return
    source.paused = false
    this.reader.wake()
  }

  private async offsetsOf(partitions: readonly number[], at: StartPoint): Promise<number[]> {
    if (partitions.length === 0) return []
    const { cluster } = this.ground
    if (at.kind === 'earliest' || at.kind === 'latest') return listOffsets(cluster, this.topic, partitions, at.kind)
    if (at.kind === 'time') return listOffsets(cluster, this.topic, partitions, { time: at.time })
    const [begins, ends] = [
      await listOffsets(cluster, this.topic, partitions, 'earliest'),
      await listOffsets(cluster, this.topic, partitions, 'latest'),
    ]
    return partitions.map((partition, index) =>
      partition === at.partition ? Math.min(Math.max(at.offset, begins[index]!), ends[index]!) : ends[index]!,
    )
  }

  private end(error: Error): void {
    if (this.stopped) return
    this.stopped = true
    this.options.onEnd(error)
  }
}
