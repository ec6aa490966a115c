import type { Queue } from '../../core/queue/queue.ts'
import { DURABLE, PLACE_SHIFT, STATE } from '../../core/queue/queue-index.ts'
import type { Broker } from '../broker.ts'
import { noteRange } from './queue-facts.ts'

/** The message is done with: its place in the index and its bytes are given up. False if it was gone already. */
export function settle(broker: Broker, queue: Queue, sequence: number): boolean {
  const index = queue.index
  const flags = index.flags(sequence)
  if ((flags & STATE) === 0) return false
  broker.store.release((flags >> PLACE_SHIFT) & 3, index.position(sequence), index.length(sequence))
  queue.remove(sequence)
  if ((flags & DURABLE) !== 0) noteRange(broker, queue, queue.settled, sequence)
  return true
}
