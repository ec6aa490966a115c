import type { Broker } from '../broker.ts'
import type { Definition } from '../definition.ts'
import { journalDefinition } from '../definitions.ts'
import { DEFAULT_METADATA, VHost, type VHostMetadata } from '../vhost.ts'

/** The vhost that is there from the start. */
const FIRST = '/'

export type VHostFact =
  | { readonly kind: 'vhost'; readonly id: number; readonly name: string; readonly metadata: VHostMetadata }
  /** Everything in it is gone as well. */
  | { readonly kind: 'vhost-gone'; readonly id: number; readonly name: string }

const KINDS: readonly VHostFact['kind'][] = ['vhost', 'vhost-gone']

/** Teaches the broker to rebuild vhosts: before everything that is in one. */
export function registerVHosts(broker: Broker): void {
  broker.definitions.push({
    kinds: KINDS,
    apply: (definition) => {
      apply(broker, definition as VHostFact)
    },
    all: () => allFacts(broker),
  })
}

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never

/** The one way in which vhosts come, change and go. */
export function changeVHost(broker: Broker, change: WithoutId<VHostFact>): void {
  const fact = { ...change, id: ++broker.lastId } as VHostFact
  apply(broker, fact)
  const position = journalDefinition(broker, fact satisfies Definition)
  broker.access.changedAt = position
  const vhost = broker.vhosts.get(fact.name)
  if (vhost !== undefined) vhost.changedAt = position
}

function apply(broker: Broker, fact: VHostFact): void {
  if (fact.kind === 'vhost') {
    let vhost = broker.vhosts.get(fact.name)
    if (vhost === undefined) broker.vhosts.set(fact.name, (vhost = new VHost(fact.name)))
    if (vhost.id >= fact.id) return
    vhost.id = fact.id
    vhost.describe(fact.metadata)
    return
  }
  // Also where it is not there: a checkpoint may be younger than the fact, and what was said of the vhost just before is replayed all the same.
  broker.access.permissions.forget({ vhost: fact.name })
  broker.parameters.forget(fact.name)
  const vhost = broker.vhosts.get(fact.name)
  if (vhost === undefined || vhost.id > fact.id) return
  broker.vhosts.delete(fact.name)
  vhost.deleted = true
  for (const queue of vhost.queues.values()) {
    queue.deleted = true
    broker.queuesById.delete(queue.id)
  }
  for (const id of vhost.exchangesById.keys()) broker.kept.delete(id)
}

function* allFacts({ vhosts }: Broker): Generator<VHostFact> {
  for (const { id, name, metadata } of vhosts.values()) {
    if (name !== FIRST || metadata !== DEFAULT_METADATA) yield { kind: 'vhost', id, name, metadata }
  }
  if (!vhosts.has(FIRST)) yield { kind: 'vhost-gone', id: 0, name: FIRST }
}
