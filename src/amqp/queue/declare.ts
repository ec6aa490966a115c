import { declarePassively, declareQueue, generateName } from '../../broker/queue/declare.ts'
import { messagesIn } from '../../broker/stream/count.ts'
import { STREAM_ROOM } from '../../broker/stream/stream-logs.ts'
import { AmqpError } from '../../wire/amqp/amqp-error.ts'
import type { Table } from '../../wire/amqp/field.ts'
import { queue } from '../../wire/amqp/methods.ts'
import type { Channel } from '../channel.ts'
import { cleanName } from '../names.ts'
import { granted } from '../refusals.ts'
import { AT_END_OF_TURN } from '../replies.ts'
import { REPLY_TO, REPLY_TO_PREFIX, REPLY_TOKEN } from '../reply-to.ts'
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
  if (name.startsWith(REPLY_TO_PREFIX)) requireReplyTarget(channel, name)
  if (name === REPLY_TO || name.startsWith(REPLY_TO_PREFIX)) {
    if (!args.nowait) channel.reply(queue.declareOk, { queue: name, messageCount: 0, consumerCount: 1 })
    return
  }
  if (args.passive) channel.rights.requireAny('queue', name)
  else requireDeclaration(channel, name, generated, args.arguments)
  const declaration = { name, generated, durable, exclusive, autoDelete, args: args.arguments }
  const outcome = args.passive
    ? declarePassively(broker, vhost, connection.id, name)
    : declareQueue(broker, vhost, connection.id, declaration)
  const found = granted(outcome).queue
  channel.lastQueue = found.name
  if (args.nowait) return
  const reply = { queue: found.name, messageCount: messagesIn(broker, found), consumerCount: found.consumerCount }
  // Settlements of this turn are counted already, but not in the journal before it ends.
  const position = found.settled.length > 0 ? AT_END_OF_TURN : Math.max(vhost.changedAt, found.changedAt)
  channel.reply(queue.declareOk, reply, position)
})

/** Nobody consumes replies by that name: one that the broker may have made is not there, and of others RabbitMQ can make nothing. */
function requireReplyTarget({ connection, vhost }: Channel, name: string): void {
  const token = name.slice(REPLY_TO_PREFIX.length)
  if (connection.front.replyTargets.has(token)) return
  if (!REPLY_TOKEN.test(token)) throw new AmqpError('internal-error', '', { anonymous: true })
  throw new AmqpError('not-found', `no queue '${name}' in vhost '${vhost.name}'`)
}

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
