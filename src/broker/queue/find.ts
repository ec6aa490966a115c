import type { Queue } from '../../core/queue/queue.ts'
import { type Outcome, refuse } from '../refusal.ts'
import type { VHost } from '../vhost.ts'

/** The queue of that name, if this connection may use it: another connection's exclusive queue it may not. */
export function findQueue(vhost: VHost, name: string, connection: number): Outcome<{ readonly queue: Queue }> {
  const queue = vhost.queues.get(name)
  const at = { what: 'queue', name, vhost: vhost.name } as const
  if (queue === undefined) return refuse({ reason: 'not-found', at })
  const owner = queue.settings.exclusiveOwner
  return owner === 0 || owner === connection ? { ok: true, queue } : refuse({ reason: 'locked', at })
}
