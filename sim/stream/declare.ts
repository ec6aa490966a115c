import { EMPTY_TABLE, tableOf } from '../../src/wire/amqp/field.ts'
import { exchange, queue } from '../../src/wire/amqp/methods.ts'
import type { AmqpLink } from '../amqp/link.ts'
import type { StreamModel } from './model.ts'

/** Bound to every stream. */
export const ALL = 'streams'
/** A segment is closed when it is so long: bytes. */
const SEGMENT = 3000
const KEPT = 12_000
/** How long a message stays in the queue from which it goes to a stream. */
const TTL_MS = 30

/** The queue whose dead letters go to a stream. */
export function waitingFor(stream: string): string {
  return `waits for ${stream}`
}

/** Declares what all clients use; doing it again changes nothing. */
export function declareStreams(link: AmqpLink, model: StreamModel): void {
  const common = { ticket: 0, passive: false, durable: true, autoDelete: false, nowait: false, exclusive: false }
  const fanout = { exchange: ALL, type: 'fanout', internal: false, arguments: EMPTY_TABLE }
  link.send(exchange.declare, { ...common, ...fanout })
  for (const { name, limited } of model.kinds) {
    const args = {
      'x-queue-type': 'stream',
      'x-stream-max-segment-size-bytes': SEGMENT,
      ...(limited ? { 'x-max-length-bytes': KEPT } : {}),
    }
    link.send(queue.declare, { ...common, queue: name, arguments: tableOf(args) })
    const dying = { 'x-message-ttl': TTL_MS, 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': name }
    link.send(queue.declare, { ...common, queue: waitingFor(name), arguments: tableOf(dying) })
    link.send(queue.bind, {
      ticket: 0,
      queue: name,
      exchange: ALL,
      routingKey: '',
      nowait: false,
      arguments: EMPTY_TABLE,
    })
  }
}
