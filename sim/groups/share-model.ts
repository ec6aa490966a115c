import { rule } from '../failure.ts'
import type { KafkaModel } from '../kafka/model.ts'
import type { World } from '../world.ts'

/** The share group. */
export const SHARERS = 'sharers'
/** `group.share.delivery.count.limit` */
const LIMIT = 5

interface Known {
  /** The answer said that it is done: it never comes again. */
  done: boolean
  /** It may be done: the answer is still out, or was lost. */
  maybe: boolean
  /** The highest count of deliveries that anybody was told, and in which life of the broker. */
  count: number
  life: number
  /** Requests since then whose answers were lost, and it may have been in each. */
  unheard: number
}

/** What all members of a share group know together. */
export class ShareModel {
  readonly world: World
  readonly kafka: KafkaModel
  private readonly partitions: Known[][]

  constructor(world: World, kafka: KafkaModel) {
    this.world = world
    this.kafka = kafka
    this.partitions = kafka.partitions.map(() => [])
  }

  private at(partition: number, offset: number): Known {
    return (this.partitions[partition]![offset] ??= { done: false, maybe: false, count: 0, life: 0, unheard: 0 })
  }

  delivered(name: string, partition: number, first: number, last: number, count: number): void {
    rule(count >= 1 && count <= LIMIT, `${name} was handed ${first} of partition ${partition} for time ${count}`)
    for (let offset = first; offset <= last; offset++) {
      const known = this.at(partition, offset)
      rule(!known.done, `${name} was handed ${offset} of partition ${partition}, which is done`)
      const { life } = this.world
      rule(
        known.life !== life || count > known.count,
        `${name} was handed ${offset} of partition ${partition} for time ${count}, after time ${known.count}`,
      )
      known.count = count
      known.life = life
      known.unheard = 0
    }
    this.world.add('records shared', last - first + 1)
  }

  /** The answer of a fetch from these partitions was lost, and what was handed out by it counts all the same. */
  unheard(partitions: readonly number[]): void {
    for (const partition of partitions) {
      const { at } = this.kafka.partitions[partition]!
      for (let offset = 0; offset < at.length; offset++) this.at(partition, offset).unheard++
    }
  }

  /** Somebody says that these are done. */
  saying(partition: number, first: number, last: number): void {
    for (let offset = first; offset <= last; offset++) this.at(partition, offset).maybe = true
  }

  /** The answer says that they are. */
  said(partition: number, first: number, last: number): void {
    for (let offset = first; offset <= last; offset++) this.at(partition, offset).done = true
    this.world.add('records accepted', last - first + 1)
  }

  /** What was never handed out, or not often enough to be given up, and is not done; null if there is nothing. */
  missing(): string | null {
    for (let partition = 0; partition < this.partitions.length; partition++) {
      const { at } = this.kafka.partitions[partition]!
      for (let offset = 0; offset < at.length; offset++) {
        const known = this.partitions[partition]![offset]
        if (known === undefined) return `${offset} of partition ${partition} was never handed out`
        const { done, maybe, count, unheard } = known
        if (!done && !maybe && count + unheard < LIMIT) return `${offset} of partition ${partition} is not done`
      }
    }
    return null
  }
}
