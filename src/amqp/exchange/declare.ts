import { checkExchange, declareExchange } from '../../broker/exchange/declare.ts'
import { exchange } from '../../wire/amqp/methods.ts'
import { cleanName } from '../names.ts'
import { granted } from '../refusals.ts'
import { hasRoomToDeclare } from '../room.ts'
import { LATER, verb } from '../verb.ts'

export const exchangeDeclare = verb(exchange.declare, (channel, args) => {
  if (!hasRoomToDeclare(channel, args.arguments)) return LATER
  const { broker, vhost } = channel
  const { type, durable, autoDelete, internal } = args
  const name = cleanName(args.exchange)
  const declaration = { name, type, durable, autoDelete, internal, args: args.arguments }
  granted(args.passive ? checkExchange(vhost, name) : declareExchange(broker, vhost, declaration))
  if (!args.nowait) channel.reply(exchange.declareOk, {}, vhost.changedAt)
})
