import { refusalError } from '../../amqp/refusals.ts'
import type { Broker } from '../../broker/broker.ts'
import { type Done, type Refused, refused } from '../../broker/done.ts'
import { bindExchange, unbindExchange } from '../../broker/exchange/bind.ts'
import { declareExchange } from '../../broker/exchange/declare.ts'
import { deleteExchange } from '../../broker/exchange/delete.ts'
import { matchQueue } from '../../broker/policy/effective.ts'
import { typeOf } from '../../broker/queue/arguments.ts'
import { bindQueue, unbindQueue } from '../../broker/queue/bind.ts'
import { declareQueue } from '../../broker/queue/declare.ts'
import { deleteQueue } from '../../broker/queue/delete.ts'
import { findQueue } from '../../broker/queue/find.ts'
import { purgeQueue } from '../../broker/queue/purge.ts'
import type { Outcome } from '../../broker/refusal.ts'
import { messagesIn } from '../../broker/stream/count.ts'
import type { VHost } from '../../broker/vhost.ts'
import { Exchange } from '../../core/exchange/exchange.ts'
import type { Json } from '../../core/policy/parameters.ts'
import type { Queue } from '../../core/queue/queue.ts'
import type { Table } from '../../wire/amqp/field.ts'
import { jsonOfTable, tableOfJson } from '../definitions/table.ts'
import {
  ArgumentError,
  type Arguments,
  type Command,
  change,
  changeInSteps,
  look,
  need,
  optional,
  vhostOf,
} from './command.ts'

/** No connection's. */
const NOBODY = 0

export const TOPOLOGY: Readonly<Record<string, Command>> = {
  'queues list': look('queues of a vhost, or of all', ['vhost'], (broker, args) =>
    vhostsOf(broker, args).flatMap((vhost) =>
      [...vhost.queues.values()].map((queue) => queueItem(broker, vhost, queue)),
    ),
  ),
  'queues add': change(
    'declare a queue',
    ['name', 'vhost', 'transient?', 'auto-delete?', 'arguments'],
    (broker, args) =>
      inVHost(broker, args, (vhost) =>
        declareQueue(broker, vhost, NOBODY, {
          name: need(args, 'name'),
          durable: args.transient !== true,
          exclusive: false,
          autoDelete: args['auto-delete'] === true,
          args: tableIn(args),
        }),
      ),
  ),
  'queues delete': change('delete a queue', ['name', 'vhost', 'if-empty?', 'if-unused?'], (broker, args) =>
    inVHost(broker, args, (vhost) => {
      const name = need(args, 'name')
      const queue = vhost.queues.get(name)
      if (queue === undefined) return refused('not-found', `there is no queue '${name}' in vhost '${vhost.name}'`)
      const owner = queue.settings.exclusiveOwner
      return deleteQueue(broker, vhost, owner, name, args['if-unused'] === true, args['if-empty'] === true)
    }),
  ),
  'queues purge': changeInSteps('give up what is ready in a queue', ['name', 'vhost'], (broker, args, done) =>
    inVHost(broker, args, (vhost) => {
      const found = findQueue(vhost, need(args, 'name'), NOBODY)
      if (found.ok) purgeQueue(broker, found.queue, (messages) => done({ messages }))
      return found
    }),
  ),
  'exchanges list': look('exchanges of a vhost, or of all', ['vhost'], (broker, args) =>
    vhostsOf(broker, args).flatMap((vhost) =>
      [...vhost.router.exchanges.values()].map(({ name, alternate, properties }) => ({
        vhost: vhost.name,
        name,
        type: properties.type,
        durable: properties.durable,
        auto_delete: properties.autoDelete,
        internal: properties.internal,
        alternate,
        arguments: jsonOfTable(properties.args),
      })),
    ),
  ),
  'exchanges add': change(
    'declare an exchange',
    ['name', 'vhost', 'type', 'transient?', 'auto-delete?', 'internal?', 'arguments'],
    (broker, args) =>
      inVHost(broker, args, (vhost) =>
        declareExchange(broker, vhost, {
          name: need(args, 'name'),
          type: optional(args, 'type') ?? 'direct',
          durable: args.transient !== true,
          autoDelete: args['auto-delete'] === true,
          internal: args.internal === true,
          args: tableIn(args),
        }),
      ),
  ),
  'exchanges delete': change('delete an exchange', ['name', 'vhost', 'if-unused?'], (broker, args) =>
    inVHost(broker, args, (vhost) => deleteExchange(broker, vhost, need(args, 'name'), args['if-unused'] === true)),
  ),
  'bindings list': look('bindings of a vhost, or of all', ['vhost'], (broker, args) =>
    vhostsOf(broker, args).flatMap((vhost) =>
      [...vhost.bindingsById.values()].map(({ source, destination, key, args: given }) => ({
        vhost: vhost.name,
        source: source.name,
        destination: (destination as Queue | Exchange).name,
        destination_type: destination instanceof Exchange ? 'exchange' : 'queue',
        routing_key: key,
        arguments: jsonOfTable(given),
      })),
    ),
  ),
  'bindings add': change(
    "lead an exchange's messages to a queue, or to another exchange",
    ['source', 'destination', 'destination-type', 'key', 'vhost', 'arguments'],
    bindingBy(bindQueue, bindExchange),
  ),
  'bindings delete': change(
    'take a binding out',
    ['source', 'destination', 'destination-type', 'key', 'vhost', 'arguments'],
    bindingBy(unbindQueue, unbindExchange),
  ),
}

