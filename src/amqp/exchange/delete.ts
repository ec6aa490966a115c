import { deleteExchange } from '../../broker/exchange/delete.ts'
import { exchange } from '../../wire/amqp/methods.ts'
import { cleanName } from '../names.ts'
import { granted } from '../refusals.ts'
import { hasRoomToDelete } from '../room.ts'
import { LATER, verb } from '../verb.ts'

export const exchangeDelete = verb(exchange.delete, (channel, args) => {
  if (!hasRoomToDelete(channel)) return LATER
  const { broker, vhost } = channel
  granted(deleteExchange(broker, vhost, cleanName(args.exchange), args.ifUnused))
  if (!args.nowait) channel.reply(exchange.deleteOk, {}, vhost.changedAt)
})
