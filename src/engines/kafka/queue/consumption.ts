import { randomUUID } from 'node:crypto'
import type { Clock } from '../../../sdk/clock.ts'
import {
  type ConsumeOptions,
  type Consumption,
  type Effects,
  type IncomingRecord,
  leavesNothing,
  NO_EFFECTS,
  type OutgoingMessage,
  type Settlement,
} from '../../../sdk/engine.ts'
import { KEY, NOT_BEFORE, SENT_AT } from '../../../sdk/wire-names.ts'
import type { Lane } from '../client/cluster.ts'
import type { Membership, TopicPartition } from '../client/membership.ts'
import { endOfLog, fetchOffsets, listOffsets } from '../client/offsets.ts'
import { Reader, type Source } from '../client/reader.ts'
import type { Outgoing } from '../client/records.ts'
import { deadLetterRecord } from '../dead-letter-record.ts'
import type { Ground } from '../ground.ts'
import { GroupWriter } from '../group-writer.ts'
import { consumersOf, laterOf } from '../topics.ts'
import { Backlog } from './backlog.ts'
import { CANCELS } from './cancel.ts'
import { expiresAt, type Item, KafkaDelivery } from './delivery.ts'
import { Part } from './part.ts'
import { lost, Settler } from './settler.ts'

/** How long a partition that goes to another consumer waits for messages that are being handled, in milliseconds. */
const HANDLING_MS = 10_000
/** What was consumed is deleted so many messages at a time. */
const DELETE_EVERY = 5000
const NONE: readonly Outgoing[] = []

/** A consumer of a queue: a member of the group that shares its partitions. */
export class KafkaConsumption implements Consumption {
  readonly leaseMs = null
  private readonly ground: Ground
  private readonly queue: string
  private readonly options: ConsumeOptions
  private readonly clock: Clock
  private readonly lane: Lane
  private readonly reader: Reader
  private readonly membership: Membership
  private readonly settler: Settler
  private readonly parts = new Map<string, Part>()
  private readonly backlog = new Backlog()
  private readonly out = new Set<KafkaDelivery>()
  private stopped = false
  private pumping = false
  private ripening = false
  private cancelTimer: () => void = () => {}
  private closing: Promise<void> | null = null

  constructor(ground: Ground, queue: string, options: ConsumeOptions) {
    const { cluster, routes, clock } = ground
    this.ground = ground
    this.queue = queue
    this.options = options
    this.clock = clock
    this.lane = cluster.openLane()
    const end = (error: Error) => this.end(error)
    this.reader = new Reader(cluster, (source, records) => this.read(source, records), end)
    this.membership = ground.memberOf(this.lane, consumersOf(queue), [queue, laterOf(queue)], {
      assigned: (partitions) => this.assigned(partitions),
      revoked: (partitions) => this.revoked(partitions),
      lost: (partitions) => this.drop(this.partsOf(partitions)),
      ended: end,
    })
    const writer = new GroupWriter(cluster, routes, this.lane, () => this.membership.member)
    this.settler = new Settler(queue, writer, {
      stored: (part, offset) => this.stored(part, offset),
      ended: (deliveries, error) => this.ended(deliveries, error),
    })
  }

  start(): Promise<void> {
    return this.membership.join()
  }

  async stop(): Promise<void> {
    this.stopped = true
    this.settler.noMore()
    this.cancelTimer()
    for (const part of this.parts.values()) {
      this.reader.remove(part.source)
      part.moved()
    }
    // What is on its way to the handlers has been told by then.
    await new Promise((resolve) => setImmediate(resolve))
  }

  close(): Promise<void> {
    this.closing ??= this.leave()
    return this.closing
  }

  private async leave(): Promise<void> {
    await this.stop()
    const parts = [...this.parts.values()]
    await this.release(parts)
    await this.membership.leave()
    this.drop([...this.parts.values()])
    await Promise.all([this.reader.close(), this.lane.close()])
    this.ground.closed(this)
  }

