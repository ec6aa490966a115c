import { get as take } from '../../broker/queue/get.ts'
import { renewLease } from '../../broker/queue/lease.ts'
import { basic } from '../../wire/amqp/methods.ts'
import { queueToRead } from '../lookup.ts'
import { LATER, verb } from '../verb.ts'

/** Beside a single active or an exclusive consumer nobody gets anything. */
export const get = verb(basic.get, (channel, { queue: name, noAck }) => {
  const { broker, connection } = channel
  const queue = queueToRead(channel, name)
  renewLease(broker, queue)
  const reserved = queue.settings.singleActiveConsumer || queue.consumers.first()?.exclusive === true
  const got = reserved ? null : take(broker, queue, noAck, connection.resume)
  if (got === 'loading') return LATER
  if (got === null) {
    channel.reply(basic.getEmpty, { clusterId: '' })
    return
  }
  const { bytes } = broker.arena
  const { at, length, sequence, redelivered } = got
  let keysLength = 1 + bytes[at]
  keysLength += 1 + bytes[at + keysLength]
  const message = { bytes, keysAt: at, keysLength, contentAt: at + keysLength, contentLength: length - keysLength }
  channel.deliverGot(queue, noAck, sequence, message, redelivered, queue.ready)
})
