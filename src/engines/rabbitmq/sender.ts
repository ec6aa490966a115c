import { randomUUID } from 'node:crypto'
import type { Effects, Headers, OutgoingMessage, OutgoingRecord } from '../../sdk/engine.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import { partitionOf } from '../../std/murmur2.ts'
import { handleOf } from './cancellations.ts'
import type { Delays } from './delays.ts'
import { CANCEL, type Parcel, parcelOf, parcelOfRecord, USUAL_PRIORITY } from './message.ts'
import type { Publisher } from './publisher.ts'
import type { Topology } from './topology.ts'

const NONE: Headers = {}
const NO_HANDLE: readonly null[] = [null]

export interface SenderHooks {
  /** Makes what is needed to take a scheduled message back. */
  readonly prepareCancel: () => Promise<void>
  /** Throws unless the queue hands out by priority. */
  readonly checkPriority: (queue: string) => void
}

/** Sends messages and records to where they belong. */
export class Sender {
  private readonly publisher: Publisher
  private readonly topology: Topology
  private readonly delays: Delays
  private spreading = 0

  private readonly hooks: SenderHooks

  constructor(publisher: Publisher, topology: Topology, delays: Delays, hooks: SenderHooks) {
    this.publisher = publisher
    this.topology = topology
    this.delays = delays
    this.hooks = hooks
  }

  /** Resolves when all are confirmed, with a handle for each that can be taken back. */
  send(messages: readonly OutgoingMessage[]): Promise<readonly (string | null)[]> {
    const [first] = messages
    // Most are one that goes at once.
    const isUsual = messages.length === 1 && first!.notBefore === null && first!.priority === USUAL_PRIORITY
    if (!isUsual) return this.sendAll(messages)
    return this.publisher.sendOne(this.direct(first!, NONE, Date.now()), NO_HANDLE)
  }

  /** Sends `message` with headers of the engine's own, and what leaves with it. Resolves when all is confirmed. */
  async sendWith(message: OutgoingMessage | null, own: Headers, effects: Effects): Promise<void> {
    const parcels: Parcel[] = []
    for (const one of effects.messages) {
      this.check(one)
      parcels.push(await this.parcel(one, NONE))
    }
    if (effects.records.length > 0) parcels.push(...(await this.records(effects.records)).parcels)
    if (message !== null) parcels.push(await this.parcel(message, own))
    await this.publisher.send(parcels)
  }

  /** Resolves when all are confirmed, with the partition of each. */
  async publish(records: readonly OutgoingRecord[]): Promise<readonly number[]> {
    const { parcels, partitions } = await this.records(records)
    await this.publisher.send(parcels)
    return partitions
  }

  private async sendAll(messages: readonly OutgoingMessage[]): Promise<readonly (string | null)[]> {
    const now = Date.now()
    const handles: (string | null)[] = []
    const parcels: Parcel[] = []
    for (const message of messages) {
      this.check(message)
      const due = message.notBefore
      if (due === null || due <= now) {
        handles.push(null)
        parcels.push(this.direct(message, NONE, now))
        continue
      }
      const id = randomUUID()
      handles.push(handleOf(id, due))
      await this.hooks.prepareCancel()
      parcels.push(await this.delays.parcel(message, { [CANCEL]: id }))
    }
    await this.publisher.send(parcels)
    return handles
  }

  private parcel(message: OutgoingMessage, own: Headers): Parcel | Promise<Parcel> {
    const now = Date.now()
    const { notBefore } = message
    if (notBefore === null || notBefore <= now) return this.direct(message, own, now)
    return this.delays.parcel(message, own)
  }

  private direct(message: OutgoingMessage, own: Headers, now: number): Parcel {
    const due = message.notBefore === null ? message : { ...message, notBefore: null }
    return parcelOf(due, '', message.address, own, now)
  }

  private check({ priority, address }: OutgoingMessage): void {
    if (priority !== USUAL_PRIORITY) this.hooks.checkPriority(address)
  }

  private async records(
    records: readonly OutgoingRecord[],
  ): Promise<{ readonly parcels: readonly Parcel[]; readonly partitions: readonly number[] }> {
    const parcels: Parcel[] = []
    const partitions: number[] = []
    for (const record of records) {
      const { topic, key, partition } = record
      const count = await this.topology.partitionsOf(topic)
      const number = partition ?? (key === null ? this.spreading++ % count : partitionOf(Buffer.from(key), count))
      if (number < 0 || number >= count) {
        throw new PosthornError('NOT_FOUND', `topic '${topic}' has ${count} partitions, and none is ${number}`)
      }
      partitions.push(number)
      parcels.push(parcelOfRecord(record, topic, String(number)))
    }
    return { parcels, partitions }
  }
}
