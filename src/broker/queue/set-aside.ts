import type { Queue } from '../../core/queue/queue.ts'
import { READY, STATE } from '../../core/queue/queue-index.ts'
import { StoreError } from '../../store/errors.ts'
import type { Broker } from '../broker.ts'
import { noteHanded } from './queue-facts.ts'

/**
 * A message whose bytes the disk does not give back is kept, counted as unacked and reported; those behind it go on. The next start
 * tries it again.
 */
export function setAside(broker: Broker, queue: Queue, sequence: number, error: Error): void {
  if ((queue.index.flags(sequence) & STATE) === READY) {
    queue.take(sequence)
    if (queue.counts) noteHanded(broker, queue, sequence)
  }
  const file = error instanceof StoreError ? (error.file ?? '') : ''
  const { vhost, name } = queue
  broker.report({ kind: 'set-aside', vhost, queue: name, sequence, file, reason: error.message })
}
