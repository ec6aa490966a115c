import type { Queue } from '../../core/queue/queue.ts'
import type { Broker } from '../broker.ts'
import { deadLetter } from './dead-letter.ts'
import { deliver } from './deliver.ts'

const NO_LIMIT = Number.POSITIVE_INFINITY

/** Messages that a queue which has become too long drops in one go. */
const DROPS = 1024

/** A quorum queue that refuses publishers takes them again when it is down to this part of its limits. */
const CLEARLY_BELOW = 0.8

/** Whether the queue refuses publishers now. */
export function isFull(queue: Queue): boolean {
  const { maxLength, maxBytes, overflow, type } = queue.settings
  if (overflow === 'drop-head') return false
  if (type === 'quorum') return queue.refusing && stillRefuses(queue)
  return queue.ready >= maxLength || (maxBytes < NO_LIMIT && Math.round(queue.bodyBytes) >= maxBytes)
}

function stillRefuses(queue: Queue): boolean {
  const { maxLength, maxBytes } = queue.settings
  const short = queue.ready + queue.delayed.size <= Math.trunc(maxLength * CLEARLY_BELOW)
  queue.refusing = !short || Math.round(queue.bodyBytes) > Math.trunc(maxBytes * CLEARLY_BELOW)
  return queue.refusing
}

/**
 * Drops ready messages of a queue that has become too long, those that would go out next. Who can take a message now gets it first:
 * RabbitMQ hands a message to a waiting consumer before the limit is looked at.
 */
export function enforceLimits(broker: Broker, queue: Queue): void {
  if (!isTooLong(queue)) return
  deliver(broker, queue)
  if (queue.settings.overflow === 'drop-head') dropHead(broker, queue)
  else queue.refusing = isTooLong(queue)
}

/** Drops those that would go out next until the queue is as short as it has to be. */
function dropHead(broker: Broker, queue: Queue): void {
  while (isTooLong(queue)) {
    const sequence = queue.peek()
    if (sequence < 0) return
    deadLetter(broker, queue, sequence, 'maxlen')
  }
}

/** Drops what is too much by new limits, or after a restart, in steps. */
export function shorten(broker: Broker, queue: Queue): void {
  if (queue.settings.overflow !== 'drop-head') {
    enforceLimits(broker, queue)
    return
  }
  const step = () => {
    // Those that wait for their dead-letter exchange take memory.
    for (let n = queue.dying.length; n < DROPS; n++) {
      const sequence = !queue.deleted && isTooLong(queue) ? queue.peek() : -1
      if (sequence < 0) return true
      deadLetter(broker, queue, sequence, 'maxlen')
    }
    return false
  }
  if (!step()) broker.turn.start({ step })
}

/** The same after something came back: a classic queue then drops first, and hands out what is left. */
export function enforceAfterReturn(broker: Broker, queue: Queue): void {
  if (queue.counts) enforceLimits(broker, queue)
  else if (queue.settings.overflow === 'drop-head') dropHead(broker, queue)
}

/** Whether the queue is longer than it may be. */
export function isTooLong(queue: Queue): boolean {
  const { maxLength, maxBytes } = queue.settings
  return queue.ready + queue.delayed.size > maxLength || (maxBytes < NO_LIMIT && Math.round(queue.bodyBytes) > maxBytes)
}
