import { declareQueue, generateName } from '../../broker/queue/declare.ts'
import { findQueue } from '../../broker/queue/find.ts'
import { messagesIn } from '../../broker/stream/count.ts'
import { STREAM_ROOM } from '../../broker/stream/stream-logs.ts'
import { AmqpError } from '../../wire/amqp/amqp-error.ts'
import type { Table } from '../../wire/amqp/field.ts'
import { queue } from '../../wire/amqp/methods.ts'
import type { Channel } from '../channel.ts'
import { cleanName } from '../names.ts'
import { granted } from '../refusals.ts'
import { AT_END_OF_TURN } from '../replies.ts'
import { REPLY_TO, REPLY_TO_PREFIX } from '../reply-to.ts'
import { hasRoomToDeclare } from '../room.ts'
import { LATER, verb } from '../verb.ts'

export const queueDeclare = verb(queue.declare, (channel, args) => {
  const { broker, vhost, connection } = channel
  const log = args.arguments.has('x-queue-type') || vhost.defaultQueueType === 'stream' ? STREAM_ROOM : 0
  if (!hasRoomToDeclare(channel, args.arguments, log)) return LATER
  const { durable, exclusive, autoDelete } = args
  const asked = cleanName(args.queue)
  const generated = asked === '' && !args.passive
  const name = generated ? generateName(broker.env.random, 'amq.gen-') : asked
  if (name.startsWith(REPLY_TO_PREFIX) && !connection.front.replyTargets.has(name.slice(REPLY_TO_PREFIX.length))) {
    throw new AmqpError('internal-error', '', { anonymous: true })
  }
  if (name === REPLY_TO || name.startsWith(REPLY_TO_PREFIX)) {
    if (!args.nowait) channel.reply(queue.declareOk, { queue: name, messageCount: 0, consumerCount: 1 })
    return
  }
  if (args.passive) channel.rights.requireAny('queue', name)
  else requireDeclaration(channel, name, generated, args.arguments)
  const declaration = { name, generated, durable, exclusive, autoDelete, args: args.arguments }
  const outcome = args.passive
    ? findQueue(vhost, name, connection.id)
    : declareQueue(broker, vhost, connection.id, declaration)
  const found = granted(outcome).queue
  channel.lastQueue = found.name
  if (args.nowait) return
  const reply = { queue: found.name, messageCount: messagesIn(broker, found), consumerCount: found.consumerCount }
  // Settlements of this turn are counted already, but not in the journal before it ends.
  const position = found.settled.length > 0 ? AT_END_OF_TURN : Math.max(vhost.changedAt, found.changedAt)
  channel.reply(queue.declareOk, reply, position)
})

/** Who names a dead-letter exchange takes messages from the queue and sends them there: that takes as much as doing it oneself. */
function requireDeclaration({ rights, vhost }: Channel, name: string, generated: boolean, args: Table): void {
  // What is refused whoever asks has RabbitMQ's other words.
  if (name.startsWith('amq.') && !generated) return
  rights.require('configure', 'queue', name)
  const exchange = args.get('x-dead-letter-exchange')
  if (exchange?.type !== 'S' || vhost.queues.has(name)) return
  rights.require('read', 'queue', name)
  rights.require('write', 'exchange', String(exchange.value))
}
