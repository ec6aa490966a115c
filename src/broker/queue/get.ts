import type { Queue } from '../../core/queue/queue.ts'
import { PLACE_SHIFT, REDELIVERED } from '../../core/queue/queue-index.ts'
import type { Broker } from '../broker.ts'
import { load } from './deliver.ts'
import { expireHead } from './expire.ts'
import { settle } from './settle.ts'

/** What `get` found: a message in the arena, to be copied at once. */
export interface Got {
  readonly sequence: number
  readonly at: number
  readonly length: number
  readonly redelivered: boolean
}

/**
 * Takes the message at the front of the queue (basic.get): null if there is none, 'loading' if its bytes have to be read from the disk
 * first: `ready` is then called, and the caller asks again.
 */
export function get(broker: Broker, queue: Queue, noAck: boolean, ready: () => void): Got | 'loading' | null {
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
  if (noAck) settle(broker, queue, sequence)
  return { sequence, at, length, redelivered: (flags & REDELIVERED) !== 0 }
}
