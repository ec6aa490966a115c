import type { Ending, NewProducerId, TransactionRefusal } from './decision.ts'
import { fenceOf } from './end.ts'
import { isExhausted, type Transaction, type TransactionImage } from './transaction.ts'

export interface InitRequest {
  readonly timeoutMs: number
  /** What the producer had until now (KIP-360), or -1 and -1. */
  readonly producerId: number
  readonly producerEpoch: number
}

export type InitDecision =
  | { readonly does: 'refuse'; readonly refusal: TransactionRefusal }
  | { readonly does: 'set'; readonly image: TransactionImage }
  /** The open transaction is aborted; the producer asks again. */
  | { readonly does: 'fence'; readonly ending: Ending }

/** A producer with a transactional id begins: whoever had it before is fenced. */
export function decideInit(
  transaction: Transaction,
  request: InitRequest,
  now: number,
  newId: NewProducerId,
): InitDecision {
  const { image } = transaction
  const expects = request.producerId >= 0
  if (image.producerId < 0) return firstTime(request, now, newId)
  if (expects && !isKnown(image, request)) return refuse('fenced')
  if (transaction.isOpen) return { does: 'fence', ending: fenceOf(transaction, now) }
  if (transaction.isExhausted && (!expects || request.producerEpoch === image.producerEpoch)) {
    return rotate(image, request, now, newId)
  }
  if (!expects) return bump(image, request, -1, now)
  if (request.producerEpoch === image.producerEpoch) return bump(image, request, image.producerEpoch, now)
  // The answer before did not arrive: it is given once more.
  if (request.producerEpoch === image.lastEpoch) return { does: 'set', image: started(image, request, now) }
  return refuse('fenced')
}

function refuse(refusal: TransactionRefusal): InitDecision {
  return { does: 'refuse', refusal }
}

/** Whether a producer that says who it was may be the one we know. */
function isKnown(image: TransactionImage, { producerId, producerEpoch }: InitRequest): boolean {
  return producerId === image.producerId || (producerId === image.previousId && isExhausted(producerEpoch))
}

function started(image: TransactionImage, request: InitRequest, now: number): TransactionImage {
  return { ...image, timeoutMs: request.timeoutMs, state: 'Empty', bumps: false, startedAt: -1, updatedAt: now }
}

function bump(image: TransactionImage, request: InitRequest, lastEpoch: number, now: number): InitDecision {
  const { producerId, producerEpoch } = image
  const next = { producerEpoch: producerEpoch + 1, lastEpoch, previousId: producerId }
  return { does: 'set', image: { ...started(image, request, now), ...next } }
}

function firstTime(request: InitRequest, now: number, newId: NewProducerId): InitDecision {
  const producerId = newId()
  if (producerId < 0) return refuse('no-room')
  const { timeoutMs } = request
  return {
    does: 'set',
    image: {
      producerId,
      producerEpoch: 0,
      lastEpoch: -1,
      previousId: producerId,
      timeoutMs,
      state: 'Empty',
      bumps: false,
      startedAt: -1,
      updatedAt: now,
    },
  }
}

/** The epochs are used up: a new producer id begins at 0. */
function rotate(image: TransactionImage, request: InitRequest, now: number, newId: NewProducerId): InitDecision {
  const producerId = newId()
  if (producerId < 0) return refuse('no-room')
  const lastEpoch = request.producerId >= 0 ? image.producerEpoch : -1
  const next = { producerId, producerEpoch: 0, lastEpoch, previousId: image.producerId }
  return { does: 'set', image: { ...started(image, request, now), ...next } }
}
