import type { Queue } from '../../core/queue/queue.ts'
import type { Broker } from '../broker.ts'
import { deadLetter } from './dead-letter.ts'

/** Expired messages given up in one go, and at most so many that wait to be moved to a dead-letter exchange. */
const RUN = 1024
/** How often a quorum queue is looked at for messages that have expired behind others. */
const LOOK_MS = 1000

/**
 * Gives up expired messages at the front of the queue. As in RabbitMQ a message behind another expires when it gets to the front. False if there
 * are more than one go takes: the queue is woken for the next.
 */
export function expireHead(broker: Broker, queue: Queue): boolean {
  for (let n = 0; n < RUN && queue.dying.length < RUN; n++) {
    const sequence = queue.peek()
    if (sequence < 0) return true
    const expiry = queue.index.expiry(sequence)
    if (expiry === 0 || sequence >= queue.immediate) return true
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
    if (queue.counts) watchHeads(broker, queue)
    broker.wake(queue)
  })
  broker.expiryTimers.set(queue, set)
}

/**
 * In a quorum queue the first message of each priority expires where it stands, and what has waited long enough is ready again. Looks
 * now, and again when the next one's time has come.
 */
export function watchHeads(broker: Broker, queue: Queue): void {
  const now = broker.env.clock.now()
  if (queue.endDelays(now, RUN)) broker.wake(queue)
  let next = queue.delayed.next()
  for (let n = 0; queue.expires && n < RUN && queue.dying.length < RUN; n++) {
    let expired = -1
    let first = Number.POSITIVE_INFINITY
    queue.heads((sequence) => {
      const expiry = queue.index.expiry(sequence)
      if (expiry === 0) return
      if (expiry <= now) expired = sequence
      else first = Math.min(first, expiry)
    })
    if (expired < 0) {
      // What stands behind may expire before those that are first.
      next = Math.min(next, first, queue.ready > 0 ? now + LOOK_MS : Number.POSITIVE_INFINITY)
      break
    }
    deadLetter(broker, queue, expired, 'expired')
  }
  if (queue.expires && queue.dying.length >= RUN) next = Math.min(next, now + LOOK_MS)
  if (next < Number.POSITIVE_INFINITY && !queue.deleted) setTimer(broker, queue, Math.max(0, next - now))
}
