import { AmqpError } from '../../wire/amqp/amqp-error.ts'
import { confirm } from '../../wire/amqp/methods.ts'
import { verb } from '../verb.ts'

export const confirmSelect = verb(confirm.select, (channel, { nowait }) => {
  if (channel.transaction !== null) {
    throw new AmqpError('precondition-failed', 'cannot switch from tx to confirm mode')
  }
  channel.confirms.on = true
  if (!nowait) channel.reply(confirm.selectOk, {})
})
