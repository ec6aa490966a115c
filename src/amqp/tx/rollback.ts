import { AmqpError } from '../../wire/amqp/amqp-error.ts'
import { tx } from '../../wire/amqp/methods.ts'
import { verb } from '../verb.ts'

export const txRollback = verb(tx.rollback, (channel) => {
  if (channel.transaction === null) throw new AmqpError('precondition-failed', 'channel is not transactional')
  channel.transaction.drop(channel)
  channel.reply(tx.rollbackOk, {})
})
