import { EMPTY_TABLE } from '../../wire/amqp/field.ts'
import type { Broker } from '../broker.ts'
import { change } from '../topology.ts'
import type { VHost } from '../vhost.ts'

/**
 * In each vhost where one is needed, the queue of messages that failed too often in a quorum queue without a dead-letter exchange. Clients
 * can't declare a queue of such a name, so it is nobody else's; its messages say in their `x-death` where they come from.
 */
export const PARKING = 'amq.parked'

/** Makes it if it is not there. False if the journal has no room for that now. */
export function openParking(broker: Broker, vhost: VHost): boolean {
  if (vhost.queues.has(PARKING)) return true
  if (!broker.hasRoomForDefinition(4096, true)) return false
  const id = ++broker.lastId
  const at = { vhost: vhost.name, name: PARKING }
  const settings = { durable: true, autoDelete: false, exclusiveOwner: 0, args: EMPTY_TABLE }
  change(broker, { kind: 'queue', id, ...at, ...settings }, true)
  return true
}
