import type { Queue } from '../../core/queue/queue.ts'
import type { Broker } from '../broker.ts'

/** How many messages a queue of any type has to hand out. */
export function messagesIn(broker: Broker, queue: Queue): number {
  return queue.settings.type === 'stream' ? (broker.streams?.messages(queue) ?? 0) : queue.ready
}
