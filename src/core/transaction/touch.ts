import type { TransactionRefusal } from './decision.ts'
import type { Transaction } from './transaction.ts'

/** Whether a producer may work in the transaction of this id now. */
export function touchRefusal(
  transaction: Transaction | undefined,
  producerId: number,
  producerEpoch: number,
): TransactionRefusal | null {
  if (transaction === undefined || transaction.image.producerId !== producerId) return 'unknown-producer'
  return transaction.image.producerEpoch === producerEpoch ? null : 'fenced'
}
