import { rule } from '../failure.ts'
import type { KeyedAt } from '../kafka/keyed-batch.ts'
import type { World } from '../world.ts'

export const TABLE = 'table'
/** Different keys that are written. */
export const KEYS = 20

/** The last acknowledged record of a key. */
interface Last {
  readonly offset: number
  readonly value: string | null
}

/** What the clients of a compacted topic know of one partition. */
class TablePartition {
  /** By offset: key and value, from acknowledgements and from what was read. */
  readonly at = new Map<number, string>()
  /** Offsets that were read, and those of transactions that were aborted: never the same. */
  readonly read = new Set<number>()
  readonly aborted = new Set<number>()
  /** By key: the acknowledged record with the highest offset. */
  readonly last = new Map<string, Last>()
  highWatermark = 0
  /** The log begins here at least, and here at most. */
  trimmed = 0
  trying = 0
}

/** What is promised of a compacted topic: the last record of each key is there, and no record is ever anywhere but where it was. */
export class TableModel {
  readonly partitions: TablePartition[]
  /** Records written, by which every value is another one. */
  written = 0
  /** Tombstones stay for so long: a look through the log that takes longer may miss one. So do the markers of transactions whose records have gone. */
  readonly tombstoneMs: number
  private readonly world: World

  constructor(world: World, partitions: number) {
    this.world = world
    this.tombstoneMs = world.dice.pick([60_000, 300])
    this.partitions = Array.from({ length: partitions }, () => new TablePartition())
  }

  acknowledged(partition: number, records: readonly KeyedAt[]): void {
    const model = this.partitions[partition]!
    for (const record of records) {
      this.found(partition, record, 'acknowledged')
      const before = model.last.get(record.key!)
      if (before === undefined || before.offset < record.offset) {
        model.last.set(record.key!, { offset: record.offset, value: record.value })
      }
    }
    this.world.add('table records acknowledged', records.length)
  }

  aborted(partition: number, records: readonly KeyedAt[]): void {
    const { read, aborted } = this.partitions[partition]!
    for (const { offset } of records) {
      rule(!read.has(offset), `offset ${offset} of table ${partition} was read, and then its transaction was aborted`)
      aborted.add(offset)
    }
    this.world.add('table records aborted', records.length)
  }

  /** A reader of committed records was shown one. */
  shown(partition: number, record: KeyedAt): void {
    const { read, aborted } = this.partitions[partition]!
    rule(!aborted.has(record.offset), `offset ${record.offset} of table ${partition} was aborted, and read`)
    read.add(record.offset)
    this.found(partition, record, 'read')
  }

  found(partition: number, { offset, key, value }: KeyedAt, how: string): void {
    const { at } = this.partitions[partition]!
    const text = JSON.stringify([key, value])
    const before = at.get(offset)
    rule(
      before === undefined || before === text,
      `${how}: offset ${offset} of table ${partition} is ${text}, was ${before}`,
    )
    at.set(offset, text)
  }

  /** What has to be there for who begins to look now. */
  promised(partition: number): { last: Map<string, Last>; trimmed: number } {
    const { last, trimmed } = this.partitions[partition]!
    return { last: new Map(last), trimmed }
  }

  /** All was read, from `start`, which the log was said to begin with, to `end`, behind which nothing was decided. `promised` is from before the start. */
  scanned(
    partition: number,
    { start, end }: { readonly start: number; readonly end: number },
    seen: ReadonlyMap<string, Last>,
    promised: Map<string, Last>,
  ): void {
    const { trying } = this.partitions[partition]!
    for (const [key, { offset, value }] of promised) {
      // Whoever deletes records does not ask what they are.
      if (offset < Math.max(start, trying) || offset >= end) continue
      const found = seen.get(key)
      if (found === undefined && value === null) continue
      rule(
        found !== undefined && found.offset >= offset,
        `table ${partition}: the last record of ${key} is at ${offset} (${value}), but ${found?.offset} (${found?.value}) was read`,
      )
    }
    this.world.add('tables read')
  }
}
