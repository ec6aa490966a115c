import type { Broker } from '../broker/broker.ts'
import { deadLetter } from '../broker/queue/dead-letter.ts'
import { requeue } from '../broker/queue/requeue.ts'
import { settle } from '../broker/queue/settle.ts'
import type { Queue } from '../core/queue/queue.ts'
import type { Recipient } from './consumer.ts'
import type { Unacked } from './unacked.ts'

/** What a client wants done with a delivery. */
export type Disposal = 'ack' | 'reject' | 'requeue'

/** Deliveries given back in one step when a channel goes. */
const STEP = 4096

export function dispose(broker: Broker, queue: Queue, sequence: number, disposal: Disposal): void {
  if (disposal === 'ack') settle(broker, queue, sequence)
  else if (disposal === 'requeue') requeue(broker, queue, sequence)
  else deadLetter(broker, queue, sequence, 'rejected')
}

/** Gives all deliveries back to their queues, in steps if they are many. */
export function requeueAll(broker: Broker, unacked: Unacked<Recipient>): void {
  const step = () => {
    for (let n = 0; n < STEP; n++) {
      const entry = unacked.first()
      if (entry < 0) return true
      requeue(broker, unacked.owner(entry).queue, unacked.sequence(entry))
      unacked.remove(entry)
    }
    return unacked.outstanding === 0
  }
  if (!step()) broker.turn.start({ step })
}
