import type { Table } from '../../wire/amqp/field.ts'
import { bind, checkBinding, findSource, unbind } from '../bind.ts'
import type { Broker } from '../broker.ts'
import type { Outcome } from '../refusal.ts'
import type { VHost } from '../vhost.ts'

/** What a binding between exchanges is known by. */
export interface ExchangeBinding {
  readonly source: string
  readonly destination: string
  readonly key: string
  readonly args: Table
}

/** Leads an exchange's messages to another exchange; what is bound already stays so. */
export function bindExchange(broker: Broker, vhost: VHost, binding: ExchangeBinding): Outcome {
  const source = findSource(vhost, binding.source)
  const destination = findSource(vhost, binding.destination)
  if (!destination.ok && destination.reason === 'default-exchange') return destination
  if (!source.ok) return source
  if (!destination.ok) return destination
  const refusal = checkBinding(source.exchange, null, binding.key, binding.args)
  if (refusal !== null) return refusal
  return bind(broker, vhost, source.exchange, destination.exchange, binding.key, binding.args)
}

/** Takes a binding out; nothing happens if there is none, nor if one of the exchanges is not there. */
export function unbindExchange(broker: Broker, vhost: VHost, binding: ExchangeBinding): Outcome {
  const source = findSource(vhost, binding.source)
  const destination = findSource(vhost, binding.destination)
  for (const end of [destination, source]) if (!end.ok && end.reason === 'default-exchange') return end
  if (!source.ok || !destination.ok) return { ok: true }
  return unbind(broker, vhost, source.exchange, destination.exchange, binding.key, binding.args)
}
