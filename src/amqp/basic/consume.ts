import { deliverFirst } from '../../broker/queue/deliver.ts'
import type { Queue } from '../../core/queue/queue.ts'
import { AmqpError } from '../../wire/amqp/amqp-error.ts'
import { FIELD_TYPE_NAMES, type Table } from '../../wire/amqp/field.ts'
import { basic } from '../../wire/amqp/methods.ts'
import type { Channel } from '../channel.ts'
import { requireMemory } from '../channel-limit.ts'
import { AmqpConsumer } from '../consumer.ts'
import { consumerTimeout, watchConsumer } from '../consumer-timeout.ts'
import { queueToRead } from '../lookup.ts'
import { REPLY_TO } from '../reply-to.ts'
import { streamStart, streamWish } from '../stream.ts'
import { verb } from '../verb.ts'

export const consume = verb(basic.consume, (channel, args) => {
  if (args.queue === REPLY_TO) consumeReplies(channel, args)
  else consumeQueue(channel, args)
})

interface Consume {
  readonly queue: string
  readonly consumerTag: string
  readonly noAck: boolean
  readonly exclusive: boolean
  readonly nowait: boolean
  readonly arguments: Table
}

function consumeQueue(channel: Channel, args: Consume): void {
  requireMemory(channel.connection)
  if (args.consumerTag !== '' && channel.consumers.has(args.consumerTag)) throw reused(args.consumerTag)
  const queue = queueToRead(channel, args.queue)
  const priority = priorityOf(queue, args.arguments)
  const timeoutMs = consumerTimeout(queue, args.arguments)
  const isStream = queue.settings.type === 'stream'
  const start = isStream ? streamStart(channel, queue, args.arguments) : null
  checkKnown(queue, args.arguments)
  const wish = isStream ? streamWish(channel, queue, args, start) : null
  checkExclusive(queue, args.exclusive)
  const consumer = new AmqpConsumer(channel, queue, {
    tag: tagOf(channel, args.consumerTag),
    noAck: args.noAck,
    exclusive: args.exclusive,
    priority,
    prefetch: channel.prefetch,
    args: args.arguments,
  })
  deliverFirst(channel.broker, queue)
  channel.consumers.set(consumer.tag, consumer)
  if (!args.noAck && timeoutMs < Number.POSITIVE_INFINITY) watchConsumer(channel, consumer, timeoutMs)
  queue.consumers.add(consumer)
  if (wish !== null) channel.broker.streams?.attach(queue, consumer, wish.start, wish.filter)
  if (!args.nowait) channel.reply(basic.consumeOk, { consumerTag: consumer.tag }, queue.changedAt)
  channel.broker.wake(queue)
}

/** Arguments that only consumers of some types of queues have. */
const OF_TYPES: Readonly<Record<string, readonly string[]>> = {
  'x-consumer-timeout': ['quorum'],
  'x-priority': ['classic', 'quorum'],
  'x-stream-filter': ['stream'],
  'x-stream-match-unfiltered': ['stream'],
  'x-stream-offset': ['stream'],
}

function checkKnown({ name, vhost, settings }: Queue, args: Table): void {
  for (const arg of args.keys()) {
    if (!Object.hasOwn(OF_TYPES, arg) || OF_TYPES[arg]!.includes(settings.type)) continue
    throw new AmqpError(
      'precondition-failed',
      `invalid arg '${arg}' for queue '${name}' in vhost '${vhost}' of queue type rabbit_${settings.type}_queue`,
    )
  }
}

function reused(tag: string): AmqpError {
  return new AmqpError('not-allowed', `attempt to reuse consumer tag '${tag}'`)
}

function tagOf(channel: Channel, asked: string): string {
  return asked === '' ? `amq.ctag-${channel.connection.front.token()}` : asked
}

/** An exclusive consumer is alone; a single-active-consumer queue has no exclusive ones. Quorum queues don't look at it. */
function checkExclusive(queue: Queue, exclusive: boolean): void {
  const { consumers, settings } = queue
  if (queue.counts) return
  const first = consumers.first()
  const taken = exclusive ? first !== null || settings.singleActiveConsumer : first?.exclusive === true
  if (!taken) return
  throw new AmqpError('access-refused', `queue '${queue.name}' in vhost '${queue.vhost}' in exclusive use`)
}

function priorityOf(queue: Queue, args: Table): number {
  const field = args.get('x-priority')
  // Of a stream it is not asked what it is: that is refused with the other arguments that streams do not have.
  if (field === undefined || queue.settings.type === 'stream') return 0
  if (typeof field.value === 'number' && Number.isInteger(field.value) && field.type !== 'f' && field.type !== 'd') {
    return field.value
  }
  throw new AmqpError(
    'precondition-failed',
    `invalid arg 'x-priority' for queue '${queue.name}' in vhost '${queue.vhost}': "expected integer, got ${FIELD_TYPE_NAMES[field.type]}"`,
  )
}

/** Direct reply-to: replies come straight to this channel, from no queue. */
function consumeReplies(channel: Channel, args: Consume): void {
  if (channel.replyTo !== null) throw new AmqpError('precondition-failed', 'reply consumer already set')
  if (!args.noAck) throw new AmqpError('precondition-failed', 'reply consumer cannot acknowledge')
  if (channel.consumers.has(args.consumerTag)) throw reused(args.consumerTag)
  const { front } = channel.connection
  const tag = tagOf(channel, args.consumerTag)
  const token = `${front.token()}.${front.token()}`
  channel.replyTo = { tag, token }
  front.replyTargets.set(token, channel)
  if (!args.nowait) channel.reply(basic.consumeOk, { consumerTag: tag })
}
