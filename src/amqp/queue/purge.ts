import { findQueue } from '../../broker/queue/find.ts'
import { purgeQueue } from '../../broker/queue/purge.ts'
import { queue } from '../../wire/amqp/methods.ts'
import { queueName } from '../names.ts'
import { granted } from '../refusals.ts'
import { ofStream } from '../stream.ts'
import { LATER, verb } from '../verb.ts'

/** A long queue is purged over several turns; the connection waits meanwhile, and the verb is asked again in the end. */
export const queuePurge = verb(queue.purge, (channel, args) => {
  const { broker, vhost, connection } = channel
  const name = queueName(args.queue, channel.lastQueue)
  if (channel.purge === null) {
    channel.rights.require('read', 'queue', name)
    const { queue: found } = granted(findQueue(vhost, name, connection.id))
    if (found.settings.type === 'stream') throw ofStream('queue.purge', found)
    channel.purge = { messages: -1, position: 0 }
    purgeQueue(broker, found, (messages) => {
      channel.purge = { messages, position: found.changedAt }
      connection.resume()
    })
  }
  const { messages, position } = channel.purge
  if (messages < 0) return LATER
  channel.purge = null
  if (!args.nowait) channel.reply(queue.purgeOk, { messageCount: messages }, position)
})
