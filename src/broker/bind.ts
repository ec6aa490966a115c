import { Exchange } from '../core/exchange/exchange.ts'
import { headersMatchOf } from '../core/exchange/headers.ts'
import type { Queue } from '../core/queue/queue.ts'
import type { Table } from '../wire/amqp/field.ts'
import type { Broker } from './broker.ts'
import { dropUnboundExchanges } from './exchange/delete.ts'
import { type Outcome, type Refusal, refuse } from './refusal.ts'
import { change, isDurable } from './topology.ts'
import type { VHost } from './vhost.ts'

/** The exchange that a binding leads from, or to. The default exchange's bindings are nobody's to change. */
export function findSource(vhost: VHost, name: string): Outcome<{ readonly exchange: Exchange }> {
  if (name === '') return refuse({ reason: 'default-exchange' })
  const exchange = vhost.router.exchanges.get(name)
  if (exchange !== undefined) return { ok: true, exchange }
  return refuse({ reason: 'not-found', at: { what: 'exchange', name, vhost: vhost.name } })
}

/** What is wrong with the arguments of a binding, if something is. */
export function checkBinding(source: Exchange, args: Table): Refusal | null {
  const match = args.get('x-match')
  if (source.properties.type !== 'headers' || match === undefined || headersMatchOf(args) !== undefined) return null
  return refuse({ reason: 'invalid-x-match', field: match })
}

/** Leads what `source` matches to `destination`; the arguments are as `checkBinding` wants them. */
export function bind(
  broker: Broker,
  vhost: VHost,
  source: Exchange,
  destination: Exchange | Queue,
  key: string,
  args: Table,
): Outcome {
  if (vhost.router.binding(source, destination, key, args) !== undefined) return { ok: true }
  const id = ++broker.lastId
  const to = destination instanceof Exchange ? 'exchange' : 'queue'
  const durable = isDurable({ id, source, destination, key, args })
  const ends = { source: source.id, to, destination: destination.id } as const
  change(broker, { kind: 'binding', id, vhost: vhost.name, ...ends, key, args }, durable)
  return { ok: true }
}

/** Takes that out again; an auto-delete exchange goes with its last binding. */
export function unbind(
  broker: Broker,
  vhost: VHost,
  source: Exchange,
  destination: Exchange | Queue,
  key: string,
  args: Table,
): Outcome {
  const binding = vhost.router.binding(source, destination, key, args)
  if (binding === undefined) return { ok: true }
  change(broker, { kind: 'binding-gone', id: binding.id, vhost: vhost.name }, isDurable(binding))
  dropUnboundExchanges(broker, vhost, [source])
  return { ok: true }
}
