import { AmqpError } from '../../wire/amqp/amqp-error.ts'
import { tx } from '../../wire/amqp/methods.ts'
import { Transaction } from '../transaction.ts'
import { verb } from '../verb.ts'

export const txSelect = verb(tx.select, (channel) => {
  if (channel.confirms.on) throw new AmqpError('precondition-failed', 'cannot switch from confirm to tx mode')
  channel.transaction ??= new Transaction(channel.connection.front)
  channel.reply(tx.selectOk, {})
})
