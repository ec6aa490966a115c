import type { PermissionTexts, TopicPermissionTexts } from '../../core/access/permissions.ts'
import type { User } from '../../core/access/user.ts'
import type { Broker } from '../broker.ts'
import type { Definition } from '../definition.ts'
import { journalDefinition } from '../definitions.ts'

/** What can happen to users and permissions. */
export type AccessFact =
  | { readonly kind: 'user'; readonly id: number; readonly user: User }
  /** With a user go its permissions. */
  | { readonly kind: 'user-gone'; readonly id: number; readonly name: string }
  | {
      readonly kind: 'permission'
      readonly id: number
      readonly user: string
      readonly vhost: string
      readonly texts: PermissionTexts
    }
  | { readonly kind: 'permission-gone'; readonly id: number; readonly user: string; readonly vhost: string }
  | {
      readonly kind: 'topic-permission'
      readonly id: number
      readonly user: string
      readonly vhost: string
      readonly exchange: string
      readonly texts: TopicPermissionTexts
    }
  | {
      readonly kind: 'topic-permission-gone'
      readonly id: number
      readonly user: string
      readonly vhost: string
      readonly exchange: string
    }
  | { readonly kind: 'access-seeded'; readonly id: number }

const KINDS: readonly AccessFact['kind'][] = [
  'user',
  'user-gone',
  'permission',
  'permission-gone',
  'topic-permission',
  'topic-permission-gone',
  'access-seeded',
]

/** Teaches the broker to rebuild users and permissions. */
export function registerAccess(broker: Broker): void {
  broker.definitions.push({
    kinds: KINDS,
    apply: (definition) => apply(broker, definition as AccessFact),
    all: () => allFacts(broker),
  })
}

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never

/** The one way in which users and permissions change. What anybody decided before is void from now on. */
export function changeAccess(broker: Broker, change: WithoutId<AccessFact>): void {
  const fact = { ...change, id: ++broker.lastId } as AccessFact
  apply(broker, fact)
  broker.access.changedAt = journalDefinition(broker, fact satisfies Definition)
  forgetDecisions(broker)
}

/** Connections look at permissions again, publishers as well: their routes hold the decision. */
export function forgetDecisions(broker: Broker): void {
  broker.access.epoch++
  for (const { router } of broker.vhosts.values()) router.epoch++
}

function apply({ access }: Broker, fact: AccessFact): void {
  const { users, permissions } = access
  switch (fact.kind) {
    case 'user':
      users.set(fact.id, fact.user)
      break
    case 'user-gone':
      users.delete(fact.name)
      permissions.forget({ user: fact.name })
      break
    case 'permission':
      permissions.set(fact.id, fact.user, fact.vhost, fact.texts)
      break
    case 'permission-gone':
      permissions.delete(fact.user, fact.vhost)
      break
    case 'topic-permission':
      permissions.setTopic(fact.id, fact.user, fact.vhost, fact.exchange, fact.texts)
      break
    case 'topic-permission-gone':
      permissions.deleteTopic(fact.user, fact.vhost, fact.exchange)
      break
    case 'access-seeded':
      access.seeded = true
  }
}

function* allFacts({ access }: Broker): Generator<AccessFact> {
  if (access.seeded) yield { kind: 'access-seeded', id: 0 }
  for (const { id, user } of access.users.all()) yield { kind: 'user', id, user }
  for (const { id, user, vhost, texts } of access.permissions.all()) {
    yield { kind: 'permission', id, user, vhost, texts }
  }
  for (const { id, user, vhost, exchange, texts } of access.permissions.allTopics()) {
    yield { kind: 'topic-permission', id, user, vhost, exchange, texts }
  }
}
