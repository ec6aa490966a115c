import { getU32, putU32 } from '../../std/bytes.ts'
import type { Broker } from '../broker.ts'
import { Part, Record } from '../records.ts'
import { applyCounted } from './counted-record.ts'
import { deadLetter } from './dead-letter.ts'
import { watchHeads } from './expire.ts'
import { shorten } from './limits.ts'
import { applyMessage } from './message-record.ts'
import { noteCounted } from './queue-facts.ts'
import { applyHanded, applySettlement } from './range-record.ts'

/** Teaches the broker to rebuild its queues' contents from the journal and the checkpoint. */
export function registerQueueFold(broker: Broker): void {
  broker.applies.set(Record.message, (bytes, at, length, position, time) =>
    applyMessage(broker, bytes, at, length, position, time),
  )
  broker.applies.set(Record.settle, (bytes, at) => applySettlement(broker, bytes, at))
  broker.applies.set(Record.handed, (bytes, at) => applyHanded(broker, bytes, at))
  broker.applies.set(Record.counted, (bytes, at) => applyCounted(broker, bytes, at))
  broker.parts.push({
    kind: Part.queue,
    consistent: false,
    snapshot: () => snapshotQueues(broker),
    load: (bytes) => loadQueue(broker, bytes),
  })
  broker.afterRecovery.push((clean) => {
    for (const queue of broker.queuesById.values()) {
      queue.recovered(
        !clean,
        broker.env.clock.now(),
        (place, position, length) => broker.store.retain(place, position, length),
        (sequence, fate) => {
          // Should an older record of it be applied again, on top of what a checkpoint says, this one is the last.
          noteCounted(broker, queue, sequence)
          if (fate === 'over') deadLetter(broker, queue, sequence, 'delivery_limit')
        },
      )
      if (queue.expires || queue.delayed.size > 0) watchHeads(broker, queue)
      if (queue.ready > 0) broker.wake(queue)
      shorten(broker, queue)
    }
  })
}

/** A slice of a queue's index: queue id u32, then the index's own bytes. */
function* snapshotQueues(broker: Broker): Generator<Uint8Array> {
  for (const queue of [...broker.queuesById.values()]) {
    if (!queue.settings.durable) continue
    for (const slice of queue.index.snapshot()) {
      const bytes = new Uint8Array(4 + slice.length)
      putU32(bytes, 0, queue.id)
      bytes.set(slice, 4)
      yield bytes
    }
  }
}

function loadQueue(broker: Broker, bytes: Uint8Array): void {
  const queue = broker.queuesById.get(getU32(bytes, 0))
  if (queue === undefined) return
  queue.index.load(bytes.subarray(4))
}
