import type { Queue } from '../core/queue/queue.ts'
import { AmqpError } from '../wire/amqp/amqp-error.ts'
import type { Channel } from './channel.ts'

/** The name of a queue, where an empty one means the last that was declared on the channel. */
export function queueName(channel: Channel, name: string): string {
  if (name !== '') return name
  if (channel.lastQueue === '') throw new AmqpError('not-found', 'no previously declared queue')
  return channel.lastQueue
}

/** The queue a client names, if it may use it. */
export function queueOf(channel: Channel, given: string): Queue {
  const name = queueName(channel, given)
  const queue = channel.vhost.queues.get(name)
  const place = `queue '${name}' in vhost '${channel.vhost.name}'`
  if (queue === undefined) throw new AmqpError('not-found', `no ${place}`)
  const owner = queue.settings.exclusiveOwner
  if (owner === 0 || owner === channel.connection.id) return queue
  throw new AmqpError(
    'resource-locked',
    `cannot obtain exclusive access to locked ${place}. It could be originally declared on another connection or the exclusive property value does not match that of the original declaration.`,
  )
}
