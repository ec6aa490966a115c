import { ErrorCode } from '../../src/wire/kafka/errors.ts'
import { FetchRequest, FetchResponse } from '../../src/wire/kafka/messages/fetch.ts'
import { rule } from '../failure.ts'
import type { World } from '../world.ts'
import { decodeBatches } from './batch.ts'
import { KafkaClient } from './client.ts'
import type { KafkaLink } from './link.ts'
import { type KafkaModel, TOPIC } from './model.ts'

/** Reads all partitions from the beginning, and again from somewhere; in the end, everything. */
export class Reader extends KafkaClient {
  private readonly model: KafkaModel
  private readonly name: string
  private readonly version: number
  private next: number[]
  /** While draining: up to where each partition has been read since, and what it was said to hold. */
  private reached: number[]
  private rereading = false

  constructor(world: World, model: KafkaModel, name: string) {
    super(world)
    this.model = model
    this.name = name
    this.version = world.dice.between(4, 12)
    this.next = model.partitions.map(() => 0)
    this.reached = model.partitions.map(() => -1)
  }

  override drain(): void {
    this.link?.read(true)
    this.next = this.next.map(() => 0)
    this.rereading = true
  }

  done(): boolean {
    // Everything anybody knows of has been seen by this reader since the faults were over.
    return this.model.partitions.every((model, i) => this.reached[i]! >= Math.max(model.at.length, model.highWatermark))
  }

  override end(): void {
    this.model.checkAll()
  }

  override toString(): string {
    return `${this.name}: read up to ${this.reached}, of ${this.model.partitions.map((model) => model.at.length)}`
  }

  protected act(link: KafkaLink): void {
    const { dice, clock, draining } = this.world
    if (this.link !== link || !link.open) return
    if (!draining && dice.chance(0.01)) {
      link.break(dice.pick(['reset', 'end'] as const))
      return
    }
    if (!draining && dice.chance(0.02)) {
      link.read(false)
      clock.after(dice.unit() * 200, () => link.read(true))
    }
    if (!draining && dice.chance(0.02)) this.next = this.next.map((offset) => dice.below(offset + 1))
    if (link.waiting === 0) this.fetch(link)
    this.later(() => this.act(link))
  }

  private fetch(link: KafkaLink): void {
    const { dice } = this.world
    const chosen = this.next.map((_, i) => i).filter(() => dice.chance(0.8))
    if (chosen.length === 0) return
    const from = [...this.next]
    const atLeast = this.model.partitions.map((model) => model.highWatermark)
    const again = this.rereading
    const partitions = chosen.map((partition) => ({
      partition,
      fetchOffset: from[partition]!,
      partitionMaxBytes: dice.pick([1, 1000, 20_000, 1_000_000]),
    }))
    const limits = { maxWaitMs: dice.pick([0, 10, 500]), minBytes: dice.pick([0, 1, 1, 5000]), maxBytes: 1_000_000 }
    const request = { ...limits, topics: [{ topic: TOPIC, partitions }] }
    link.ask(FetchRequest, FetchResponse, this.version, request, (answer) => {
      for (const topic of answer.responses) {
        for (const told of topic.partitions) {
          const partition = told.partitionIndex
          // The topic may not be there yet.
          if (told.errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION && atLeast[partition] === 0) continue
          rule(
            told.errorCode === 0,
            `${this.name}: a fetch from ${from[partition]} was refused with error ${told.errorCode}`,
          )
          this.model.told(partition, told.highWatermark, atLeast[partition]!)
          const { records } = told
          const bytes =
            records === null ? new Uint8Array(0) : records.bytes.slice(records.at, records.at + records.length)
          const next = this.model.read(partition, from[partition]!, decodeBatches(bytes), told.highWatermark)
          if (this.next[partition] === from[partition]) this.next[partition] = next
          if (again && next === told.highWatermark) this.reached[partition] = next
        }
      }
    })
  }
}
