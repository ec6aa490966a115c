import { deleteQueue } from '../../broker/queue/delete.ts'
import { queue } from '../../wire/amqp/methods.ts'
import { queueName } from '../names.ts'
import { granted } from '../refusals.ts'
import { hasRoomToDelete } from '../room.ts'
import { LATER, verb } from '../verb.ts'

export const queueDelete = verb(queue.delete, (channel, args) => {
  if (!hasRoomToDelete(channel)) return LATER
  const { broker, vhost, connection } = channel
  const name = queueName(args.queue, channel.lastQueue)
  channel.rights.require('configure', 'queue', name)
  channel.answerFirst(() => {
    const { messages } = granted(deleteQueue(broker, vhost, connection.id, name, args.ifUnused, args.ifEmpty))
    if (!args.nowait) channel.reply(queue.deleteOk, { messageCount: messages }, vhost.changedAt)
  })
})
