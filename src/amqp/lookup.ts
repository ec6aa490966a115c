import { findQueue } from '../broker/queue/find.ts'
import type { Queue } from '../core/queue/queue.ts'
import type { Channel } from './channel.ts'
import { queueName } from './names.ts'
import { granted } from './refusals.ts'

/** The queue that a method names, if its connection may read from it. */
export function queueToRead(channel: Channel, given: string): Queue {
  const name = queueName(given, channel.lastQueue)
  channel.rights.require('read', 'queue', name)
  return granted(findQueue(channel.vhost, name, channel.connection.id)).queue
}
