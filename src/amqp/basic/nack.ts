import { basic } from '../../wire/amqp/methods.ts'
import { verb } from '../verb.ts'
import { settleDelivery } from './settle.ts'

export const nack = verb(basic.nack, (channel, { deliveryTag, multiple, requeue }) => {
  settleDelivery(channel, deliveryTag, multiple, requeue ? 'nack-requeue' : 'nack')
})
