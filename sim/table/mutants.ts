import { KeyMap } from '../../src/core/partition/key-map.ts'
import { Partition } from '../../src/core/partition/partition.ts'
import { PartitionIndex } from '../../src/core/partition/partition-index.ts'
import { Segments } from '../../src/core/partition/segments.ts'
import { Transactions } from '../../src/core/partition/transactions.ts'
import { type Mutant, replace } from '../mutant.ts'

const TABLES = { tables: 2, producers: 0, readers: 0, members: 0, publishers: 0, consumers: 0, queues: 0 }

/** Bugs in compaction and in what goes with it. */
export const TABLE_MUTANTS: readonly Mutant[] = [
  {
    name: 'compaction takes the last record of some keys for an earlier one',
    swarm: { ...TABLES, crashEvery: 0 },
    plant() {
      replace(
        KeyMap,
        'get',
        (original) =>
          function (this: KeyMap, key: Uint8Array) {
            const offset = Reflect.apply(original, this, [key]) as number
            return offset % 7 === 0 ? offset + 1 : offset
          },
      )
    },
  },
  {
    name: 'of a run that was cleaned the last batches are lost',
    swarm: { ...TABLES, crashEvery: 0 },
    plant() {
      replace(
        PartitionIndex,
        'replace',
        (original) =>
          function (this: PartitionIndex, from: number, to: number, entries: readonly object[], dropped: unknown) {
            return Reflect.apply(original, this, [from, to, entries.slice(0, -1), dropped])
          },
      )
    },
  },
  {
    name: 'what was deleted by a client is there again after a restart',
    swarm: { ...TABLES, crashEvery: 100, kills: 0.5 },
    plant() {
      replace(
        Partition,
        'recovered',
        (original) =>
          function (this: Partition) {
            Reflect.apply(original, this, [])
            if (this.logStartOffset > 0) this.logStartOffset--
          },
      )
    },
  },
  {
    name: 'compaction takes what was aborted for the last record of its key',
    swarm: { ...TABLES, crashEvery: 0, tableTransactions: true },
    plant() {
      replace(Transactions, 'abortedRanges', () => () => [])
    },
  },
  {
    name: 'readers of a compacted topic are told of aborted transactions whose markers have gone',
    rare: true,
    swarm: { ...TABLES, crashEvery: 0, tableTransactions: true },
    plant() {
      replace(Transactions, 'cleaned', () => () => {})
    },
  },
  {
    name: 'segments begin elsewhere after a checkpoint',
    swarm: { ...TABLES, crashEvery: 0 },
    plant() {
      replace(Segments, 'load', () => () => {
        // Nothing is taken over.
      })
    },
  },
]
