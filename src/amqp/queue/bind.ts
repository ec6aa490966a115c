import { bindQueue } from '../../broker/queue/bind.ts'
import { queue } from '../../wire/amqp/methods.ts'
import { cleanName, queueName } from '../names.ts'
import { granted } from '../refusals.ts'
import { requireBinding } from '../require-binding.ts'
import { hasRoomToDeclare } from '../room.ts'
import { LATER, verb } from '../verb.ts'

export const queueBind = verb(queue.bind, (channel, args) => {
  if (!hasRoomToDeclare(channel, args.arguments)) return LATER
  const { broker, vhost, connection } = channel
  const name = queueName(args.queue, channel.lastQueue)
  // Without a queue's name and without a key, the key is the queue's name, too.
  const key = args.queue === '' && args.routingKey === '' ? name : args.routingKey
  const binding = { queue: name, exchange: cleanName(args.exchange), key, args: args.arguments }
  requireBinding(channel, 'queue', name, binding.exchange, key)
  granted(bindQueue(broker, vhost, connection.id, binding))
  if (!args.nowait) channel.reply(queue.bindOk, {}, vhost.changedAt)
})
