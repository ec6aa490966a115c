/** Whom a quota is for, by Kafka's kinds of entity; null is everybody of that kind who has none of his own. */
export interface QuotaEntity {
  readonly user?: string | null
  readonly 'client-id'?: string | null
  readonly ip?: string | null
}

export type EntityType = keyof QuotaEntity
export const ENTITY_TYPES: readonly EntityType[] = ['user', 'client-id', 'ip']

/** What can be limited: bytes a second, percent of one thread, partitions made or taken away a second, connections a second. */
export type QuotaKey =
  | 'producer_byte_rate'
  | 'consumer_byte_rate'
  | 'request_percentage'
  | 'controller_mutation_rate'
  | 'connection_creation_rate'

/** What applies to one client: the limit, and who shares it, as a key. */
export interface Limit {
  readonly perSecond: number
  readonly sharers: string
}

/** Two with the same key are the same. */
export function entityKey(entity: QuotaEntity): string {
  return JSON.stringify(ENTITY_TYPES.map((type) => (entity[type] === undefined ? 0 : [entity[type]])))
}

export interface Quota {
  readonly entity: QuotaEntity
  readonly values: Readonly<Record<string, number>>
}

/** All quotas, and which of them applies to whom. */
export class Quotas {
  /** Grows with every change. */
  epoch = 0
  private readonly byEntity = new Map<string, Quota>()

  get size(): number {
    return this.byEntity.size
  }

  get(entity: QuotaEntity): Quota | undefined {
    return this.byEntity.get(entityKey(entity))
  }

  /** No values at all take the entity away. */
  set(quota: Quota): void {
    if (Object.keys(quota.values).length > 0) this.byEntity.set(entityKey(quota.entity), quota)
    else this.byEntity.delete(entityKey(quota.entity))
    this.epoch++
  }

  all(): IterableIterator<Quota> {
    return this.byEntity.values()
  }

  /**
   * The limit for a client, null for none: that of user and client together before that of the user, before that of the client; what is
   * named before what is for everybody. Each of the eight steps is Kafka's.
   */
  limit(key: QuotaKey, user: string, clientId: string): Limit | null {
    if (this.byEntity.size === 0) return null
    const both = JSON.stringify([user, clientId])
    const alone = JSON.stringify([user])
    const client = JSON.stringify([null, clientId])
    const steps: readonly (readonly [QuotaEntity, string])[] = [
      [{ user, 'client-id': clientId }, both],
      [{ user, 'client-id': null }, both],
      [{ user }, alone],
      [{ user: null, 'client-id': clientId }, both],
      [{ user: null, 'client-id': null }, both],
      [{ user: null }, alone],
      [{ 'client-id': clientId }, client],
      [{ 'client-id': null }, client],
    ]
    for (const [entity, sharers] of steps) {
      const perSecond = this.get(entity)?.values[key]
      if (perSecond !== undefined) return { perSecond, sharers }
    }
    return null
  }
}
