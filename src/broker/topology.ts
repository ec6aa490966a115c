import type { Binding } from '../core/exchange/binding.ts'
import { Exchange } from '../core/exchange/exchange.ts'
import type { ExchangeType } from '../core/exchange/types.ts'
import { Queue } from '../core/queue/queue.ts'
import type { Random } from '../env/random.ts'
import { assert } from '../std/assert.ts'
import { getU32 } from '../std/bytes.ts'
import type { Table } from '../wire/amqp/field.ts'
import { tableFromText, tableText } from '../wire/amqp/table-text.ts'
import type { Broker } from './broker.ts'
import type { Definition } from './definition.ts'
import { journalDefinition } from './definitions.ts'
import { KeptMessages } from './exchange/kept-messages.ts'
import { effectiveSettings } from './policy/effective.ts'
import { Part } from './records.ts'
import type { VHost } from './vhost.ts'

/** What can happen to the exchanges, queues and bindings of a vhost. */
export type TopologyFact =
  | {
      readonly kind: 'queue'
      readonly id: number
      readonly vhost: string
      readonly name: string
      readonly durable: boolean
      readonly autoDelete: boolean
      readonly exclusiveOwner: number
      readonly args: Table
    }
  | {
      readonly kind: 'exchange'
      readonly id: number
      readonly vhost: string
      readonly name: string
      readonly type: ExchangeType
      readonly durable: boolean
      readonly autoDelete: boolean
      readonly internal: boolean
      readonly args: Table
    }
  | {
      readonly kind: 'binding'
      readonly id: number
      readonly vhost: string
      /** The exchange's id. */
      readonly source: number
      readonly to: 'queue' | 'exchange'
      /** The queue's or the exchange's id. */
      readonly destination: number
      readonly key: string
      readonly args: Table
    }
  | {
      /** With a queue or an exchange go its bindings. */
      readonly kind: 'queue-gone' | 'exchange-gone' | 'binding-gone'
      readonly id: number
      readonly vhost: string
    }

const KINDS: readonly TopologyFact['kind'][] = [
  'queue',
  'exchange',
  'binding',
  'queue-gone',
  'exchange-gone',
  'binding-gone',
]

/** Definitions in one slice of the checkpoint. */
const SLICE = 128

/**
 * Teaches the broker to rebuild exchanges, queues and bindings. There may be many, so that a checkpoint takes them in slices, each as it is
 * when its turn comes. What is replayed on top of that knows its place by its id: an older queue or exchange does not take a newer one's
 * name, and what a slice could not bind yet is bound when its end has been declared.
 */
export function registerTopology(broker: Broker): void {
  broker.definitions.push({
    kinds: KINDS,
    apply: (definition) => apply(broker, fromJson(definition)),
    all: () => [],
  })
  broker.parts.push({
    kind: Part.topology,
    consistent: false,
    snapshot: () => snapshot(broker),
    load: (bytes) => load(broker, JSON.parse(Buffer.from(bytes).toString())),
  })
}

function* snapshot(broker: Broker): Generator<Uint8Array> {
  let slice: Definition[] = []
  for (const definition of durableFacts(broker)) {
    slice.push(definition)
    if (slice.length < SLICE) continue
    yield Buffer.from(JSON.stringify(slice))
    slice = []
  }
  if (slice.length > 0) yield Buffer.from(JSON.stringify(slice))
}

function load(broker: Broker, slice: readonly Definition[]): void {
  for (const definition of slice) {
    const fact = fromJson(definition)
    broker.lastId = Math.max(broker.lastId, fact.id)
    // A vhost that was made while the checkpoint was taken comes with all that is in it when the journal is replayed.
    if (broker.vhosts.has(fact.vhost)) apply(broker, fact)
  }
}

/** The one way in which the topology changes: the fact is applied and, if `durable`, written to the journal. */
export function change(broker: Broker, fact: TopologyFact, durable: boolean): void {
  apply(broker, fact)
  if (durable) broker.vhosts.get(fact.vhost)!.changedAt = journalDefinition(broker, toJson(fact))
}

/** Whether a binding comes back after a restart: both its ends must. */
export function isDurable(binding: Binding<Exchange>): boolean {
  return binding.source.properties.durable && endIsDurable(binding.destination)
}

function endIsDurable(end: Binding['destination']): boolean {
  return end instanceof Exchange ? end.properties.durable : end instanceof Queue && end.settings.durable
}

function apply(broker: Broker, fact: TopologyFact): void {
  const vhost = broker.vhosts.get(fact.vhost)
  assert(vhost !== undefined, `a fact about vhost '${fact.vhost}', which is not there`)
  switch (fact.kind) {
    case 'queue':
      applyQueue(broker, vhost, fact)
      break
    case 'exchange':
      applyExchange(broker, vhost, fact)
      break
    case 'binding':
      applyBinding(broker, vhost, fact)
      break
    case 'queue-gone':
      applyQueueGone(broker, vhost, fact.id)
      break
    case 'exchange-gone':
      applyExchangeGone(broker, vhost, fact.id)
      break
    case 'binding-gone':
      applyBindingGone(vhost, fact.id)
  }
}

