import { Exchange } from '../core/exchange/exchange.ts'
import { kindOf } from '../core/exchange/types.ts'
import type { Queue } from '../core/queue/queue.ts'
import type { Table } from '../wire/amqp/field.ts'
import type { Broker } from './broker.ts'
import { dropUnboundExchanges } from './exchange/delete.ts'
import { replayHistory } from './exchange/replay.ts'
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

/** What is wrong with a binding from an exchange to a queue (null: to another exchange), if something is. */
export function checkBinding(source: Exchange, queue: Queue | null, key: string, args: Table): Refusal | null {
  const { type, args: declared } = source.properties
  const queueType = queue === null ? null : String(queue.args.get('x-queue-type')?.value ?? 'classic')
  const problem = kindOf(type).checkBinding?.({ key, args, queueType }, declared) ?? null
  return problem === null ? null : refuse({ reason: 'invalid-exchange', problem })
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
  if (source.history === 0 || replayHistory(broker, vhost, source, destination)) return { ok: true }
  // RabbitMQ's words; the binding is there.
  return refuse({ reason: 'history-has-no-queue' })
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
