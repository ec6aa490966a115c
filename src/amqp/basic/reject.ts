import { basic } from '../../wire/amqp/methods.ts'
import { verb } from '../verb.ts'
import { settleDelivery } from './settle.ts'

export const reject = verb(basic.reject, (channel, { deliveryTag, requeue }) => {
  settleDelivery(channel, deliveryTag, false, requeue ? 'reject-requeue' : 'reject')
})
