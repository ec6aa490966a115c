import { rule } from '../failure.ts'
import type { Keyed, KeyedAt } from '../kafka/keyed-batch.ts'
import type { World } from '../world.ts'

export const TABLE = 'table'
/** Different keys that are written. */
export const KEYS = 20

/** The last record of a key that is known to be there. */
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
  /** By key: the record with the highest offset that was acknowledged or read. */
  readonly last = new Map<string, Last>()
  /** By key: tombstones that were written and never answered. One may be there, and may have gone again with what was before it. */
  readonly unanswered = new Map<string, number>()
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

  /** Records are on their way. */
  sent(partition: number, records: readonly Keyed[]): void {
    this.count(partition, records, 1)
  }

  /** It is known what became of records that were on their way. */
  answered(partition: number, records: readonly Keyed[]): void {
    this.count(partition, records, -1)
  }

  private count(partition: number, records: readonly Keyed[], by: number): void {
    const { unanswered } = this.partitions[partition]!
    for (const { key, value } of records) {
      if (value === null) unanswered.set(key!, (unanswered.get(key!) ?? 0) + by)
    }
  }

  acknowledged(partition: number, records: readonly KeyedAt[]): void {
    for (const record of records) this.found(partition, record, 'acknowledged')
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

  private found(partition: number, { offset, key, value }: KeyedAt, how: string): void {
    const { at, last } = this.partitions[partition]!
    const text = JSON.stringify([key, value])
    const before = at.get(offset)
    rule(
      before === undefined || before === text,
      `${how}: offset ${offset} of table ${partition} is ${text}, was ${before}`,
    )
    at.set(offset, text)
    const known = last.get(key!)
    if (known === undefined || known.offset < offset) last.set(key!, { offset, value })
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
    const { trying, unanswered } = this.partitions[partition]!
    for (const [key, { offset, value }] of promised) {
      // Whoever deletes records does not ask what they are.
      if (offset < Math.max(start, trying) || offset >= end) continue
      const found = seen.get(key)
      if (found === undefined && (value === null || (unanswered.get(key) ?? 0) > 0)) continue
      rule(
        found !== undefined && found.offset >= offset,
        `table ${partition}: the last record of ${key} is at ${offset} (${value}), but ${found?.offset} (${found?.value}) was read`,
      )
    }
    this.world.add('tables read')
  }
}
