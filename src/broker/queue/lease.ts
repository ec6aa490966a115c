import type { Queue } from '../../core/queue/queue.ts'
import type { Broker } from '../broker.ts'
import { dropQueue } from './delete.ts'

/**
 * Somebody uses the queue: declares it, gets from it, or was its last consumer until now. A queue with `x-expires` goes when
 * nobody has for that long.
 */
export function renewLease(broker: Broker, queue: Queue): void {
  const { expires } = queue.settings
  const timer = broker.leases.get(queue)
  if (timer !== undefined) broker.timers.clear(timer)
  broker.leases.delete(queue)
  queue.leasedFor = expires
  if (expires === Number.POSITIVE_INFINITY) return
  const check = () => {
    broker.leases.delete(queue)
    // With consumers it is in use; the last one to go renews the lease.
    if (queue.consumers.size === 0) dropQueue(broker, queue)
  }
  broker.leases.set(queue, broker.timers.after(expires, check))
}

/** The settings may have changed: only a lease that is for another time begins anew. */
export function adjustLease(broker: Broker, queue: Queue): void {
  if (queue.settings.expires !== queue.leasedFor) renewLease(broker, queue)
}

/** A consumer has left the queue (and is out of its list): an auto-delete queue goes with the last one. */
export function consumerLeft(broker: Broker, queue: Queue): void {
  if (queue.consumers.size > 0 || queue.deleted) return
  if (queue.settings.autoDelete) dropQueue(broker, queue)
  else renewLease(broker, queue)
}

/** A connection has ended: its exclusive queues go. */
export function releaseExclusive(broker: Broker, vhostName: string, connection: number): void {
  const own = broker.vhosts.get(vhostName)?.exclusiveQueues.get(connection)
  if (own !== undefined) for (const queue of [...own]) dropQueue(broker, queue)
}

/** After a restart the leases of the queues that came back begin anew. */
export function registerLeases(broker: Broker): void {
  broker.afterRecovery.push(() => {
    for (const queue of broker.queuesById.values()) renewLease(broker, queue)
  })
}
