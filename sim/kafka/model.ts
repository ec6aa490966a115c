import { rule } from '../failure.ts'
import type { World } from '../world.ts'
import type { BatchFields } from './batch.ts'

export const TOPIC = 'topic'
export const GROUP = 'group'

interface KnownRecord {
  readonly id: number
  readonly partition: number
  /** Its place among its producer's records for that partition; -1 from a producer that is not idempotent. */
  readonly producer: number
  readonly sequence: number
  offset: number
}

/** What clients know of one partition. */
class PartitionModel {
  /** Record by offset: from acknowledgements and from what was read. */
  readonly at: number[] = []
  /** The highest high watermark that anybody was told. */
  highWatermark = 0
  /** The highest offset committed for the group of which the answer came, and all that were tried since. */
  committed = -1
  readonly tried = new Set<number>()
}

/** What all Kafka clients together know. */
export class KafkaModel {
  readonly world: World
  readonly partitions: PartitionModel[]
  readonly records: KnownRecord[] = []
  /** By generation: who owns which partition. */
  private readonly owners = new Map<number, Map<number, string>>()
  private readonly producerIds = new Map<number, string>()
  private offsets = 0
  private producers = 0

  constructor(world: World) {
    this.world = world
    this.partitions = Array.from({ length: world.swarm.partitions }, () => new PartitionModel())
  }

  producer(): number {
    return ++this.producers
  }

  /** A producer id was given out: never to anybody else before. */
  freshProducer(id: number, name: string): void {
    const other = this.producerIds.get(id)
    rule(other === undefined, `${name} was given producer id ${id}, as ${other} was`)
    this.producerIds.set(id, name)
  }

  record(partition: number, producer: number, sequence: number): number {
    const id = this.records.length
    this.records.push({ id, partition, producer, sequence, offset: -1 })
    this.world.add('records produced')
    return id
  }

  acknowledged(partition: number, baseOffset: number, ids: readonly number[]): void {
    this.found(partition, baseOffset, ids, 'acknowledged')
  }

  /** A batch was acknowledged, or read: its records are at these offsets for ever. */
  found(partition: number, baseOffset: number, ids: readonly number[], how: string): void {
    const { at } = this.partitions[partition]!
    ids.forEach((id, i) => {
      const offset = baseOffset + i
      const record = this.records[id]
      rule(record !== undefined, `partition ${partition} has a record at ${offset} that nobody produced`)
      rule(
        record.partition === partition,
        `record ${id} for partition ${record.partition} is in partition ${partition}`,
      )
      const there = at[offset]
      rule(
        there === undefined || there === id,
        `${how}: offset ${offset} of partition ${partition} has record ${id}, had ${there}`,
      )
      if (record.producer > 0 && record.offset >= 0) {
        rule(
          record.offset === offset,
          `${how}: record ${id} is at ${offset}, and at ${record.offset}, in partition ${partition}`,
        )
      }
      record.offset = offset
      at[offset] = id
    })
  }

  /** A high watermark was told in answer to a question that was asked when it was known to be `atLeast`. */
  told(partition: number, highWatermark: number, atLeast: number): void {
    rule(
      highWatermark >= atLeast,
      `the high watermark of partition ${partition} went back from ${atLeast} to ${highWatermark}`,
    )
    const model = this.partitions[partition]!
    model.highWatermark = Math.max(model.highWatermark, highWatermark)
  }

  /** Batches were read from `from` on. */
  read(partition: number, from: number, batches: readonly BatchFields[], highWatermark: number): number {
    let next = from
    for (const batch of batches) {
      const end = batch.baseOffset + batch.ids.length
      if (next === from) {
        rule(
          batch.baseOffset <= from && end > from,
          `partition ${partition}: a read from ${from} begins at ${batch.baseOffset}`,
        )
      } else {
        rule(batch.baseOffset === next, `partition ${partition}: ${batch.baseOffset} comes after ${next}`)
      }
      rule(
        end <= highWatermark,
        `partition ${partition}: offset ${end - 1} was shown, above the high watermark ${highWatermark}`,
      )
      this.found(partition, batch.baseOffset, batch.ids, 'read')
      this.world.add('records read', batch.ids.length)
      next = end
    }
    return next
  }

  /** A number for an offset to be committed: higher than all before. */
  nextOffset(partition: number): number {
    const offset = ++this.offsets
    this.partitions[partition]!.tried.add(offset)
    return offset
  }

  committed(partition: number, offset: number): void {
    const model = this.partitions[partition]!
    model.committed = Math.max(model.committed, offset)
    this.world.add('offsets committed')
  }

  /** The group's committed offset was asked for when `atLeast` was known. */
  fetched(partition: number, offset: number, atLeast: number): void {
    const model = this.partitions[partition]!
    rule(offset >= atLeast, `the committed offset of partition ${partition} is ${offset}, but ${atLeast} was committed`)
    rule(
      offset < 0 || model.tried.has(offset),
      `the committed offset of partition ${partition} is ${offset}, which nobody committed`,
    )
    this.world.add('offsets fetched')
  }

  /** A member was given partitions in a generation. */
  owns(generation: number, member: string, partitions: readonly number[]): void {
    let owners = this.owners.get(generation)
    if (owners === undefined) this.owners.set(generation, (owners = new Map()))
    for (const partition of partitions) {
      const other = owners.get(partition)
      rule(
        other === undefined || other === member,
        `${other} and ${member} own partition ${partition} in generation ${generation}`,
      )
      owners.set(partition, member)
    }
    this.world.add('assignments')
  }

  /** Everything has been read: nothing acknowledged is missing, and every producer's records stand in their order. */
  checkAll(): void {
    this.partitions.forEach((model, partition) => {
      const last = new Map<number, number>()
      for (let offset = 0; offset < model.at.length; offset++) {
        const id = model.at[offset]
        rule(id !== undefined, `partition ${partition} has nothing at offset ${offset}`)
        const { producer, sequence } = this.records[id]!
        if (producer === 0) continue
        const before = last.get(producer) ?? -1
        rule(
          sequence === before + 1,
          `partition ${partition}: producer ${producer}'s ${sequence} comes after ${before}`,
        )
        last.set(producer, sequence)
      }
    })
  }
}
