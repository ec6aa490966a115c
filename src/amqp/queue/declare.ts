import { declareQueue } from '../../broker/queue/declare.ts'
import { findQueue } from '../../broker/queue/find.ts'
import { queue } from '../../wire/amqp/methods.ts'
import { cleanName } from '../names.ts'
import { granted } from '../refusals.ts'
import { verb } from '../verb.ts'

/** The queue that is none: who consumes from it gets the replies to his requests directly. */
const REPLY_TO = 'amq.rabbitmq.reply-to'

export const queueDeclare = verb(queue.declare, (channel, args) => {
  const { broker, vhost, connection } = channel
  const { durable, exclusive, autoDelete } = args
  const name = cleanName(args.queue)
  if (name === REPLY_TO) {
    if (!args.nowait) channel.reply(queue.declareOk, { queue: name, messageCount: 0, consumerCount: 1 })
    return
  }
  const declaration = { name, durable, exclusive, autoDelete, args: args.arguments }
  const outcome = args.passive
    ? findQueue(vhost, name, connection.id)
    : declareQueue(broker, vhost, connection.id, declaration)
  const found = granted(outcome).queue
  channel.lastQueue = found.name
  if (args.nowait) return
  const reply = { queue: found.name, messageCount: found.ready, consumerCount: found.consumers.size }
  channel.reply(queue.declareOk, reply, Math.max(vhost.changedAt, found.changedAt))
})
