import { Record } from '../../../src/broker/records.ts'
import { Transactions as Coordinator } from '../../../src/broker/transaction/transactions.ts'
import { Partition } from '../../../src/core/partition/partition.ts'
import { Producers } from '../../../src/core/partition/producers.ts'
import { Transactions } from '../../../src/core/partition/transactions.ts'
import { PendingOffsets, type Transaction, type TransactionFact } from '../../../src/core/transaction/transaction.ts'
import { CRASHES, ignoreRecords, type Mutant, replace } from '../../mutant.ts'

/** Nothing but transactions. */
const ONLY = { queues: 0, publishers: 0, consumers: 0, producers: 0, members: 0, readers: 2, workers: 4 }

export const TRANSACTION_MUTANTS: readonly Mutant[] = [
  {
    name: 'a transaction ends without its offsets',
    swarm: ONLY,
    plant() {
      replace(PendingOffsets, 'set', () => () => {})
    },
  },
  {
    name: 'the last stable offset is not held back',
    swarm: ONLY,
    plant() {
      replace(
        Partition,
        'lastStableOffset',
        () =>
          function (this: Partition) {
            return this.highWatermark
          },
        true,
      )
    },
  },
  {
    name: 'a marker counts before it is durable',
    swarm: { ...ONLY, ...CRASHES, crashEvery: 30, slowestDisk: 20 },
    plant() {
      replace(
        Transactions,
        'lastStable',
        (original) =>
          function (this: Transactions, highWatermark: number) {
            this.recovered()
            return Reflect.apply(original, this, [highWatermark])
          },
      )
    },
  },
  {
    name: 'who has been fenced is not asked about',
    rare: true,
    swarm: ONLY,
    plant() {
      replace(Producers, 'isOpen', () => () => true)
    },
  },
  {
    name: 'readers are not told what was aborted',
    swarm: ONLY,
    plant() {
      replace(Transactions, 'aborted', () => () => [])
    },
  },
  {
    name: 'a checkpoint forgets what was aborted',
    swarm: { ...ONLY, ...CRASHES, growth: 4096 },
    plant() {
      replace(
        Transactions,
        'snapshot',
        (original) =>
          function (this: Transactions) {
            return { ...(Reflect.apply(original, this, []) as object), aborted: [] }
          },
      )
    },
  },
  {
    name: 'a checkpoint forgets what is open',
    swarm: { ...ONLY, ...CRASHES, growth: 4096 },
    plant() {
      replace(
        Transactions,
        'snapshot',
        (original) =>
          function (this: Transactions) {
            return { ...(Reflect.apply(original, this, []) as object), open: [] }
          },
      )
    },
  },
  {
    name: 'transactional ids are not journalled',
    swarm: { ...ONLY, ...CRASHES },
    plant() {
      ignoreRecords(Record.transaction)
    },
  },
  {
    name: 'a transaction ends in two entries',
    swarm: { ...ONLY, ...CRASHES, crashEvery: 30, slowestDisk: 20 },
    plant() {
      replace(
        Coordinator,
        'record',
        (original) =>
          function (this: Coordinator, transaction: Transaction, fact: TransactionFact) {
            const ends = fact.op === 'image' && fact.image.state.startsWith('Complete')
            if (!ends) return Reflect.apply(original, this, [transaction, fact])
            this.apply(transaction, fact, this.broker.store.journal.tail)
            this.broker.timers.after(5, () => Reflect.apply(original, this, [transaction, fact]))
          },
      )
    },
  },
  {
    name: 'a transaction that takes too long is forgotten',
    rare: true,
    swarm: ONLY,
    plant() {
      replace(Coordinator, 'abortIn', () => () => {})
    },
  },
]
