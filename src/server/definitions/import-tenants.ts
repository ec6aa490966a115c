import { setPermissions, setTopicPermissions } from '../../broker/access/permission.ts'
import { setUser, type UserChange } from '../../broker/access/user.ts'
import type { Broker } from '../../broker/broker.ts'
import { DONE, type Done } from '../../broker/done.ts'
import { setGlobalParameter, setParameter, setPolicy } from '../../broker/policy/parameter.ts'
import { setVHost } from '../../broker/vhost/create.ts'
import type { VHostMetadata } from '../../broker/vhost.ts'
import { type Json, OPERATOR_POLICY } from '../../core/policy/parameters.ts'
import { type Item, tagsOf, text } from './item.ts'

const DEFAULT_ALGORITHM = 'rabbit_password_hashing_sha256'

export function importUser(broker: Broker, item: Item): Done {
  const { password_hash: hash, password, limits, hashing_algorithm: algorithm, posthorn_credentials: others } = item
  const given: UserChange['password'] =
    typeof hash === 'string' && hash !== ''
      ? { hash, algorithm: typeof algorithm === 'string' ? algorithm : DEFAULT_ALGORITHM }
      : typeof password === 'string' && password !== ''
        ? password
        : null
  return setUser(broker, {
    name: text(item, 'name'),
    tags: tagsOf(item.tags),
    password: given,
    limits: (limits ?? {}) as Record<string, number>,
    ...(others === undefined ? {} : { credentials: others as Record<string, unknown> }),
  })
}

export function importVHost(broker: Broker, item: Item): Done {
  const { description, tags: given, default_queue_type: type } = item
  const metadata = (item.metadata ?? {}) as Partial<VHostMetadata>
  const told: Partial<VHostMetadata> = {
    ...(metadata.description === undefined && typeof description !== 'string'
      ? {}
      : { description: metadata.description ?? String(description) }),
    ...(metadata.tags === undefined && given === undefined ? {} : { tags: tagsOf((metadata.tags as Json) ?? given) }),
    ...(metadata.protected_from_deletion === undefined
      ? {}
      : { protected_from_deletion: metadata.protected_from_deletion }),
  }
  const queueType = metadata.default_queue_type ?? type
  // RabbitMQ has written these where there was none.
  const named = typeof queueType === 'string' && queueType !== '' && queueType !== 'undefined'
  return setVHost(broker, {
    name: text(item, 'name'),
    metadata: named ? { ...told, default_queue_type: queueType } : told,
  })
}

export function importPermission(broker: Broker, item: Item): Done {
  const texts = { configure: text(item, 'configure'), write: text(item, 'write'), read: text(item, 'read') }
  return setPermissions(broker, text(item, 'user'), text(item, 'vhost'), texts)
}

export function importTopicPermission(broker: Broker, item: Item): Done {
  const texts = { write: text(item, 'write'), read: text(item, 'read') }
  return setTopicPermissions(broker, text(item, 'user'), text(item, 'vhost'), text(item, 'exchange'), texts)
}

export function importGlobalParameter(broker: Broker, item: Item): Done {
  return setGlobalParameter(broker, text(item, 'name'), item.value ?? null)
}

export function importPolicy(broker: Broker, item: Item): Done {
  return setPolicy(broker, text(item, 'vhost'), 'policy', text(item, 'name'), policyOf(item), () => {})
}

export function importParameter(broker: Broker, item: Item): Done {
  const component = text(item, 'component')
  const value = item.value ?? null
  if (component === OPERATOR_POLICY && typeof value === 'object' && value !== null) {
    return setPolicy(broker, text(item, 'vhost'), component, text(item, 'name'), policyOf(value as Item), () => {})
  }
  const outcome = setParameter(broker, text(item, 'vhost'), component, text(item, 'name'), value)
  return outcome.ok ? DONE : outcome
}

function policyOf({ pattern, definition, priority, 'apply-to': applyTo }: Item) {
  return {
    ...(pattern === undefined ? {} : { pattern }),
    ...(definition === undefined ? {} : { definition }),
    ...(priority === undefined ? {} : { priority }),
    ...(applyTo === undefined ? {} : { 'apply-to': applyTo }),
  }
}
