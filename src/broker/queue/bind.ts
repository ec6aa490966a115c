import type { Table } from '../../wire/amqp/field.ts'
import { bind, checkBinding, findSource, unbind } from '../bind.ts'
import type { Broker } from '../broker.ts'
import type { Outcome } from '../refusal.ts'
import type { VHost } from '../vhost.ts'
import { findQueue } from './find.ts'

/** What a binding of a queue is known by. */
export interface QueueBinding {
  readonly queue: string
  readonly exchange: string
  readonly key: string
  readonly args: Table
}

/** Binds a queue to an exchange; what is bound already stays so. */
export function bindQueue(broker: Broker, vhost: VHost, connection: number, binding: QueueBinding): Outcome {
  const { key, args } = binding
  const source = findSource(vhost, binding.exchange)
  if (!source.ok) return source
  const found = findQueue(vhost, binding.queue, connection)
  if (!found.ok && found.reason === 'not-found') return found
  // Whether the queue is somebody else's is looked at after the arguments, as in RabbitMQ.
  const refusal = checkBinding(source.exchange, vhost.queues.get(binding.queue)!, key, args)
  if (refusal !== null) return refusal
  return found.ok ? bind(broker, vhost, source.exchange, found.queue, key, args) : found
}

/** Takes a binding out; nothing happens if there is none, nor if the queue or the exchange is not there. */
export function unbindQueue(broker: Broker, vhost: VHost, connection: number, binding: QueueBinding): Outcome {
  const { key, args } = binding
  const source = findSource(vhost, binding.exchange)
  if (!source.ok) return source.reason === 'not-found' ? { ok: true } : source
  const queue = vhost.queues.get(binding.queue)
  if (queue === undefined || vhost.router.binding(source.exchange, queue, key, args) === undefined) return { ok: true }
  const found = findQueue(vhost, binding.queue, connection)
  return found.ok ? unbind(broker, vhost, source.exchange, queue, key, args) : found
}
