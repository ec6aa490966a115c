import type { Table } from '../../wire/amqp/field.ts'
import { bind, findSource, unbind } from '../bind.ts'
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
  const source = findSource(vhost, binding.exchange)
  if (!source.ok) return source
  const found = findQueue(vhost, binding.queue, connection)
  if (!found.ok) return found
  return bind(broker, vhost, source.exchange, found.queue, binding.key, binding.args)
}

/** Takes a binding out; nothing happens if there is none, nor if the queue or the exchange is not there. */
export function unbindQueue(broker: Broker, vhost: VHost, connection: number, binding: QueueBinding): Outcome {
  const source = findSource(vhost, binding.exchange)
  const found = findQueue(vhost, binding.queue, connection)
  if (!source.ok) return source.reason === 'not-found' ? { ok: true } : source
  if (!found.ok) return found.reason === 'not-found' ? { ok: true } : found
  return unbind(broker, vhost, source.exchange, found.queue, binding.key, binding.args)
}
