import type { Queue } from '../../core/queue/queue.ts'
import { DELAYED, READY, STATE } from '../../core/queue/queue-index.ts'
import type { Broker } from '../broker.ts'
import { deliverFirst } from './deliver.ts'
import { journalSettlements } from './queue-facts.ts'
import { settle } from './settle.ts'

/** Messages that are purged in one go. */
const RUN = 16_384
/** What a settlement takes in the journal if no other is its neighbour. */
const SETTLEMENT = 16

/**
 * Takes out the messages that are ready now, or will be after a delay; deliveries that wait for their acknowledgement stay. `done` gets how many they were,
 * before `purge` returns if they are few; `queue.changedAt` is then the position that the reply waits for.
 */
export function purgeQueue(broker: Broker, queue: Queue, done: (messages: number) => void): void {
  deliverFirst(broker, queue)
  const { index } = queue
  const end = index.tail
  let from = index.head
  let messages = 0
  const step = () => {
    const most = Math.min(RUN, Math.floor((broker.store.journal.roomForSettlement() - broker.settling) / SETTLEMENT))
    let sequence = index.nextLive(from)
    for (let n = 0; n < most && sequence < end; n++) {
      const state = index.flags(sequence) & STATE
      if ((state === READY || state === DELAYED) && settle(broker, queue, sequence)) messages++
      sequence = index.nextLive(sequence + 1)
    }
    from = sequence
    if (from >= end || queue.deleted) {
      if (queue.ready === 0) queue.emptied()
      journalSettlements(broker)
      done(messages)
      return true
    }
    if (most === RUN) return false
    broker.whenRoom(() => broker.turn.start({ step }))
    return true
  }
  if (!step()) broker.turn.start({ step })
}
