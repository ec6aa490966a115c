import { declareQueue } from '../../broker/queue/declare.ts'
import { findQueue } from '../../broker/queue/find.ts'
import { AmqpError } from '../../wire/amqp/amqp-error.ts'
import { queue } from '../../wire/amqp/methods.ts'
import { cleanName } from '../names.ts'
import { granted } from '../refusals.ts'
import { AT_END_OF_TURN } from '../replies.ts'
import { REPLY_TO, REPLY_TO_PREFIX } from '../reply-to.ts'
import { hasRoomToDeclare } from '../room.ts'
import { LATER, verb } from '../verb.ts'

export const queueDeclare = verb(queue.declare, (channel, args) => {
  if (!hasRoomToDeclare(channel, args.arguments)) return LATER
  const { broker, vhost, connection } = channel
  const { durable, exclusive, autoDelete } = args
  const name = cleanName(args.queue)
  if (name.startsWith(REPLY_TO_PREFIX) && !connection.front.replyTargets.has(name.slice(REPLY_TO_PREFIX.length))) {
    throw new AmqpError('internal-error')
  }
  if (name === REPLY_TO || name.startsWith(REPLY_TO_PREFIX)) {
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
  // Settlements of this turn are counted already, but not in the journal before it ends.
  const position = found.settled.length > 0 ? AT_END_OF_TURN : Math.max(vhost.changedAt, found.changedAt)
  channel.reply(queue.declareOk, reply, position)
})
