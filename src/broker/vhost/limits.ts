import { VHOST_LIMITS } from '../../core/policy/parameters.ts'
import type { Broker } from '../broker.ts'

/** The vhost's own limit, Infinity for none: a negative one is none. */
export function vhostLimit(broker: Broker, vhost: string, name: 'max-connections' | 'max-queues'): number {
  const limits = broker.parameters.get(vhost, VHOST_LIMITS, 'limits')?.value as Record<string, number> | undefined
  const limit = limits?.[name]
  return limit === undefined || limit < 0 ? Number.POSITIVE_INFINITY : limit
}
