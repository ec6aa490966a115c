import { deleteExchange } from '../../broker/exchange/delete.ts'
import { exchange } from '../../wire/amqp/methods.ts'
import { cleanName } from '../names.ts'
import { granted } from '../refusals.ts'
import { hasRoomToDelete } from '../room.ts'
import { LATER, verb } from '../verb.ts'

export const exchangeDelete = verb(exchange.delete, (channel, args) => {
  if (!hasRoomToDelete(channel)) return LATER
  const { broker, vhost } = channel
  const name = cleanName(args.exchange)
  // The broker's own are nobody's to delete, whatever one may do.
  if (name !== '' && !name.startsWith('amq.')) channel.rights.require('configure', 'exchange', name)
  granted(deleteExchange(broker, vhost, name, args.ifUnused))
  if (!args.nowait) channel.reply(exchange.deleteOk, {}, vhost.changedAt)
})
