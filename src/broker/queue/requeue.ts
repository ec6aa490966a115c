import type { Queue } from '../../core/queue/queue.ts'
import type { Broker } from '../broker.ts'

/** A delivery comes back unhandled: the message is ready again at its old place, marked redelivered. */
export function requeue(broker: Broker, queue: Queue, sequence: number): void {
  if (queue.requeue(sequence)) broker.wake(queue)
}
