import { unbindExchange } from '../../broker/exchange/bind.ts'
import { exchange } from '../../wire/amqp/methods.ts'
import { cleanName } from '../names.ts'
import { granted } from '../refusals.ts'
import { requireBinding } from '../require-binding.ts'
import { hasRoomToDelete } from '../room.ts'
import { LATER, verb } from '../verb.ts'

export const exchangeUnbind = verb(exchange.unbind, (channel, args) => {
  if (!hasRoomToDelete(channel)) return LATER
  const { broker, vhost } = channel
  const source = cleanName(args.source)
  const destination = cleanName(args.destination)
  requireBinding(channel, 'exchange', destination, source, args.routingKey)
  granted(unbindExchange(broker, vhost, { source, destination, key: args.routingKey, args: args.arguments }))
  if (!args.nowait) channel.reply(exchange.unbindOk, {}, vhost.changedAt)
})
