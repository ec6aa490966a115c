import type { Broker } from '../broker/broker.ts'
import { deadLetter } from '../broker/queue/dead-letter.ts'
import { noteCounted } from '../broker/queue/queue-facts.ts'
import { requeue } from '../broker/queue/requeue.ts'
import { settle } from '../broker/queue/settle.ts'
import type { Queue } from '../core/queue/queue.ts'
import { type Recipient, settled } from './consumer.ts'
import type { Unacked } from './unacked.ts'

/**
 * What a client wants done with a delivery. To a queue that counts a message that was given back with basic.nack is as good as
 * before, and one that was refused with basic.reject has failed once more.
 */
export type Disposal = 'ack' | 'nack' | 'nack-requeue' | 'reject' | 'reject-requeue'

/** Deliveries given back in one step when a channel goes. */
const STEP = 4096

/** A delivery that went back already (its sequence is -1) is no more than counted. */
export function dispose(broker: Broker, queue: Queue, sequence: number, disposal: Disposal): void {
  // A stream keeps what it handed out.
  if (sequence < 0 || queue.settings.type === 'stream') return
  if (disposal === 'ack') settle(broker, queue, sequence)
  else if (disposal === 'nack-requeue') requeue(broker, queue, sequence)
  else if (disposal === 'reject-requeue') requeue(broker, queue, sequence, true)
  else {
    if (disposal === 'reject' && queue.fail(sequence)) noteCounted(broker, queue, sequence)
    deadLetter(broker, queue, sequence, 'rejected')
  }
}

/**
 * Gives the deliveries of one recipient up to a tag back to its queue, but lets them wait for their acknowledgement, which will mean
 * nothing. Returns how many they are.
 */
export function giveBackLate(broker: Broker, unacked: Unacked<Recipient>, recipient: Recipient, upTo: number): number {
  let late = 0
  for (let entry = unacked.first(); entry >= 0 && unacked.tag(entry) <= upTo; entry = unacked.next(entry)) {
    const sequence = unacked.sequence(entry)
    if (unacked.owner(entry) !== recipient || sequence < 0) continue
    unacked.forget(entry)
    requeue(broker, recipient.queue, sequence)
    late++
  }
  recipient.late += late
  return late
}

function giveBack(broker: Broker, queue: Queue, sequence: number): void {
  if (queue.settings.type !== 'stream') requeue(broker, queue, sequence, true)
}

/** Gives all deliveries back to their queues, in steps if they are many. */
export function requeueAll(broker: Broker, unacked: Unacked<Recipient>): void {
  const step = () => {
    for (let n = 0; n < STEP; n++) {
      const entry = unacked.first()
      if (entry < 0) break
      const sequence = unacked.sequence(entry)
      const recipient = unacked.owner(entry)
      if (sequence >= 0) giveBack(broker, recipient.queue, sequence)
      settled(recipient, sequence)
      unacked.remove(entry)
    }
    if (unacked.outstanding > 0) return false
    unacked.release()
    return true
  }
  if (!step()) broker.turn.start({ step })
}
