import { get as take } from '../../broker/queue/get.ts'
import { renewLease } from '../../broker/queue/lease.ts'
import type { Queue } from '../../core/queue/queue.ts'
import { AmqpError } from '../../wire/amqp/amqp-error.ts'
import { basic } from '../../wire/amqp/methods.ts'
import { queueToRead } from '../lookup.ts'
import { ofStream } from '../stream.ts'
import { LATER, verb } from '../verb.ts'

/** Who has consumers of its own is not asked: this takes messages beside a single active and an exclusive one. */
export const get = verb(basic.get, (channel, { queue: name, noAck }) => {
  const { broker, connection } = channel
  const queue = queueToRead(channel, name)
  if (queue.settings.type === 'stream') throw ofStream('basic.get', queue)
  renewLease(broker, queue)
  if (queue.counts && queue.settings.singleActiveConsumer) throw singleActive(queue)
  const got = take(broker, queue, noAck, connection.resume)
  if (got === 'loading') return LATER
  if (got === null) {
    channel.reply(basic.getEmpty, { clusterId: '' })
    return
  }
  const { bytes, at, length, sequence, redelivered } = got
  let keysLength = 1 + bytes[at]
  keysLength += 1 + bytes[at + keysLength]
  const message = { bytes, keysAt: at, keysLength, contentAt: at + keysLength, contentLength: length - keysLength }
  channel.deliverGot(queue, noAck, sequence, message, redelivered, queue.ready)
})

function singleActive({ name, vhost }: Queue): AmqpError {
  return new AmqpError(
    'resource-locked',
    `cannot obtain access to locked queue '${name}' in vhost '${vhost}'. basic.get operations are not supported by ` +
      '<<"quorum">> queues with single active consumer',
  )
}
