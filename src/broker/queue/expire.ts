import type { Queue } from '../../core/queue/queue.ts'
import type { Broker } from '../broker.ts'
import { deadLetter } from './dead-letter.ts'

/** Expired messages given up in one go, and at most so many that wait to be moved to a dead-letter exchange. */
const RUN = 1024

/**
 * Gives up expired messages at the front of the queue. As in RabbitMQ a message behind another expires when it gets to the front. False if there
 * are more than one go takes: the queue is woken for the next.
 */
export function expireHead(broker: Broker, queue: Queue): boolean {
  for (let n = 0; n < RUN && queue.dying.length < RUN; n++) {
    const sequence = queue.peek()
    if (sequence < 0) return true
    const expiry = queue.index.expiry(sequence)
    if (expiry === 0) return true
    const now = broker.env.clock.now()
    if (expiry > now) {
      setTimer(broker, queue, expiry - now)
      return true
    }
    deadLetter(broker, queue, sequence, 'expired')
  }
  if (queue.dying.length < RUN) broker.wake(queue)
  return false
}

/** Looks at the front of the queue again when its message expires. */
function setTimer(broker: Broker, queue: Queue, delayMs: number): void {
  const deadline = broker.env.clock.elapsed() + delayMs
  const timer = broker.expiryTimers.get(queue)
  if (timer !== undefined) {
    if (timer.deadline <= deadline) return
    broker.timers.clear(timer)
  }
  const set = broker.timers.after(delayMs, () => {
    broker.expiryTimers.delete(queue)
    broker.wake(queue)
  })
  broker.expiryTimers.set(queue, set)
}
