import type { Definitions } from './admin.ts'

/** The password of every user here: its hash is by RabbitMQ 4.3.6. */
export const PASSWORD = 'guest'
const HASH = 'g3GYiVbftw1nS87I0t2dxhkat4nIM4YVgEcs3OEM+17uoViz'

/** A vhost with all that can be in one, and users who may do this and that there. */
export function tenant(vhost: string): Definitions & { readonly owner: string; readonly reader: string } {
  const [owner, reader] = [`${vhost}.owner`, `${vhost}.reader`]
  const user = (name: string, tags: string[], limits = {}) => ({
    hashing_algorithm: 'rabbit_password_hashing_sha256',
    limits,
    name,
    password_hash: HASH,
    tags,
  })
  const exchange = (name: string, type: string, args = {}) => ({
    arguments: args,
    auto_delete: false,
    durable: true,
    name,
    type,
    vhost,
  })
  const queue = (name: string, args = {}) => ({
    arguments: { 'x-queue-type': 'classic', ...args },
    auto_delete: false,
    durable: true,
    name,
    type: 'classic',
    vhost,
  })
  const binding = (to: string, type: string, key: string, args = {}) => ({
    arguments: args,
    destination: to,
    destination_type: type,
    routing_key: key,
    source: 'orders',
    vhost,
  })
  return {
    owner,
    reader,
    rabbitmq_version: '4.3.6',
    users: [user(owner, ['monitoring']), user(reader, [], { 'max-connections': 5, 'max-channels': 3 })],
    vhosts: [
      {
        limits: { 'max-queues': 6 },
        metadata: { description: 'of a test', tags: ['test'], default_queue_type: 'classic' },
        name: vhost,
      },
    ],
    permissions: [
      { configure: '.*', read: '.*', user: owner, vhost, write: '.*' },
      { configure: '', read: '^orders', user: reader, vhost, write: '^orders' },
    ],
    topic_permissions: [{ exchange: 'orders', read: '^eu\\.', user: reader, vhost, write: '^eu\\.{username}\\.' }],
    parameters: [
      { component: 'vhost-limits', name: 'limits', value: { 'max-queues': 6 }, vhost },
      {
        component: 'operator_policy',
        name: 'cap',
        value: { 'apply-to': 'queues', definition: { 'max-length': 3 }, pattern: '^orders', priority: 0 },
        vhost,
      },
    ],
    policies: [
      {
        'apply-to': 'queues',
        definition: { 'dead-letter-exchange': 'dead', 'max-length': 5 },
        name: 'orders',
        pattern: '^orders',
        priority: 1,
        vhost,
      },
    ],
    exchanges: [
      exchange('dead', 'fanout'),
      exchange('else', 'fanout'),
      exchange('orders', 'topic', { 'alternate-exchange': 'else' }),
    ],
    queues: [queue('dead'), queue('orders.all'), queue('orders.late', { 'x-message-ttl': 60_000 })],
    bindings: [
      binding('else', 'exchange', 'forward.#'),
      binding('orders.all', 'queue', 'eu.#', { depth: 1, nested: { list: ['a', true], ratio: 1.5 } }),
      { ...binding('dead', 'queue', ''), source: 'dead' },
    ],
  }
}

/** Of an export, what is about this vhost and its users, in one order. */
export function about(vhost: string, definitions: Definitions): Record<string, unknown[]> {
  // RabbitMQ lets in whoever has made a vhost over its API.
  const mine = (item: Record<string, unknown>) =>
    (item.vhost === vhost && item.user !== 'guest') ||
    [item.name, item.user].some((name) => typeof name === 'string' && name.startsWith(vhost))
  const categories = Object.keys(tenant(vhost)).filter((key) => Array.isArray(tenant(vhost)[key]))
  return Object.fromEntries(
    categories.map((category) => [
      category,
      (definitions[category] as Record<string, unknown>[]).filter(mine).map(ordered).sort(byText),
    ]),
  )
}

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1
}

function ordered(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, of]) => [key, ordered(of)]))
}