  private async assigned(partitions: readonly TopicPartition[]): Promise<void> {
    const { cluster } = this.ground
    const committed = await fetchOffsets(cluster, this.lane, consumersOf(this.queue), partitions)
    const made: Part[] = []
    for (const { topic, partition } of partitions) {
      const known = committed.find((one) => one.topic === topic && one.partition === partition)
      const offset = known?.offset ?? (await listOffsets(cluster, topic, [partition], 'earliest'))[0]!
      made.push(new Part(topic, partition, offset, known?.metadata ?? '', topic !== this.queue))
    }
    for (const part of made) this.parts.set(keyOf(part.source), part)
    // Whoever comes after a crash sees that somebody was at work here.
    await Promise.all(made.map((part) => this.keep(part, true)))
    if (!this.stopped) this.reader.add(made.map(({ source }) => source))
  }

  private async revoked(partitions: readonly TopicPartition[]): Promise<void> {
    const parts = this.partsOf(partitions)
    for (const part of parts) {
      part.leaving = true
      this.reader.remove(part.source)
    }
    const timeout = new Promise<void>((resolve) => this.clock.after(HANDLING_MS, resolve))
    await Promise.race([Promise.all(parts.map((part) => part.whenIdle())), timeout])
    await this.release(parts)
    this.drop(parts)
  }

  /** Says that what is not settled was left alone. */
  private async release(parts: readonly Part[]): Promise<void> {
    await Promise.all(parts.map((part) => this.keep(part, false)))
  }

  /** Keeps where a partition stands; in vain if it has gone to another consumer. */
  private async keep(part: Part, open: boolean): Promise<void> {
    await this.settler.settle({ part, offsets: [], open, effects: NO_EFFECTS, placed: NONE }).catch(() => {})
  }

  private drop(parts: readonly Part[]): void {
    for (const part of parts) {
      part.leaving = true
      part.gone = true
      this.reader.remove(part.source)
      this.parts.delete(keyOf(part.source))
      part.moved()
    }
    for (const delivery of [...this.out]) if (delivery.item.part.gone) this.out.delete(delivery)
  }

  private partsOf(partitions: readonly TopicPartition[]): Part[] {
    return partitions.flatMap((one) => this.parts.get(keyOf(one)) ?? [])
  }

  private read(source: Source, records: readonly IncomingRecord[]): void {
    const part = this.parts.get(keyOf(source))
    if (part === undefined || part.source !== source) return
    for (const record of records) {
      if (!part.ledger.begin(record.offset)) continue
      const cancels = part.due === null ? undefined : record.headers[CANCELS]
      if (cancels !== undefined) this.cancel(part, Number(cancels), record.offset)
      else if (part.due !== null) part.due.add(Number(record.headers[NOT_BEFORE] ?? 0), record)
      else this.backlog.add({ part, record })
    }
    part.ledger.readTo(source.next)
    part.regulate()
    part.moved()
    if (part.due !== null) this.setTimer()
    this.pump()
  }

  /** A message was taken back: neither it nor the word of it is handled. */
  private cancel(part: Part, offset: number, own: number): void {
    if (part.due!.cancel(offset)) this.settleQuietly(part, offset)
    this.settleQuietly(part, own)
  }

  private settleQuietly(part: Part, offset: number): void {
    this.settler.acknowledge(part, offset, null).catch(() => {})
  }

  private setTimer(): void {
    this.cancelTimer()
    let next = Number.POSITIVE_INFINITY
    for (const part of this.parts.values()) next = Math.min(next, part.due?.next ?? next)
    if (next === Number.POSITIVE_INFINITY || this.stopped || this.ripening) return
    this.cancelTimer = this.clock.after(Math.max(0, next - this.clock.now()), () => {
      this.ripen().catch((error: Error) => this.end(error))
    })
  }

  /** Moves what is due to the backlog, when all that was taken back in time has been read. */
  private async ripen(): Promise<void> {
    if (this.ripening) return
    this.ripening = true
    try {
      await this.ripenNow()
    } finally {
      this.ripening = false
    }
    this.setTimer()
    this.pump()
  }

