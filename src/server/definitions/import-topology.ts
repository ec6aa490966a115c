import type { Broker } from '../../broker/broker.ts'
import { type Done, type Refused, refused } from '../../broker/done.ts'
import { bindExchange } from '../../broker/exchange/bind.ts'
import { declareExchange } from '../../broker/exchange/declare.ts'
import { bindQueue } from '../../broker/queue/bind.ts'
import { declareQueue } from '../../broker/queue/declare.ts'
import type { Refusal } from '../../broker/refusal.ts'
import type { VHost } from '../../broker/vhost.ts'
import type { Json } from '../../core/policy/parameters.ts'
import type { Table } from '../../wire/amqp/field.ts'
import { type Item, text } from './item.ts'
import { tableOfJson } from './table.ts'

type Outcome = Done | Refusal

/** No connection's. */
const NOBODY = 0

export function importExchange(broker: Broker, item: Item): Outcome {
  return inVHost(broker, item, (vhost) => {
    const name = text(item, 'name')
    // The broker's own are there; what is there stays as it is.
    if (name === '' || name.startsWith('amq.') || vhost.router.exchanges.has(name)) return { ok: true }
    return declareExchange(broker, vhost, {
      name,
      type: text(item, 'type'),
      durable: item.durable !== false,
      autoDelete: item.auto_delete === true,
      internal: item.internal === true,
      args: argumentsOf(item),
    })
  })
}

export function importQueue(broker: Broker, item: Item): Outcome {
  return inVHost(broker, item, (vhost) => {
    const name = text(item, 'name')
    if (name.startsWith('amq.') || vhost.queues.has(name)) return { ok: true }
    return declareQueue(broker, vhost, NOBODY, {
      name,
      durable: item.durable !== false,
      exclusive: false,
      autoDelete: item.auto_delete === true,
      args: argumentsOf(item),
    })
  })
}

export function importBinding(broker: Broker, item: Item): Outcome {
  return inVHost(broker, item, (vhost) => {
    const key = text(item, 'routing_key')
    const args = argumentsOf(item)
    const [source, destination] = [text(item, 'source'), text(item, 'destination')]
    if (source === '') return { ok: true }
    return item.destination_type === 'exchange'
      ? bindExchange(broker, vhost, { source, destination, key, args })
      : bindQueue(broker, vhost, NOBODY, { queue: destination, exchange: source, key, args })
  })
}

function inVHost(broker: Broker, item: Item, run: (vhost: VHost) => Outcome): Outcome {
  const name = text(item, 'vhost')
  const vhost = broker.vhosts.get(name)
  return vhost === undefined ? missing(item, name) : run(vhost)
}

function missing(item: Item, name: string): Refused {
  if (item.vhost !== undefined) return refused('not-found', `there is no vhost '${name}'`)
  return refused('invalid', 'it names no vhost: the file is about one vhost, and has to be told into which')
}

function argumentsOf(item: Item): Table {
  const given = item.arguments
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return new Map()
  return tableOfJson(given as { readonly [key: string]: Json })
}
