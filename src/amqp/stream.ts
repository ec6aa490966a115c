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

/** Where a consumer wants to begin, and what it wants to see; or the error that RabbitMQ has for what it asks. */
export function streamWish(
  channel: Channel,
  { name, vhost }: Queue,
  asked: { readonly noAck: boolean; readonly arguments: Table },
): { readonly start: Start; readonly filter: Filter | null } {
  const where = `queue '${name}' in vhost '${vhost}'`
  const field = asked.arguments.get('x-stream-offset')
  const start = parseStart(field, channel.broker.env.clock.now())
  if (start === null && field?.type === 'S') {
    const given = `{${FIELD_TYPE_NAMES[field.type]},${erlangTerm(field)}}`
    throw new AmqpError(
      'precondition-failed',
      `invalid arg 'x-stream-offset' for ${where}: {invalid_stream_offset_arg,${given}}`,
    )
  }
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
