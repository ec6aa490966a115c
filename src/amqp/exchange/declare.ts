import { checkExchange, declareExchange, type ExchangeDeclaration } from '../../broker/exchange/declare.ts'
import { isExchangeType } from '../../core/exchange/types.ts'
import { exchange } from '../../wire/amqp/methods.ts'
import type { Channel } from '../channel.ts'
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
  requireDeclaration(channel, declaration, args.passive)
  granted(args.passive ? checkExchange(vhost, name) : declareExchange(broker, vhost, declaration))
  if (!args.nowait) channel.reply(exchange.declareOk, {}, vhost.changedAt)
})

/** Who names an alternate exchange sends messages there: that takes as much as doing it oneself. */
function requireDeclaration(
  { rights, vhost }: Channel,
  { name, type, args }: ExchangeDeclaration,
  passive: boolean,
): void {
  // What is refused whoever asks has RabbitMQ's other words.
  if (name === '' || (!passive && !isExchangeType(type))) return
  if (passive) {
    rights.requireAny('exchange', name)
    return
  }
  rights.require('configure', 'exchange', name)
  const alternate = args.get('alternate-exchange')
  if (alternate?.type !== 'S' || vhost.router.exchanges.has(name) || name.startsWith('amq.')) return
  rights.require('read', 'exchange', name)
  rights.require('write', 'exchange', String(alternate.value))
}
