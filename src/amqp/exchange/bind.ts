import { bindExchange } from '../../broker/exchange/bind.ts'
import { exchange } from '../../wire/amqp/methods.ts'
import { cleanName } from '../names.ts'
import { granted } from '../refusals.ts'
import { requireBinding } from '../require-binding.ts'
import { hasRoomToDeclare } from '../room.ts'
import { LATER, verb } from '../verb.ts'

export const exchangeBind = verb(exchange.bind, (channel, args) => {
  if (!hasRoomToDeclare(channel, args.arguments)) return LATER
  const { broker, vhost } = channel
  const source = cleanName(args.source)
  const destination = cleanName(args.destination)
  requireBinding(channel, 'exchange', destination, source, args.routingKey)
  granted(bindExchange(broker, vhost, { source, destination, key: args.routingKey, args: args.arguments }))
  if (!args.nowait) channel.reply(exchange.bindOk, {}, vhost.changedAt)
})
