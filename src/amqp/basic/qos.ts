import { AmqpError } from '../../wire/amqp/amqp-error.ts'
import { basic } from '../../wire/amqp/methods.ts'
import { verb } from '../verb.ts'

/** For each consumer that comes after. `global`, which once meant the channel as a whole, means nothing since RabbitMQ 4.3. */
export const qos = verb(basic.qos, (channel, { prefetchSize, prefetchCount }) => {
  if (prefetchSize !== 0) throw new AmqpError('not-implemented', `prefetch_size!=0 (${prefetchSize})`)
  channel.prefetch = prefetchCount
  channel.reply(basic.qosOk, {})
})
