import type { Ending, NewProducerId, TransactionRefusal } from './decision.ts'
import type { Transaction } from './transaction.ts'

export interface EndRequest {
  readonly producerId: number
  readonly producerEpoch: number
  readonly commit: boolean
  /** The client takes a new epoch with each end (KIP-890). */
  readonly bumps: boolean
}

export type EndDecision =
  | { readonly does: 'refuse'; readonly refusal: TransactionRefusal }
  | { readonly does: 'end'; readonly ending: Ending }
  /** It has ended so before: the answer is given once more. */
  | { readonly does: 'repeat' }

const REPEAT: EndDecision = { does: 'repeat' }

/** A producer ends its transaction. */
export function decideEnd(
  transaction: Transaction | undefined,
  request: EndRequest,
  now: number,
  newId: NewProducerId,
): EndDecision {
  if (transaction === undefined) return refuse('unknown-producer')
  if (!request.bumps) return decideOldEnd(transaction, request, now, newId)
  const { image } = transaction
  const { producerId, producerEpoch, commit } = request
  const isComplete = image.state === 'CompleteCommit' || image.state === 'CompleteAbort'
  const rotated =
    image.bumps && image.previousId === producerId && image.producerEpoch === 0 && producerId !== image.producerId
  const repeated = isComplete && image.bumps && (rotated || image.producerEpoch === producerEpoch + 1)
  if (image.producerId !== producerId && !(repeated && rotated)) return refuse('unknown-producer')
  if (!repeated && image.producerEpoch !== producerEpoch) return refuse('fenced')
  if (repeated) return (image.state === 'CompleteCommit') === commit ? REPEAT : refuse('invalid-state')
  // An abort of nothing gives the producer the new epoch that it counts on.
  if (!transaction.isOpen && commit) return refuse('invalid-state')
  const ending = endOf(transaction, commit, true, now, newId)
  return ending.image.producerId < 0 ? refuse('no-room') : { does: 'end', ending }
}

/** The same for clients that keep their epoch: an end that comes again is told by the state alone. */
function decideOldEnd(
  transaction: Transaction,
  { producerId, producerEpoch, commit }: EndRequest,
  now: number,
  newId: NewProducerId,
): EndDecision {
  const { image } = transaction
  if (image.producerId !== producerId) return refuse('unknown-producer')
  if (image.producerEpoch !== producerEpoch) return refuse('fenced')
  if (image.state === 'Ongoing') return { does: 'end', ending: endOf(transaction, commit, false, now, newId) }
  return image.state === (commit ? 'CompleteCommit' : 'CompleteAbort') ? REPEAT : refuse('invalid-state')
}

/** How the transaction ends; with `bumps` its producer gets a new epoch, and a new id when the epochs are used up. */
function endOf(
  { image, isExhausted }: Transaction,
  commit: boolean,
  bumps: boolean,
  now: number,
  newId: NewProducerId,
): Ending {
  const { producerId, producerEpoch } = image
  const markerEpoch = bumps ? producerEpoch + 1 : producerEpoch
  const rotates = bumps && isExhausted
  const next = {
    producerId: rotates ? newId() : producerId,
    producerEpoch: rotates ? 0 : markerEpoch,
    lastEpoch: bumps ? producerEpoch : image.lastEpoch,
    previousId: producerId,
  }
  const state = commit ? ('CompleteCommit' as const) : ('CompleteAbort' as const)
  return { commit, producerId, markerEpoch, image: { ...image, ...next, state, bumps, updatedAt: now } }
}

/** The coordinator aborts a transaction, and fences who began it: it took too long, or somebody else begins. */
export function fenceOf({ image }: Transaction, now: number): Ending {
  const { producerId, producerEpoch } = image
  const markerEpoch = producerEpoch + 1
  const next = { producerEpoch: markerEpoch, lastEpoch: producerEpoch, previousId: producerId }
  return {
    commit: false,
    producerId,
    markerEpoch,
    image: { ...image, ...next, state: 'CompleteAbort', bumps: true, updatedAt: now },
  }
}

function refuse(refusal: TransactionRefusal): EndDecision {
  return { does: 'refuse', refusal }
}
