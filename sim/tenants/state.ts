import type { Broker } from '../../src/broker/broker.ts'
import type { Json } from '../../src/core/policy/parameters.ts'
import { exportDefinitions } from '../../src/server/definitions/export.ts'
import { USERS } from '../access/model.ts'
import { rule } from '../failure.ts'
import { RENTED } from './client.ts'

const CATEGORIES = [
  'users',
  'vhosts',
  'permissions',
  'topic_permissions',
  'parameters',
  'policies',
  'queues',
  'bindings',
] as const

type Item = { readonly [key: string]: Json }

/** What belongs to nobody, or to those who try Kafka's access control. */
const OTHERS: readonly unknown[] = ['/', 'guest', RENTED, ...USERS]

/** All that was defined beside the first vhost and user, as text. Hashes of passwords have a salt of their own each time. */
export function tenantState(broker: Broker): string {
  const all = exportDefinitions(broker)
  const mine = ({ vhost, name, user }: Item) => ![vhost, name, user].some((one) => OTHERS.includes(one))
  const state = CATEGORIES.map((category) => [category, ...(all[category] as Item[]).filter(mine)])
  return JSON.stringify(state)
}

/** What has to hold whatever was done last. */
export function checkTenants(broker: Broker): void {
  const { access, parameters, vhosts } = broker
  for (const { user, vhost } of [...access.permissions.all(), ...access.permissions.allTopics()]) {
    rule(
      access.user(user) !== undefined && vhosts.has(vhost),
      `${user} may do something in ${vhost}: one of them is gone`,
    )
  }
  for (const { vhost, component, name } of parameters.all()) {
    rule(vhosts.has(vhost), `the parameter ${component} ${name} of ${vhost} is there, which is not`)
  }
  for (const { name, vhost } of broker.queuesById.values()) {
    rule(vhosts.get(vhost)?.queues.has(name) === true, `the queue ${name} has outlived its vhost ${vhost}`)
  }
  for (const vhost of vhosts.values()) {
    if (vhost.name === '/') continue
    for (const queue of vhost.queues.values()) {
      const own = Number(queue.args.get('x-max-length')?.value ?? Number.POSITIVE_INFINITY)
      const expected = Math.min(
        own,
        ...['policy', 'operator_policy'].map((kind) => limitBy(broker, vhost.name, kind, queue.name)),
      )
      const { maxLength } = queue.settings
      rule(maxLength === expected, `${queue.name} of ${vhost.name} holds ${maxLength} messages instead of ${expected}`)
      rule(
        queue.ready <= maxLength,
        `${queue.name} of ${vhost.name} has ${queue.ready} messages, and may have ${maxLength}`,
      )
    }
  }
}

/** By the policy with the highest priority, the first by name among equals. */
function limitBy(broker: Broker, vhost: string, component: string, queue: string): number {
  const policies = [...broker.parameters.all()]
    .filter((one) => one.vhost === vhost && one.component === component)
    .map(({ name, value }) => ({ name, ...(value as { pattern: string; priority: number; definition: Item }) }))
    .filter(({ pattern }) => new RegExp(pattern).test(queue))
    .sort((a, b) => b.priority - a.priority || (a.name < b.name ? -1 : 1))
  return Number(policies[0]?.definition['max-length'] ?? Number.POSITIVE_INFINITY)
}
