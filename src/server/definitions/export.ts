import { PASSWORD } from '../../broker/access/access.ts'
import type { Broker } from '../../broker/broker.ts'
import { typeOf } from '../../broker/queue/arguments.ts'
import type { VHost } from '../../broker/vhost.ts'
import type { PasswordHash, User } from '../../core/access/user.ts'
import { Exchange } from '../../core/exchange/exchange.ts'
import { type Json, POLICY, VHOST_LIMITS } from '../../core/policy/parameters.ts'
import type { Queue } from '../../core/queue/queue.ts'
import { VERSION } from '../version.ts'
import { jsonOfTable } from './table.ts'

/** The RabbitMQ whose format this is. */
const RABBITMQ_VERSION = '4.3.6'
/** Global parameters of that beginning are the broker's own. */
const INTERNAL = 'internal'

type Item = Record<string, Json>

/** Everything that was defined, as RabbitMQ 4.3 writes it: exclusive queues and internal exchanges are left out. */
export function exportDefinitions(broker: Broker): Item {
  const vhosts = [...broker.vhosts.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  const clusterName = broker.parameters.global('cluster_name')?.value ?? 'posthorn'
  return {
    permissions: sorted(
      [...broker.access.permissions.all()].map(({ user, vhost, texts }) => ({ ...texts, user, vhost })),
      'vhost',
      'user',
    ),
    rabbitmq_version: RABBITMQ_VERSION,
    product_name: 'Posthorn',
    product_version: VERSION,
    rabbit_version: RABBITMQ_VERSION,
    exchanges: vhosts.flatMap(exchangesOf),
    vhosts: vhosts.map((vhost) => vhostItem(broker, vhost)),
    users: sorted(
      [...broker.access.users.all()].map(({ user }) => userItem(user)),
      'name',
    ),
    global_parameters: sorted(
      [...broker.parameters.allGlobals()]
        .filter(({ name }) => !name.startsWith(INTERNAL))
        .map(({ name, value }) => ({ name, value })),
      'name',
    ),
    parameters: sorted(
      [...broker.parameters.all()]
        .filter(({ component }) => component !== POLICY)
        .map(({ vhost, component, name, value }) => ({ component, name, value, vhost })),
      'vhost',
      'component',
      'name',
    ),
    policies: vhosts.flatMap((vhost) => broker.parameters.of(vhost.name, POLICY).map(policyItem)),
    topic_permissions: sorted(
      [...broker.access.permissions.allTopics()].map(({ user, vhost, exchange, texts }) => ({
        exchange,
        ...texts,
        user,
        vhost,
      })),
      'vhost',
      'user',
      'exchange',
    ),
    explanation: `Definitions of cluster '${String(clusterName)}'`,
    rabbitmq_definition_format: 'cluster',
    original_cluster_name: clusterName,
    queues: vhosts.flatMap(queuesOf),
    bindings: vhosts.flatMap(bindingsOf),
  }
}

function sorted(items: Item[], ...by: string[]): Item[] {
  const key = (item: Item) => JSON.stringify(by.map((name) => item[name]))
  return items.sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

function exchangesOf({ name: vhost, router }: VHost): Item[] {
  const declared = [...router.exchanges.values()].filter(
    ({ name, properties }) => name !== '' && !name.startsWith('amq.') && !properties.internal,
  )
  const items = declared.map(({ properties: { name, type, durable, autoDelete, args } }) => {
    return { arguments: jsonOfTable(args), auto_delete: autoDelete, durable, name, type, vhost }
  })
  return sorted(items, 'name')
}

function vhostItem(broker: Broker, { name, metadata }: VHost): Item {
  const limits = broker.parameters.get(name, VHOST_LIMITS, 'limits')?.value ?? {}
  return { limits, metadata: { ...metadata }, name }
}

/** What RabbitMQ has no place for stands under a name that it does not look at. */
function userItem({ name, tags, limits, credentials }: User): Item {
  const { [PASSWORD]: password, ...others } = credentials
  const { hash, algorithm } = (password as PasswordHash | undefined) ?? {
    hash: '',
    algorithm: 'rabbit_password_hashing_sha256',
  }
  const item = { hashing_algorithm: algorithm, limits: { ...limits }, name, password_hash: hash, tags }
  return Object.keys(others).length === 0 ? item : { ...item, posthorn_credentials: others as Item }
}

function policyItem({ vhost, name, value }: { vhost: string; name: string; value: Json }): Item {
  const { pattern, definition, priority, 'apply-to': applyTo } = value as Item
  return { 'apply-to': applyTo!, definition: definition!, name, pattern: pattern!, priority: priority!, vhost }
}

function queuesOf({ name: vhost, queues }: VHost): Item[] {
  const items = [...queues.values()]
    .filter((queue) => queue.settings.exclusiveOwner === 0)
    .map(({ name, args, settings: { durable, autoDelete } }) => {
      const type = typeOf(args)
      const told = jsonOfTable(new Map(args).set('x-queue-type', { type: 'S', value: type }))
      return { arguments: told, auto_delete: autoDelete, durable, name, type, vhost }
    })
  return sorted(items, 'name')
}

function bindingsOf({ name: vhost, bindingsById }: VHost): Item[] {
  const items: Item[] = []
  for (const { source, destination, key, args } of bindingsById.values()) {
    const end = destination as Exchange | Queue
    const toExchange = end instanceof Exchange
    if (!toExchange && end.settings.exclusiveOwner !== 0) continue
    items.push({
      arguments: jsonOfTable(args),
      destination: end.name,
      destination_type: toExchange ? 'exchange' : 'queue',
      routing_key: key,
      source: source.name,
      vhost,
    })
  }
  return sorted(items, 'source', 'destination_type', 'destination', 'routing_key')
}
