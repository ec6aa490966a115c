import type { Queue } from '../../core/queue/queue.ts'
import { PLACE_SHIFT } from '../../core/queue/queue-index.ts'
import type { Broker } from '../broker.ts'
import { dropUnboundExchanges } from '../exchange/delete.ts'
import { type Outcome, refuse } from '../refusal.ts'
import { change } from '../topology.ts'
import type { VHost } from '../vhost.ts'
import { deliverFirst } from './deliver.ts'
import { findQueue } from './find.ts'

/** Messages of a deleted queue that are given up in one go. */
const RUN = 16_384

/** Deletes a queue; one that is not there is deleted already. `messages` is how many were ready. */
export function deleteQueue(
  broker: Broker,
  vhost: VHost,
  connection: number,
  name: string,
  ifUnused: boolean,
  ifEmpty: boolean,
): Outcome<{ readonly messages: number }> {
  const found = findQueue(vhost, name, connection)
  if (!found.ok) return found.reason === 'not-found' ? { ok: true, messages: 0 } : found
  const { queue } = found
  const at = { what: 'queue', name, vhost: vhost.name } as const
  const { type } = queue.settings
  const flag = ifUnused ? 'if-unused' : ifEmpty ? 'if-empty' : null
  if (type === 'quorum' && flag !== null) return refuse({ reason: 'unconditional-delete', at, flag, type })
  // RabbitMQ deletes a stream whatever the flags say, and tells no number.
  if (type === 'stream') {
    dropQueue(broker, queue)
    return { ok: true, messages: 0 }
  }
  deliverFirst(broker, queue)
  if (ifUnused && queue.consumers.size > 0) return refuse({ reason: 'in-use', at })
  if (ifEmpty && queue.ready > 0) return refuse({ reason: 'not-empty', at })
  const messages = queue.ready
  dropQueue(broker, queue)
  return { ok: true, messages }
}

/** The queue goes now: nobody finds it any more. */
export function dropQueue(broker: Broker, queue: Queue): void {
  const vhost = broker.vhosts.get(queue.vhost)
  if (queue.deleted || vhost === undefined) return
  const sources = new Set(vhost.router.bindingsTo(queue).map((binding) => binding.source))
  change(broker, { kind: 'queue-gone', id: queue.id, vhost: vhost.name }, queue.settings.durable)
  retire(broker, queue)
  dropUnboundExchanges(broker, vhost, sources)
}

/** What is left of a queue that is gone from its vhost: its consumers are told, its messages given up bit by bit. */
export function retire(broker: Broker, queue: Queue): void {
  for (const timers of [broker.leases, broker.expiryTimers]) {
    const timer = timers.get(queue)
    if (timer !== undefined) broker.timers.clear(timer)
    timers.delete(queue)
  }
  queue.dying.length = 0
  for (const consumer of [...queue.consumers]) {
    queue.consumers.remove(consumer)
    consumer.cancelled()
  }
  if (queue.settings.type === 'stream') broker.streams?.retired(queue)
  giveUpMessages(broker, queue)
}

/** The journal need not know: what it says about a queue that is gone counts for nothing. */
function giveUpMessages(broker: Broker, queue: Queue): void {
  const { index } = queue
  const step = () => {
    let sequence = index.nextLive(index.head)
    for (let n = 0; n < RUN && sequence < index.tail; n++) {
      const place = (index.flags(sequence) >> PLACE_SHIFT) & 3
      broker.store.release(place, index.position(sequence), index.length(sequence))
      queue.remove(sequence)
      sequence = index.nextLive(sequence + 1)
    }
    return index.live === 0
  }
  if (!step()) broker.turn.start({ step })
}
