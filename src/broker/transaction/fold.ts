import { Transaction, type TransactionFact } from '../../core/transaction/transaction.ts'
import { Part, Record } from '../records.ts'
import { abortExpired, scheduleExpiry } from './abort.ts'
import { PER_RECORD, readTransaction, writeTransaction } from './transaction-record.ts'
import type { Transactions } from './transactions.ts'

/** Teaches the broker to rebuild transactional ids and open transactions from the journal and the checkpoint. */
export function registerTransactionFold(transactions: Transactions): void {
  const { broker } = transactions
  const apply = (bytes: Uint8Array, at: number, position: number) => {
    const { id, fact } = readTransaction(bytes, at)
    transactions.apply(transactions.byId.get(id) ?? new Transaction(id), fact, position)
  }
  broker.applies.set(Record.transaction, (bytes, at, _length, position) => apply(bytes, at, position))
  broker.parts.push({
    kind: Part.transactions,
    consistent: false,
    snapshot: () => snapshot(transactions),
    load: (bytes) => apply(bytes, 0, 0),
  })
  transactions.topics.onDeleted.push((topic) => transactions.topicDeleted(topic))
  transactions.onExpired = (transaction) => abortExpired(transactions, transaction)
  broker.afterRecovery.push(() => {
    for (const transaction of transactions.byId.values()) transactions.arm(transaction)
    scheduleExpiry(transactions)
  })
}

/** A transactional id as facts, one in each part: what it is, then what its open transaction touches. */
function* snapshot(transactions: Transactions): Generator<Uint8Array> {
  for (const transaction of [...transactions.byId.values()]) {
    // Forgotten since the checkpoint began: the journal says so.
    if (transactions.byId.get(transaction.id) !== transaction) continue
    for (const fact of [...factsOf(transaction)]) yield writeTransaction(transaction.id, fact).slice()
  }
}

function* factsOf({ image, isOpen, partitions, groups, offsets }: Transaction): Generator<TransactionFact> {
  // The transaction that is open clears what the facts before it left.
  yield { op: 'image', image: isOpen ? { ...image, state: 'Empty' } : image }
  if (!isOpen) return
  const { startedAt, updatedAt } = image
  const ids = [...partitions]
  yield { op: 'touch', startedAt, updatedAt, partitions: ids.splice(0, PER_RECORD), groups: [...groups] }
  while (ids.length > 0) {
    yield { op: 'touch', startedAt, updatedAt, partitions: ids.splice(0, PER_RECORD), groups: [] }
  }
  for (const [group, { committedAt, topics }] of offsets) {
    const all = [...topics.values()].flatMap((partitions) => [...partitions.values()])
    while (all.length > 0) yield { op: 'offsets', group, committedAt, offsets: all.splice(0, PER_RECORD) }
  }
}
