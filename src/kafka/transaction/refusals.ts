import type { TransactionRefusal } from '../../core/transaction/decision.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'

/** What Kafka says where a transaction coordinator refuses. */
export const TRANSACTION_CODES: { readonly [refusal in TransactionRefusal]: number } = {
  'unknown-producer': ErrorCode.INVALID_PRODUCER_ID_MAPPING,
  fenced: ErrorCode.PRODUCER_FENCED,
  'invalid-state': ErrorCode.INVALID_TXN_STATE,
  concurrent: ErrorCode.CONCURRENT_TRANSACTIONS,
  'invalid-request': ErrorCode.INVALID_REQUEST,
  'invalid-timeout': ErrorCode.INVALID_TRANSACTION_TIMEOUT,
  'not-added': ErrorCode.TRANSACTION_ABORTABLE,
  // Kafka knows no such limit: the client gives up and says why.
  'too-large': ErrorCode.POLICY_VIOLATION,
  'no-room': ErrorCode.COORDINATOR_NOT_AVAILABLE,
}

/** Clients before KIP-360 know a fenced producer by its epoch only. */
export function codeFor(refusal: TransactionRefusal, knowsFenced: boolean): number {
  if (refusal === 'fenced' && !knowsFenced) return ErrorCode.INVALID_PRODUCER_EPOCH
  return TRANSACTION_CODES[refusal]
}

/**
 * What a partition or a group coordinator says when the transaction's coordinator refuses it (KIP-890): clients expect the epoch to be wrong there, and know that
 * a transaction can be aborted and begun again only from some version on.
 */
export function verificationCode(refusal: TransactionRefusal, knowsAbortable: boolean): number {
  if (refusal === 'fenced') return ErrorCode.INVALID_PRODUCER_EPOCH
  if (refusal === 'not-added' && !knowsAbortable) return ErrorCode.INVALID_TXN_STATE
  return TRANSACTION_CODES[refusal]
}
