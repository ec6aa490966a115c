import type { Transaction } from './transaction.ts'

/** When an open transaction is aborted, wall-clock time; never if none is open. */
export function deadlineOf({ isOpen, image }: Transaction): number {
  return isOpen ? image.startedAt + image.timeoutMs : Number.POSITIVE_INFINITY
}

/** Whether a transactional id has not been used for so long that it is forgotten. */
export function isForgettable({ isOpen, image }: Transaction, now: number, expirationMs: number): boolean {
  return !isOpen && image.updatedAt + expirationMs <= now
}
