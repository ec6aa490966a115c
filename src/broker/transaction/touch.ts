import type { TransactionRefusal } from '../../core/transaction/decision.ts'
import { touchRefusal } from '../../core/transaction/touch.ts'
import type { PendingOffset, Transaction } from '../../core/transaction/transaction.ts'
import { entryRoom } from '../group/commit.ts'
import { MARKER_ROOM } from '../topic/marker.ts'
import { hasRoomFor } from '../topic/room.ts'
import { endRoom } from './end.ts'
import { PER_RECORD, pendingRoom, touchRoom } from './transaction-record.ts'
import type { Transactions } from './transactions.ts'

/** Who works in a transaction. */
export interface Worker {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
}

/**
 * Makes partitions (by number) and groups part of the producer's transaction, which begins with the first of them. Returns why not, or null.
 * What is part of it already needs no record.
 */
export function touch(
  transactions: Transactions,
  worker: Worker,
  partitions: readonly number[],
  groups: readonly string[],
): TransactionRefusal | null {
  if (worker.transactionalId === '') return 'invalid-request'
  const transaction = transactions.byId.get(worker.transactionalId)
  const refusal = touchRefusal(transaction, worker.producerId, worker.producerEpoch)
  if (refusal !== null || transaction === undefined) return refusal
  const { broker } = transactions
  const newPartitions = partitions.filter((id) => !transaction.partitions.has(id))
  const newGroups = groups.filter((name) => !transaction.groups.has(name))
  if (transaction.isOpen && newPartitions.length === 0 && newGroups.length === 0) return null
  if (!canEnd(transactions, transaction, newPartitions.length * MARKER_ROOM)) return 'too-large'
  if (!hasRoomFor(broker, touchRoom(transaction.id, newPartitions.length, newGroups))) return 'no-room'
  const updatedAt = broker.env.clock.now()
  const startedAt = transaction.isOpen ? transaction.image.startedAt : updatedAt
  let from = 0
  do {
    const some = newPartitions.slice(from, from + PER_RECORD)
    transactions.record(transaction, {
      op: 'touch',
      startedAt,
      updatedAt,
      partitions: some,
      groups: from === 0 ? newGroups : [],
    })
    from += PER_RECORD
  } while (from < newPartitions.length)
  return null
}

/** A transaction ends in one entry of the journal: it may have what half of the longest one holds. */
function canEnd(transactions: Transactions, transaction: Transaction, more: number): boolean {
  return endRoom(transaction) + more <= transactions.broker.store.journal.longest / 2
}

/** Whether a partition is part of the producer's transaction. */
export function verify(transactions: Transactions, worker: Worker, partition: number): TransactionRefusal | null {
  if (worker.transactionalId === '') return 'invalid-request'
  const transaction = transactions.byId.get(worker.transactionalId)
  const refusal = touchRefusal(transaction, worker.producerId, worker.producerEpoch)
  return refusal ?? (transaction!.partitions.has(partition) ? null : 'not-added')
}

/** The same for a group. */
export function verifyGroup(transactions: Transactions, worker: Worker, group: string): TransactionRefusal | null {
  if (worker.transactionalId === '') return 'invalid-request'
  const transaction = transactions.byId.get(worker.transactionalId)
  const refusal = touchRefusal(transaction, worker.producerId, worker.producerEpoch)
  return refusal ?? (transaction!.groups.has(group) ? null : 'not-added')
}

/** Offsets that will be committed with the transaction, which has the group already. */
export function commitWith(
  transactions: Transactions,
  transactionalId: string,
  group: string,
  offsets: readonly PendingOffset[],
): TransactionRefusal | null {
  const transaction = transactions.byId.get(transactionalId)!
  let bytes = 0
  for (const { topic, metadata } of offsets) bytes += entryRoom(topic, metadata)
  if (!canEnd(transactions, transaction, bytes)) return 'too-large'
  if (!hasRoomFor(transactions.broker, pendingRoom(transactionalId, group, offsets))) return 'no-room'
  const committedAt = transactions.broker.env.clock.now()
  for (let from = 0; from < offsets.length; from += PER_RECORD) {
    const some = offsets.slice(from, from + PER_RECORD)
    transactions.record(transaction, { op: 'offsets', group, committedAt, offsets: some })
  }
  return null
}
