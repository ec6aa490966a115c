import { deliverFirst } from '../../broker/queue/deliver.ts'
import { consumerLeft } from '../../broker/queue/lease.ts'
import { basic } from '../../wire/amqp/methods.ts'
import { verb } from '../verb.ts'

/** Of a consumer that is not there, too, RabbitMQ says that it is cancelled. Deliveries that wait stay with the channel. */
export const cancel = verb(basic.cancel, (channel, { consumerTag, nowait }) => {
  const consumer = channel.consumers.get(consumerTag)
  if (consumer !== undefined) {
    const { queue } = consumer
    deliverFirst(channel.broker, queue)
    channel.consumers.delete(consumerTag)
    consumer.cancel()
    channel.broker.wake(queue)
    consumerLeft(channel.broker, queue)
  } else if (channel.replyTo?.tag === consumerTag) {
    channel.connection.front.replyTargets.delete(channel.replyTo.token)
    channel.replyTo = null
  }
  if (!nowait) channel.reply(basic.cancelOk, { consumerTag })
})
