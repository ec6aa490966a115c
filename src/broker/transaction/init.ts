import type { NewProducerId, TransactionRefusal } from '../../core/transaction/decision.ts'
import { decideInit, type InitRequest } from '../../core/transaction/init.ts'
import { Transaction, type TransactionImage } from '../../core/transaction/transaction.ts'
import { newProducerId } from '../topic/producer-ids.ts'
import { endRoom, endTransaction } from './end.ts'
import { imageRoom } from './transaction-record.ts'
import type { Transactions } from './transactions.ts'

export type Initialized =
  | { readonly refusal: TransactionRefusal; readonly image: null; readonly position: number }
  | { readonly refusal: null; readonly image: TransactionImage; readonly position: number }

/** Bytes of journal that this takes at most. */
export function initRoom(transactions: Transactions, id: string): number {
  const known = transactions.byId.get(id)
  return 64 + (known === undefined ? imageRoom(id) : endRoom(known))
}

/** Gives a producer the transactional id, and fences who had it; the room has been asked for. */
export function initTransaction(transactions: Transactions, id: string, request: InitRequest): Initialized {
  const { broker, options } = transactions
  if (id === '') return refused('invalid-request', 0)
  if (request.timeoutMs <= 0 || request.timeoutMs > options.maxTimeoutMs) return refused('invalid-timeout', 0)
  const transaction = transactions.byId.get(id) ?? new Transaction(id)
  const decision = decideInit(transaction, request, broker.env.clock.now(), idSource(transactions))
  if (decision.does === 'refuse') return refused(decision.refusal, transaction.changedAt)
  if (decision.does === 'fence') {
    endTransaction(transactions, transaction, decision.ending)
    return refused('concurrent', transaction.changedAt)
  }
  transactions.record(transaction, { op: 'image', image: decision.image })
  return { refusal: null, image: decision.image, position: transaction.changedAt }
}

export function idSource({ topics }: Transactions): NewProducerId {
  return () => newProducerId(topics)
}

function refused(refusal: TransactionRefusal, position: number): Initialized {
  return { refusal, image: null, position }
}
