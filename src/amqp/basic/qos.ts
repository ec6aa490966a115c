import { AmqpError } from '../../wire/amqp/amqp-error.ts'
import { basic } from '../../wire/amqp/methods.ts'
import { verb } from '../verb.ts'

/** RabbitMQ's meaning: `global` is for the channel as a whole, otherwise for each consumer that comes after. */
export const qos = verb(basic.qos, (channel, { prefetchSize, prefetchCount, global }) => {
  if (prefetchSize !== 0) throw new AmqpError('not-implemented', `prefetch_size!=0 (${prefetchSize})`)
  if (global) {
    channel.prefetch = prefetchCount
    channel.wakeConsumers()
  } else channel.consumerPrefetch = prefetchCount
  channel.reply(basic.qosOk, {})
})
