import { ErrorCode } from '../../../src/wire/kafka/errors.ts'
import { OffsetFetchRequest, OffsetFetchResponse } from '../../../src/wire/kafka/messages/offset-fetch.ts'
import { rule } from '../../failure.ts'
import type { Actor, World } from '../../world.ts'
import { KafkaLink } from '../link.ts'
import { LEDGER, type TransactionModel } from './model.ts'
import type { LedgerReader } from './reader.ts'

const RETRIED: readonly number[] = [
  ErrorCode.UNSTABLE_OFFSET_COMMIT,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
]

/** Asks for the stable offsets of the groups again and again, and in the end compares everything. */
export class LedgerAuditor implements Actor {
  private readonly world: World
  private readonly model: TransactionModel
  private readonly readers: readonly LedgerReader[]
  private readonly isIdle: () => boolean
  private link: KafkaLink | null = null
  private readonly final = new Map<string, number>()

  constructor(world: World, model: TransactionModel, readers: readonly LedgerReader[], isIdle: () => boolean) {
    this.world = world
    this.model = model
    this.readers = readers
    this.isIdle = isIdle
  }

  begin(): void {
    this.later(() => this.connect())
  }

  drain(): void {}

  done(): boolean {
    return this.final.size === this.model.groups.length * this.model.partitions
  }

  end(): void {
    for (const { shown } of this.readers) this.model.checkAll(shown, this.final)
  }

  toString(): string {
    return `the auditor of offsets: ${[...this.final.keys()]} are stable`
  }

  private later(run: () => void): void {
    this.world.clock.after(10 + this.world.dice.unit() * 100, run)
  }

  private connect(): void {
    const wire = this.world.net.connect(9092)
    if (wire === null) {
      this.later(() => this.connect())
      return
    }
    const link = new KafkaLink(wire, () => {
      if (this.link === link) this.link = null
      this.later(() => this.connect())
    })
    this.link = link
    this.later(() => this.act(link))
  }

  private act(link: KafkaLink): void {
    if (this.link !== link || !link.open) return
    if (link.waiting === 0) for (const group of this.model.groups) this.ask(link, group)
    this.later(() => this.act(link))
  }

  private ask(link: KafkaLink, groupId: string): void {
    const { model, world } = this
    const partitionIndexes = Array.from({ length: model.partitions }, (_, i) => i)
    const atLeast = partitionIndexes.map((partition) => model.committedOffset(groupId, partition))
    const isLast = world.draining && this.isIdle()
    const request = { requireStable: true, groups: [{ groupId, topics: [{ name: LEDGER, partitionIndexes }] }] }
    link.ask(OffsetFetchRequest, OffsetFetchResponse, world.dice.between(8, 9), request, (answer) => {
      const [group] = answer.groups
      if (RETRIED.includes(group!.errorCode)) return
      for (const { partitionIndex, committedOffset, errorCode } of group!.topics[0]!.partitions) {
        if (RETRIED.includes(errorCode)) {
          world.add('unstable offsets')
          continue
        }
        rule(errorCode === 0, `stable offsets of ${groupId} were refused with error ${errorCode}`)
        model.fetched(groupId, partitionIndex, committedOffset, atLeast[partitionIndex]!)
        if (isLast) this.final.set(`${groupId} ${partitionIndex}`, committedOffset)
      }
    })
  }
}
