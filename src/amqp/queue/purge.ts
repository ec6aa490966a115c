import { findQueue } from '../../broker/queue/find.ts'
import { purgeQueue } from '../../broker/queue/purge.ts'
import { queue } from '../../wire/amqp/methods.ts'
import { queueName } from '../names.ts'
import { granted } from '../refusals.ts'
import { verb } from '../verb.ts'

export const queuePurge = verb(queue.purge, (channel, args) => {
  const { broker, vhost, connection } = channel
  const name = queueName(args.queue, channel.lastQueue)
  const { queue: found } = granted(findQueue(vhost, name, connection.id))
  purgeQueue(broker, found, (messages) => {
    if (!args.nowait) channel.reply(queue.purgeOk, { messageCount: messages }, found.changedAt)
  })
})
