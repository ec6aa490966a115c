import { rule } from '../failure.ts'
import type { World } from '../world.ts'

/** The group of the consumer protocol. */
export const CONSUMERS = 'consumers'

/** What all members of a group of the consumer protocol know together. */
export class ConsumerModel {
  readonly world: World
  readonly partitions: number
  /** By partition and epoch: who was told that it may read it. */
  private readonly owners = new Map<string, string>()
  /** By partition: the newest epoch in which somebody was told so, and who. */
  private readonly newest = new Map<number, { epoch: number; memberId: string }>()
  /** By partition: the highest offset of which the commit was answered, and all that were tried. */
  private readonly committed = new Map<number, number>()
  private readonly tried = new Map<number, Set<number>>()
  private offsets = 0

  constructor(world: World) {
    this.world = world
    this.partitions = world.swarm.partitions
  }

  /** A member was told what it may read. */
  owns(memberId: string, epoch: number, partitions: readonly number[]): void {
    for (const partition of partitions) {
      const key = `${partition}@${epoch}`
      const other = this.owners.get(key)
      rule(
        other === undefined || other === memberId,
        `partition ${partition} belongs to ${other} and ${memberId} in epoch ${epoch}`,
      )
      this.owners.set(key, memberId)
      const newest = this.newest.get(partition)
      if (newest === undefined || epoch > newest.epoch) this.newest.set(partition, { epoch, memberId })
    }
    this.world.add('consumer assignments')
  }

  /** Whether somebody else has been told since that the partition is his. */
  isTaken(memberId: string, epoch: number, partition: number): boolean {
    const newest = this.newest.get(partition)
    return newest !== undefined && newest.memberId !== memberId && newest.epoch > epoch
  }

  nextOffset(partition: number): number {
    const offset = ++this.offsets
    let tried = this.tried.get(partition)
    if (tried === undefined) this.tried.set(partition, (tried = new Set()))
    tried.add(offset)
    return offset
  }

  /** A commit was answered; `wasTaken` says whether the partition had another owner before it was sent. */
  wasCommitted(memberId: string, epoch: number, partition: number, offset: number, wasTaken: boolean): void {
    rule(!wasTaken, `${memberId} in epoch ${epoch} committed for partition ${partition}, which is somebody else's`)
    this.committed.set(partition, Math.max(this.committed.get(partition) ?? -1, offset))
    this.world.add('consumer commits')
  }

  committedOf(partition: number): number {
    return this.committed.get(partition) ?? -1
  }

  fetched(partition: number, offset: number, atLeast: number): void {
    rule(offset >= atLeast, `the committed offset of partition ${partition} is ${offset}, but ${atLeast} was committed`)
    rule(
      offset < 0 || this.tried.get(partition)?.has(offset) === true,
      `the committed offset of partition ${partition} is ${offset}, which nobody committed`,
    )
  }
}
