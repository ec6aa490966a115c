import { ErrorCode } from '../../../src/wire/kafka/errors.ts'
import { FetchRequest, FetchResponse } from '../../../src/wire/kafka/messages/fetch.ts'
import type { Decoded } from '../../../src/wire/kafka/schema.ts'
import { rule } from '../../failure.ts'
import type { World } from '../../world.ts'
import { KafkaClient } from '../client.ts'
import type { KafkaLink } from '../link.ts'
import { decodeLedger } from './batch.ts'
import { LEDGER, type TransactionModel } from './model.ts'

type Partition = Decoded<typeof FetchResponse>['responses'][number]['partitions'][number]

/** Reads committed records only, as consumers do it: what is aborted it leaves out by what it is told. */
export class LedgerReader extends KafkaClient {
  /** The records that were shown since the faults were over, reading everything once. */
  readonly shown = new Set<number>()
  private readonly model: TransactionModel
  private readonly name: string
  private readonly version: number
  private readonly isIdle: () => boolean
  private next: number[]
  private reached: boolean[]
  private last = false

  /** `isIdle` tells whether nothing new comes. */
  constructor(world: World, model: TransactionModel, name: string, isIdle: () => boolean) {
    super(world)
    this.model = model
    this.name = name
    this.isIdle = isIdle
    this.version = world.dice.between(4, 12)
    this.next = Array.from({ length: model.partitions }, () => 0)
    this.reached = this.next.map(() => false)
  }

  override drain(): void {
    this.link?.read(true)
  }

  done(): boolean {
    return this.last && this.reached.every((reached) => reached)
  }

  override toString(): string {
    return `${this.name}: ${this.last ? 'the last time' : 'waiting for the others'}, at ${this.next}`
  }

  protected act(link: KafkaLink): void {
    const { dice, draining } = this.world
    if (this.link !== link || !link.open) return
    if (!draining && dice.chance(0.01)) {
      link.break(dice.pick(['reset', 'end'] as const))
      return
    }
    if (!draining && dice.chance(0.02)) this.next = this.next.map((offset) => dice.below(offset + 1))
    if (draining && !this.last && link.waiting === 0 && this.isIdle()) {
      // Nothing changes any more: now everything is read from the beginning.
      this.last = true
      this.next = this.next.map(() => 0)
    }
    if (link.waiting === 0) this.fetch(link)
    this.later(() => this.act(link))
  }

  private fetch(link: KafkaLink): void {
    const { dice } = this.world
    const chosen = this.next.map((_, i) => i).filter(() => dice.chance(0.8))
    if (chosen.length === 0) return
    const from = [...this.next]
    const atLeast = [...this.model.stable]
    const partitions = chosen.map((partition) => ({
      partition,
      fetchOffset: from[partition]!,
      partitionMaxBytes: dice.pick([1, 1000, 20_000, 1_000_000]),
    }))
    const limits = { maxWaitMs: dice.pick([0, 10, 500]), minBytes: dice.pick([0, 1, 1, 5000]), maxBytes: 1_000_000 }
    const request = { ...limits, isolationLevel: 1, topics: [{ topic: LEDGER, partitions }] }
    link.ask(FetchRequest, FetchResponse, this.version, request, (answer) => {
      for (const { partitions: told } of answer.responses) {
        for (const one of told) this.take(one, from[one.partitionIndex]!, atLeast[one.partitionIndex]!)
      }
    })
  }

  private take(told: Partition, from: number, atLeast: number): void {
    const { partitionIndex: partition, errorCode, highWatermark, lastStableOffset, records } = told
    if (errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION && atLeast === 0) return
    rule(errorCode === 0, `${this.name}: a fetch from ${from} was refused with error ${errorCode}`)
    this.model.toldStable(partition, lastStableOffset, highWatermark, atLeast)
    const bytes = records === null ? new Uint8Array(0) : records.bytes.slice(records.at, records.at + records.length)
    const next = this.read(told, partition, from, bytes)
    if (this.next[partition] === from) this.next[partition] = next
    if (this.last && next === lastStableOffset && lastStableOffset === highWatermark) this.reached[partition] = true
  }

  /** What a consumer does with an answer: producers whose aborted transactions have begun are left out up to their markers. */
  private read(
    { abortedTransactions, lastStableOffset }: Partition,
    partition: number,
    from: number,
    bytes: Uint8Array,
  ): number {
    const waiting = [...(abortedTransactions ?? [])].sort((a, b) => a.firstOffset - b.firstOffset)
    const aborting = new Set<number>()
    let next = from
    for (const batch of decodeLedger(bytes)) {
      rule(
        batch.end <= lastStableOffset,
        `ledger ${partition}: offset ${batch.end - 1} is above the last stable offset`,
      )
      rule(next === from || batch.offset === next, `ledger ${partition}: ${batch.offset} comes after ${next}`)
      next = batch.end
      while (waiting.length > 0 && waiting[0]!.firstOffset < batch.end) aborting.add(waiting.shift()!.producerId)
      if (batch.marker !== null) {
        if (!batch.marker.commit) aborting.delete(batch.marker.producerId)
        continue
      }
      const { producerId, ids } = batch.records!
      if (batch.transactional && aborting.has(producerId)) {
        this.world.add('aborted records left out', ids.length)
        continue
      }
      ids.forEach((id, i) => {
        this.model.read(partition, batch.offset + i, id)
        if (this.last) this.shown.add(id)
      })
    }
    return next
  }
}
