import { rule } from '../../failure.ts'
import type { World } from '../../world.ts'

export const LEDGER = 'ledger'

/**
 * open: nobody may see anything of it. ending: its end was asked for, and no answer has come. lost: the broker has ended it, or somebody else took over;
 * if a commit had been asked for, nobody but the readers knows. committed, aborted: for ever.
 */
type State = 'open' | 'ending' | 'lost' | 'committed' | 'aborted'

/** One transaction, as its producer and the readers together know it. */
export interface Told {
  readonly number: number
  readonly worker: string
  /** The group whose offsets it commits. */
  readonly group: string
  state: State
  commitAsked: boolean
  /** Records that the broker took. */
  readonly records: Set<number>
  /** Partitions for which its number is committed as the group's offset. */
  readonly offsets: Set<number>
}

interface Written {
  readonly told: Told
  readonly partition: number
  offset: number
}

/** What all who work with transactions know together. */
export class TransactionModel {
  readonly world: World
  readonly partitions: number
  readonly transactions: Told[] = []
  readonly records: Written[] = []
  /** The greatest last stable offset that anybody was told, by partition. */
  readonly stable: number[]
  readonly groups: string[] = []
  /** By transactional id: the greatest producer id, and the greatest epoch of it, that anybody was told. */
  private readonly owners = new Map<string, { producerId: number; epoch: number }>()
  private readonly at: number[][]

  constructor(world: World, partitions: number) {
    this.world = world
    this.partitions = partitions
    this.stable = Array.from({ length: partitions }, () => 0)
    this.at = Array.from({ length: partitions }, () => [])
  }

  /** A transactional id was given to somebody. */
  took(id: string, producerId: number, epoch: number): void {
    if (!this.isFenced(id, producerId, epoch)) this.owners.set(id, { producerId, epoch })
  }

  /** Whether somebody is known to have taken over from a producer. */
  isFenced(id: string, producerId: number, epoch: number): boolean {
    const owner = this.owners.get(id)
    if (owner === undefined) return false
    return owner.producerId > producerId || (owner.producerId === producerId && owner.epoch > epoch)
  }

  begin(worker: string, group: string): Told {
    const number = this.transactions.length + 1
    const none = { records: new Set<number>(), offsets: new Set<number>() }
    const told: Told = { number, worker, group, state: 'open', commitAsked: false, ...none }
    this.transactions.push(told)
    this.world.add('transactions begun')
    return told
  }

  record(told: Told, partition: number): number {
    this.records.push({ told, partition, offset: -1 })
    return this.records.length - 1
  }

  acknowledged(told: Told, partition: number, baseOffset: number, ids: readonly number[]): void {
    ids.forEach((id, i) => {
      told.records.add(id)
      this.place(id, partition, baseOffset + i)
    })
  }

  private place(id: number, partition: number, offset: number): void {
    const written = this.records[id]
    rule(written !== undefined && written.partition === partition, `a record nobody produced is in ledger ${partition}`)
    rule(
      written.offset < 0 || written.offset === offset,
      `ledger record ${id} is at ${offset} and at ${written.offset}`,
    )
    const there = this.at[partition]![offset]
    rule(there === undefined || there === id, `offset ${offset} of ledger ${partition} has record ${id}, had ${there}`)
    written.offset = offset
    this.at[partition]![offset] = id
  }

  ended(told: Told, commit: boolean): void {
    const other = commit ? 'aborted' : 'committed'
    rule(told.state !== other, `transaction ${told.number} is ${commit ? 'committed' : 'aborted'}, and was ${other}`)
    told.state = commit ? 'committed' : 'aborted'
    this.world.add(`transactions ${told.state}`)
  }

  /** The producer was refused: what has become of it only a commit that was asked for leaves open. */
  lost(told: Told): void {
    if (told.state === 'committed' || told.state === 'aborted') return
    told.state = told.commitAsked ? 'lost' : 'aborted'
    this.world.add('transactions lost')
  }

  /** Somebody who wants only what is committed was shown it. */
  shown(told: Told, what: string): void {
    const may = told.state === 'committed' || (told.commitAsked && told.state !== 'aborted')
    rule(may, `${what} of transaction ${told.number} was shown, which is ${told.state} (${told.worker})`)
    told.state = 'committed'
  }

  read(partition: number, offset: number, id: number): Told {
    this.place(id, partition, offset)
    const { told } = this.records[id]!
    this.shown(told, `a record in ledger ${partition}`)
    this.world.add('committed records read')
    return told
  }

  toldStable(partition: number, lastStable: number, highWatermark: number, atLeast: number): void {
    rule(
      lastStable >= atLeast,
      `the last stable offset of ledger ${partition} went back from ${atLeast} to ${lastStable}`,
    )
    rule(lastStable <= highWatermark, `the last stable offset of ledger ${partition} is above the high watermark`)
    this.stable[partition] = Math.max(this.stable[partition]!, lastStable)
  }

  /** The greatest number that is committed for sure as a group's offset. */
  committedOffset(group: string, partition: number): number {
    let greatest = -1
    for (const told of this.transactions) {
      if (told.group === group && told.state === 'committed' && told.offsets.has(partition)) greatest = told.number
    }
    return greatest
  }

  /** A group's stable offset was asked for when `atLeast` was known. */
  fetched(group: string, partition: number, offset: number, atLeast: number): void {
    rule(offset >= atLeast, `${group}'s offset in ledger ${partition} is ${offset}, but ${atLeast} was committed`)
    if (offset < 0) return
    const told = this.transactions[offset - 1]
    const isOurs = told !== undefined && told.group === group && told.offsets.has(partition)
    rule(isOurs, `${group}'s offset in ledger ${partition} is ${offset}, which nobody committed`)
    this.shown(told, `an offset of ${group}`)
    this.world.add('transactional offsets read')
  }

  /** Everything has been read: of each transaction all or nothing, records and offsets. `shown` are the records that were. */
  checkAll(shown: ReadonlySet<number>, offsets: ReadonlyMap<string, number>): void {
    for (const told of this.transactions) {
      const count = [...told.records].filter((id) => shown.has(id)).length
      const expected = told.state === 'committed' ? told.records.size : 0
      const text = `${count} of ${told.records.size} records of transaction ${told.number} are there, which is ${told.state}`
      rule(count === expected, text)
    }
    for (const group of this.groups) {
      for (let partition = 0; partition < this.partitions; partition++) {
        const offset = offsets.get(`${group} ${partition}`) ?? -1
        const expected = this.committedOffset(group, partition)
        rule(
          offset === expected,
          `in the end ${group}'s offset in ledger ${partition} is ${offset}, and should be ${expected}`,
        )
      }
    }
  }
}
