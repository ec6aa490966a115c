import type { TransactionImage } from './transaction.ts'

/** Why a coordinator does not do what a producer wants. */
export type TransactionRefusal =
  /** This transactional id is not known, or has another producer id. */
  | 'unknown-producer'
  /** Somebody with a higher epoch has taken over. */
  | 'fenced'
  | 'invalid-state'
  /** Not now: ask again. */
  | 'concurrent'
  | 'invalid-request'
  | 'invalid-timeout'
  /** The partition was not added to the transaction. */
  | 'not-added'
  | 'too-large'
  | 'no-room'

/** How a transaction ends: what the markers say, and what the transactional id is from then on. */
export interface Ending {
  readonly commit: boolean
  /** Who wrote the records, and the epoch that the markers carry. */
  readonly producerId: number
  readonly markerEpoch: number
  readonly image: TransactionImage
}

/** Gives out a producer id that nobody has had; -1 if there is no room to remember that. */
export type NewProducerId = () => number
