import type { Queue } from '../../core/queue/queue.ts'
import type { Broker } from '../broker.ts'
import { deadLetter } from './dead-letter.ts'
import { deliver } from './deliver.ts'

const NO_LIMIT = Number.POSITIVE_INFINITY

/** Whether the queue refuses publishers now. */
export function isFull(queue: Queue): boolean {
  const { maxLength, maxBytes, overflow } = queue.settings
  return (
    overflow !== 'drop-head' &&
    (queue.ready >= maxLength || (maxBytes < NO_LIMIT && Math.round(queue.bodyBytes) >= maxBytes))
  )
}

/**
 * Drops the oldest ready messages of a queue that has become too long. Who can take a message now gets it first: RabbitMQ hands a
 * message to a waiting consumer before the limit is looked at.
 */
export function enforceLimits(broker: Broker, queue: Queue): void {
  if (!isTooLong(queue)) return
  deliver(broker, queue)
  while (isTooLong(queue)) {
    const sequence = queue.peek()
    if (sequence < 0) return
    deadLetter(broker, queue, sequence, 'maxlen')
  }
}

/** Whether the queue is longer than it may be. */
export function isTooLong(queue: Queue): boolean {
  const { maxLength, maxBytes } = queue.settings
  return queue.ready > maxLength || (maxBytes < NO_LIMIT && Math.round(queue.bodyBytes) > maxBytes)
}
