import { invalidPattern, type PermissionTexts, type TopicPermissionTexts } from '../../core/access/permissions.ts'
import type { Broker } from '../broker.ts'
import { DONE, type Done, type Refused, refused } from '../done.ts'
import { changeAccess } from './facts.ts'

/** Says what a user may do in a vhost. */
export function setPermissions(broker: Broker, user: string, vhost: string, texts: PermissionTexts): Done {
  const refusal = check(broker, user, vhost, { ...texts })
  if (refusal !== null) return refusal
  const { configure, write, read } = texts
  changeAccess(broker, { kind: 'permission', user, vhost, texts: { configure, write, read } })
  return DONE
}

/** The user may not use the vhost any more. */
export function clearPermissions(broker: Broker, user: string, vhost: string): Done {
  const refusal = check(broker, user, vhost, {})
  if (refusal !== null) return refusal
  if (broker.access.permissions.hasVHost(user, vhost)) changeAccess(broker, { kind: 'permission-gone', user, vhost })
  return DONE
}

/** Says with which routing keys a user may publish to a topic exchange, and bind queues to it. */
export function setTopicPermissions(
  broker: Broker,
  user: string,
  vhost: string,
  exchange: string,
  texts: TopicPermissionTexts,
): Done {
  const refusal = check(broker, user, vhost, { ...texts })
  if (refusal !== null) return refusal
  const { write, read } = texts
  changeAccess(broker, { kind: 'topic-permission', user, vhost, exchange, texts: { write, read } })
  return DONE
}

/** Every routing key is allowed again: on one exchange, or on all of them. */
export function clearTopicPermissions(broker: Broker, user: string, vhost: string, exchange: string | null): Done {
  const refusal = check(broker, user, vhost, {})
  if (refusal !== null) return refusal
  for (const granted of [...broker.access.permissions.allTopics()]) {
    if (granted.user !== user || granted.vhost !== vhost) continue
    if (exchange === null || exchange === granted.exchange) {
      changeAccess(broker, { kind: 'topic-permission-gone', user, vhost, exchange: granted.exchange })
    }
  }
  return DONE
}

function check(broker: Broker, user: string, vhost: string, texts: Readonly<Record<string, string>>): Refused | null {
  if (!broker.vhosts.has(vhost)) return refused('not-found', `there is no vhost '${vhost}'`)
  if (broker.access.user(user) === undefined) return refused('not-found', `there is no user '${user}'`)
  const invalid = invalidPattern(texts)
  return invalid === null ? null : refused('invalid', `'${invalid}' is not a regular expression`)
}
