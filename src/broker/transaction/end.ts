import type { Ending } from '../../core/transaction/decision.ts'
import type { PendingOffsets, Transaction } from '../../core/transaction/transaction.ts'
import { Commit, entryRoom, offsetsRoom } from '../group/commit.ts'
import { appendMarker, MARKER_ROOM } from '../topic/marker.ts'
import { imageRoom } from './transaction-record.ts'
import type { Transactions } from './transactions.ts'

/** There is one coordinator, and no other ever takes over. */
export const COORDINATOR_EPOCH = 0

/**
 * Ends a transaction: a marker in each of its partitions, its offsets in their groups, and what becomes of the transactional id. All of
 * it is appended in one go and so is in one entry of the journal: a crash leaves all of it or nothing. The room has been asked for.
 */
export function endTransaction(transactions: Transactions, transaction: Transaction, ending: Ending): void {
  const { topics } = transactions
  const { producerId, markerEpoch: epoch, commit } = ending
  const marker = { producerId, epoch, commit, coordinatorEpoch: COORDINATOR_EPOCH }
  for (const id of transaction.partitions) {
    const partition = topics.partitions.get(id)
    // The partition may be gone, or an operator may have ended the transaction there.
    if (partition === undefined || partition.producers.epochOf(producerId) > epoch) continue
    appendMarker(topics, partition, marker)
  }
  if (commit) {
    for (const [group, pending] of transaction.offsets) commitPending(transactions, group, pending)
  }
  transactions.record(transaction, { op: 'image', image: ending.image })
}

function commitPending(transactions: Transactions, name: string, pending: PendingOffsets): void {
  const { groups, topics } = transactions
  const group = groups.open(name)
  const commit = new Commit(groups)
  commit.begin(group)
  for (const [topic, partitions] of pending.topics) {
    if (!topics.byName.has(topic)) continue
    for (const { partition, offset, leaderEpoch, metadata } of partitions.values()) {
      // Committed since without a transaction: the younger one counts.
      if ((group.offsets.get(topic, partition)?.committedAt ?? 0) > pending.committedAt) continue
      commit.add(topic, partition, offset, leaderEpoch, metadata)
    }
  }
  commit.end()
}

/** Bytes of journal that ending it takes at most. */
export function endRoom(transaction: Transaction): number {
  let bytes = imageRoom(transaction.id) + transaction.partitions.size * MARKER_ROOM
  for (const [group, { size, characters }] of transaction.offsets) {
    bytes += 64 + offsetsRoom(group, size * entryRoom('', '') + 3 * characters)
  }
  return bytes
}
