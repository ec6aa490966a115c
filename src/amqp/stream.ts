import type { Queue } from '../core/queue/queue.ts'
import { type Filter, parseFilter } from '../core/stream/filter.ts'
import { parseStart, type Start } from '../core/stream/start.ts'
import { AmqpError } from '../wire/amqp/amqp-error.ts'
import { erlangTerm } from '../wire/amqp/erlang-term.ts'
import { FIELD_TYPE_NAMES, type Table } from '../wire/amqp/field.ts'
import type { Channel } from './channel.ts'

/** What streams don't know. */
export function ofStream(method: string, { name, vhost }: Queue): AmqpError {
  return new AmqpError(
    'not-implemented',
    `${method} not supported by stream queues queue '${name}' in vhost '${vhost}'`,
  )
}

/** Where a consumer wants to begin; null for what RabbitMQ finds out later that it can't be. A text that makes no sense is told before anything else. */
export function streamStart(channel: Channel, { name, vhost }: Queue, args: Table): Start | null {
  const field = args.get('x-stream-offset')
  const start = parseStart(field, channel.broker.env.clock.now())
  if (start !== null || field?.type !== 'S') return start
  const given = `{${FIELD_TYPE_NAMES[field.type]},${erlangTerm(field)}}`
  throw new AmqpError(
    'precondition-failed',
    `invalid arg 'x-stream-offset' for queue '${name}' in vhost '${vhost}': {invalid_stream_offset_arg,${given}}`,
  )
}

/** Where a consumer begins, and what it wants to see; or the error that RabbitMQ has for what it asks. */
export function streamWish(
  channel: Channel,
  { name, vhost }: Queue,
  asked: { readonly noAck: boolean; readonly arguments: Table },
  start: Start | null,
): { readonly start: Start; readonly filter: Filter | null } {
  const where = `queue '${name}' in vhost '${vhost}'`
  if (channel.prefetch === 0) {
    throw new AmqpError('precondition-failed', `consumer prefetch count is not set for stream ${where}`)
  }
  if (asked.noAck) {
    throw new AmqpError('not-implemented', `automatic acknowledgement not supported by stream ${where}`)
  }
  const filter = parseFilter(asked.arguments)
  // RabbitMQ's channel dies of these.
  if (start === null || filter === undefined) throw new AmqpError('internal-error', '', { anonymous: true })
  return { start, filter }
}