function applyQueue(broker: Broker, vhost: VHost, fact: Extract<TopologyFact, { kind: 'queue' }>): void {
  const known = vhost.queues.get(fact.name)
  if (broker.queuesById.has(fact.id) || (known !== undefined && known.id > fact.id)) return
  const queue = new Queue(fact.id, vhost.name, fact.name, effectiveSettings(broker, vhost, fact), fact.args)
  broker.queuesById.set(queue.id, queue)
  vhost.queues.set(queue.name, queue)
  vhost.router.epoch++
  if (fact.exclusiveOwner === 0) return
  const own = vhost.exclusiveQueues.get(fact.exclusiveOwner)
  if (own === undefined) vhost.exclusiveQueues.set(fact.exclusiveOwner, new Set([queue]))
  else own.add(queue)
}

function applyExchange(broker: Broker, vhost: VHost, fact: Extract<TopologyFact, { kind: 'exchange' }>): void {
  const { name, type, durable, autoDelete, internal, args } = fact
  const known = vhost.router.exchanges.get(name)
  if (vhost.exchangesById.has(fact.id) || (known !== undefined && known.id > fact.id)) return
  const properties = { name, type, durable, autoDelete, internal, args }
  const exchange = new Exchange(fact.id, properties, randomSeed(broker.env.random))
  vhost.exchangesById.set(exchange.id, exchange)
  if (exchange.keeps) broker.kept.set(exchange.id, new KeptMessages(vhost.name, exchange))
  vhost.router.add(exchange)
}

function randomSeed(random: Random): number {
  const bytes = new Uint8Array(4)
  random.fill(bytes)
  return getU32(bytes, 0)
}

function applyBinding(broker: Broker, vhost: VHost, fact: Extract<TopologyFact, { kind: 'binding' }>): void {
  const source = vhost.exchangesById.get(fact.source)
  const ends = fact.to === 'queue' ? broker.queuesById : vhost.exchangesById
  const destination = ends.get(fact.destination)
  // One of them is missing when an older fact is applied again to a state that has gone on.
  if (source === undefined || destination === undefined || vhost.bindingsById.has(fact.id)) return
  if (vhost.router.binding(source, destination, fact.key, fact.args) !== undefined) return
  const binding = { id: fact.id, source, destination, key: fact.key, args: fact.args }
  vhost.bindingsById.set(fact.id, binding)
  vhost.router.bind(binding)
}

function applyQueueGone(broker: Broker, vhost: VHost, id: number): void {
  const queue = broker.queuesById.get(id)
  if (queue === undefined) return
  queue.deleted = true
  broker.queuesById.delete(id)
  // In a checkpoint that was being taken a newer one of its name may stand beside it.
  if (vhost.queues.get(queue.name) === queue) vhost.queues.delete(queue.name)
  for (const binding of vhost.router.forget(queue)) vhost.bindingsById.delete(binding.id)
  const owner = queue.settings.exclusiveOwner
  const own = vhost.exclusiveQueues.get(owner)
  own?.delete(queue)
  if (own?.size === 0) vhost.exclusiveQueues.delete(owner)
}

function applyExchangeGone(broker: Broker, vhost: VHost, id: number): void {
  const exchange = vhost.exchangesById.get(id)
  if (exchange === undefined) return
  vhost.exchangesById.delete(id)
  broker.kept.delete(id)
  for (const binding of vhost.router.remove(exchange)) vhost.bindingsById.delete(binding.id)
}

function applyBindingGone(vhost: VHost, id: number): void {
  const binding = vhost.bindingsById.get(id)
  if (binding === undefined) return
  vhost.bindingsById.delete(id)
  vhost.router.unbind(binding)
}

function toJson(fact: TopologyFact): Definition & { readonly args?: string } {
  return 'args' in fact ? { ...fact, args: tableText(fact.args) } : fact
}

function fromJson(definition: Definition): TopologyFact {
  const fact = definition as Definition & { readonly args?: string }
  return (fact.args === undefined ? fact : { ...fact, args: tableFromText(fact.args) }) as TopologyFact
}

function* durableFacts(broker: Broker): Generator<Definition> {
  for (const vhost of broker.vhosts.values()) {
    for (const { id, properties } of vhost.exchangesById.values()) {
      if (!properties.durable || properties.name === '' || properties.name.startsWith('amq.')) continue
      yield toJson({ kind: 'exchange', id, vhost: vhost.name, ...properties })
    }
    for (const queue of vhost.queues.values()) if (queue.settings.durable) yield toJson(queueFact(queue))
    for (const binding of vhost.bindingsById.values()) {
      if (isDurable(binding)) yield toJson(bindingFact(vhost, binding))
    }
  }
}

function queueFact(queue: Queue): TopologyFact {
  const { id, vhost, name, args } = queue
  const { durable, autoDelete, exclusiveOwner } = queue.settings
  return { kind: 'queue', id, vhost, name, durable, autoDelete, exclusiveOwner, args }
}

function bindingFact(vhost: VHost, binding: Binding<Exchange>): TopologyFact {
  const { id, source, destination, key, args } = binding
  const to = destination instanceof Exchange ? 'exchange' : 'queue'
  const end = destination as Exchange | Queue
  return { kind: 'binding', id, vhost: vhost.name, source: source.id, to, destination: end.id, key, args }
}
