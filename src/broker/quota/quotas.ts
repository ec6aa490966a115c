import type { Quota, QuotaEntity } from '../../core/quota/quotas.ts'
import { entityKey } from '../../core/quota/quotas.ts'
import type { Broker } from '../broker.ts'
import type { Definition } from '../definition.ts'
import { journalDefinition } from '../definitions.ts'
import type { QuotaFact } from './quota-store.ts'

/** Entities that may have quotas. */
export const MOST_QUOTAS = 100_000
/** Bytes of journal that a quota takes beside its names. */
const ROOM = 512

/** Teaches the broker to rebuild quotas. A later fact about an entity replaces an earlier one, so that the last one holds. */
export function registerQuotas(broker: Broker): void {
  const { quotas } = broker.quotas
  broker.definitions.push({
    kinds: ['client-quota'],
    apply: (definition) => quotas.set(definition as QuotaFact),
    *all() {
      for (const quota of quotas.all()) yield factOf(0, quota) as Definition
    },
  })
}

/** Gives an entity these values in place of those it has. False if there is no room for it. */
export function setQuota(broker: Broker, entity: QuotaEntity, values: Quota['values']): boolean {
  const { quotas } = broker
  const takesAway = Object.keys(values).length === 0
  const room = ROOM + 3 * entityKey(entity).length
  if (!takesAway && quotas.quotas.size >= MOST_QUOTAS) return false
  if (!broker.hasRoomForDefinition(room, takesAway)) return false
  const fact = factOf(++broker.lastId, { entity, values })
  quotas.quotas.set(fact)
  quotas.position = journalDefinition(broker, fact)
  return true
}

function factOf(id: number, { entity, values }: Quota): QuotaFact {
  return { kind: 'client-quota', id, entity, values }
}
