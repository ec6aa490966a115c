import { basic } from '../../wire/amqp/methods.ts'
import { verb } from '../verb.ts'
import { settleDelivery } from './settle.ts'

export const ack = verb(basic.ack, (channel, { deliveryTag, multiple }) => {
  settleDelivery(channel, deliveryTag, multiple, 'ack')
})
