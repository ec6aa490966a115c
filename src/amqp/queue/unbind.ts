import { unbindQueue } from '../../broker/queue/bind.ts'
import { queue } from '../../wire/amqp/methods.ts'
import { cleanName, queueName } from '../names.ts'
import { granted } from '../refusals.ts'
import { requireBinding } from '../require-binding.ts'
import { hasRoomToDelete } from '../room.ts'
import { LATER, verb } from '../verb.ts'

export const queueUnbind = verb(queue.unbind, (channel, args) => {
  if (!hasRoomToDelete(channel)) return LATER
  const { broker, vhost, connection } = channel
  const name = queueName(args.queue, channel.lastQueue)
  const key = args.queue === '' && args.routingKey === '' ? name : args.routingKey
  const binding = { queue: name, exchange: cleanName(args.exchange), key, args: args.arguments }
  requireBinding(channel, 'queue', name, binding.exchange, key)
  granted(unbindQueue(broker, vhost, connection.id, binding))
  channel.reply(queue.unbindOk, {}, vhost.changedAt)
})
