import type { DeathReason, Queue } from '../../core/queue/queue.ts'
import { READY, STATE } from '../../core/queue/queue-index.ts'
import type { Broker } from '../broker.ts'
import { noteHanded } from './queue-facts.ts'
import { settle } from './settle.ts'

/**
 * Gives up a ready or unacked message. If the queue has a dead-letter exchange it is no longer ready from now on, and `buryDead` moves it
 * there before the turn ends; otherwise it is gone, but for one that has failed too often: that is parked where an operator finds it.
 */
export function deadLetter(broker: Broker, queue: Queue, sequence: number, reason: DeathReason): void {
  const parked = reason === 'delivery_limit' && broker.options.parking !== false
  if (queue.settings.deadLetterExchange === null && !parked) {
    settle(broker, queue, sequence)
    return
  }
  if ((queue.index.flags(sequence) & STATE) === READY) {
    queue.take(sequence)
    if (queue.counts) noteHanded(broker, queue, sequence)
  }
  if (queue.dying.length === 0) broker.dyingQueues.push(queue)
  queue.dying.push({ sequence, reason })
  broker.turn.touch()
}