function bindingBy(ofQueue: typeof bindQueue, ofExchange: typeof bindExchange) {
  return (broker: Broker, args: Arguments): Done =>
    inVHost(broker, args, (vhost) => {
      const [source, destination] = [need(args, 'source'), need(args, 'destination')]
      const both = { key: optional(args, 'key') ?? '', args: tableIn(args) }
      return args['destination-type'] === 'exchange'
        ? ofExchange(broker, vhost, { source, destination, ...both })
        : ofQueue(broker, vhost, NOBODY, { queue: destination, exchange: source, ...both })
    })
}

function queueItem(broker: Broker, vhost: VHost, queue: Queue): Json {
  const { policy, operator } = matchQueue(broker, vhost, queue)
  return {
    vhost: vhost.name,
    name: queue.name,
    type: typeOf(queue.args),
    durable: queue.settings.durable,
    auto_delete: queue.settings.autoDelete,
    exclusive: queue.settings.exclusiveOwner !== 0,
    ready: messagesIn(broker, queue),
    unacked: queue.unacked,
    consumers: queue.consumers.size,
    policy: policy?.name ?? '',
    operator_policy: operator?.name ?? '',
    arguments: jsonOfTable(queue.args),
  }
}

/** All vhosts, unless one is named. */
function vhostsOf(broker: Broker, args: Arguments): VHost[] {
  const name = optional(args, 'vhost')
  if (name === undefined) return [...broker.vhosts.values()]
  const vhost = broker.vhosts.get(name)
  if (vhost === undefined) throw new ArgumentError(`there is no vhost '${name}'`)
  return [vhost]
}

function inVHost(broker: Broker, args: Arguments, run: (vhost: VHost) => Outcome | Refused): Done {
  const vhost = broker.vhosts.get(vhostOf(args))
  if (vhost === undefined) return refused('not-found', `there is no vhost '${vhostOf(args)}'`)
  const outcome = run(vhost)
  if (outcome.ok || 'text' in outcome) return outcome
  return refused(outcome.reason === 'not-found' ? 'not-found' : 'invalid', refusalError(outcome).message)
}

function tableIn(args: Arguments): Table {
  const given = args.arguments
  if (given === undefined) return new Map()
  const value = typeof given === 'string' ? parse(given) : given
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ArgumentError("'arguments' has to be a JSON object")
  }
  return tableOfJson(value as { readonly [key: string]: Json })
}

function parse(text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    throw new ArgumentError("'arguments' is not JSON")
  }
}
