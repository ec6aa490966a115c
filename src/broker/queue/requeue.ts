import type { Queue } from '../../core/queue/queue.ts'
import type { Broker } from '../broker.ts'
import { deadLetter } from './dead-letter.ts'
import { watchHeads } from './expire.ts'
import { enforceAfterReturn } from './limits.ts'
import { noteCounted } from './queue-facts.ts'

/**
 * A delivery comes back unhandled: the message is ready again, marked redelivered. `failed` says that whoever had it is gone, or has refused it, which a
 * queue that counts holds against the message.
 */
export function requeue(broker: Broker, queue: Queue, sequence: number, failed = false): void {
  if (!queue.counts) {
    if (!queue.requeue(sequence, failed)) return
    enforceAfterReturn(broker, queue)
    broker.wake(queue)
    return
  }
  const fate = queue.comeBack(sequence, failed, broker.env.clock.now())
  if (fate === 'gone') return
  noteCounted(broker, queue, sequence)
  if (fate === 'over') {
    deadLetter(broker, queue, sequence, 'delivery_limit')
    return
  }
  if (fate === 'delayed') watchHeads(broker, queue)
  else broker.wake(queue)
  enforceAfterReturn(broker, queue)
}
