import type { Queue } from '../../core/queue/queue.ts'
import { PLACE_SHIFT, REDELIVERED } from '../../core/queue/queue-index.ts'
import type { Broker } from '../broker.ts'
import { withCounts } from './counted-headers.ts'
import { deliverFirst, load } from './deliver.ts'
import { expireHead } from './expire.ts'
import { noteHanded } from './queue-facts.ts'
import { settle } from './settle.ts'

/** What `get` found: a message that is to be copied at once. */
export interface Got {
  readonly sequence: number
  readonly bytes: Uint8Array
  readonly at: number
  readonly length: number
  readonly redelivered: boolean
}

/**
 * Takes the message at the front of the queue (basic.get): null if there is none, 'loading' if its bytes have to be read from the disk
 * first: `ready` is then called, and the caller asks again.
 */
export function get(broker: Broker, queue: Queue, noAck: boolean, ready: () => void): Got | 'loading' | null {
  deliverFirst(broker, queue)
  queue.immediate = Number.POSITIVE_INFINITY
  expireHead(broker, queue)
  const sequence = queue.peek()
  if (sequence < 0) return null
  const { index } = queue
  const flags = index.flags(sequence)
  const length = index.length(sequence)
  const at = broker.store.locate((flags >> PLACE_SHIFT) & 3, index.position(sequence), length)
  if (at < 0) {
    load(broker, queue, sequence, ready)
    return 'loading'
  }
  queue.take(sequence)
  const { bytes } = broker.arena
  const redelivered = queue.counts ? queue.handouts(sequence) > 0 : (flags & REDELIVERED) !== 0
  const counted = queue.counts && redelivered ? withCounts(queue, sequence, bytes, at, length) : null
  if (noAck) settle(broker, queue, sequence)
  else if (queue.counts) noteHanded(broker, queue, sequence)
  // What is first now may have expired behind the one that goes.
  if (queue.expires) expireHead(broker, queue)
  if (counted !== null) return { sequence, bytes: counted, at: 0, length: counted.length, redelivered }
  return { sequence, bytes, at, length, redelivered }
}
