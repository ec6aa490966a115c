import { findQueue } from '../broker/queue/find.ts'
import type { Queue } from '../core/queue/queue.ts'
import type { Channel } from './channel.ts'
import { queueName } from './names.ts'
import { granted } from './refusals.ts'

/** The queue that a method names, if its connection may use it. */
export function queueOf(channel: Channel, name: string): Queue {
  return granted(findQueue(channel.vhost, queueName(name, channel.lastQueue), channel.connection.id)).queue
}