  private async ripenNow(): Promise<void> {
    const now = this.clock.now()
    for (const part of [...this.parts.values()]) {
      if (part.due === null || (part.due.next ?? Number.POSITIVE_INFINITY) > now) continue
      const { topic, partition } = part.source
      const end = await endOfLog(this.ground.cluster, topic, partition)
      await this.caughtUp(part, end)
      for (let record = part.due.take(now); record !== null; record = part.due.take(now)) {
        if (!part.leaving) this.backlog.add({ part, record })
      }
      if (part.regulate()) this.reader.wake()
    }
  }

  /** Resolves when it was read up to `end`, or is not read any more. */
  private async caughtUp(part: Part, end: number): Promise<void> {
    while (!part.leaving && !this.stopped && !part.source.paused && part.source.next < end) {
      await new Promise<void>((resolve) => part.whenRead(resolve))
    }
  }

  private pump(): void {
    if (this.pumping) return
    this.pumping = true
    // Never from inside a call.
    queueMicrotask(() => {
      this.pumping = false
      this.handOut()
    })
  }

  private handOut(): void {
    while (!this.stopped && this.out.size < this.options.prefetch) {
      const item = this.backlog.take()
      if (item === null) return
      const { part, record } = item
      if (part.leaving) continue
      if (part.regulate()) this.reader.wake()
      const until = expiresAt(record.headers)
      if (until !== null && until <= this.clock.now()) {
        this.settleQuietly(part, record.offset)
        continue
      }
      const delivery = new KafkaDelivery(this.queue, item, this.settle)
      this.out.add(delivery)
      part.out++
      this.options.onDelivery(delivery)
    }
  }

  private readonly settle = (delivery: KafkaDelivery, settlement: Settlement): Promise<void> | void => {
    const { item } = delivery
    const { part } = item
    if (!this.out.delete(delivery)) throw lost(this.queue)
    this.pump()
    if (settlement.kind === 'release') {
      this.giveBack(item)
      part.settledOne()
      return
    }
    return this.store(item, delivery, settlement)
  }

  private ended(deliveries: readonly KafkaDelivery[], error: Error | null): void {
    for (const delivery of deliveries) {
      const { part } = delivery.item
      // It is still out: nobody else has it.
      if (error !== null && !part.gone) this.out.add(delivery)
      part.settledOne()
    }
  }

  private giveBack(item: Item): void {
    if (this.stopped || item.part.leaving) return
    this.backlog.putBack(item)
  }

  private store(
    { part, record }: Item,
    delivery: KafkaDelivery,
    settlement: Exclude<Settlement, { kind: 'release' }>,
  ): Promise<void> {
    const { effects } = settlement
    if (settlement.kind === 'ack' && leavesNothing(effects))
      return this.settler.acknowledge(part, record.offset, delivery)
    const settling = { part, offsets: [record.offset], open: true, effects, placed: NONE }
    if (settlement.kind === 'ack') return this.settler.settle(settling, [delivery])
    const { key, body, sentAt } = delivery
    const headers = { ...delivery.headers, [SENT_AT]: String(sentAt), ...settlement.headers }
    if (settlement.kind === 'dead-letter') {
      const kept = key === null ? headers : { ...headers, [KEY]: key }
      const letter = deadLetterRecord(this.queue, randomUUID(), body, kept, this.clock.now())
      return this.settler.settle({ ...settling, placed: [letter] }, [delivery])
    }
    const again: OutgoingMessage = {
      to: 'queue',
      address: this.queue,
      body,
      headers,
      key,
      notBefore: settlement.delayMs > 0 ? this.clock.now() + settlement.delayMs : null,
      expiresAt: expiresAt(headers),
      priority: 4,
    }
    const with_: Effects = { ...effects, messages: [again, ...effects.messages] }
    return this.settler.settle({ ...settling, effects: with_ }, [delivery])
  }

  private stored(part: Part, offset: number): void {
    part.ledger.stored(offset)
    if (part.regulate()) this.reader.wake()
    if (offset - part.deleted < DELETE_EVERY) return
    part.deleted = offset
    this.ground.deleteRecords(part.source, offset)
  }

  private end(error: Error): void {
    if (this.stopped) return
    this.stopped = true
    this.drop([...this.parts.values()])
    this.options.onEnd(error)
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}
