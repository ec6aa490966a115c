import { type Quota, type QuotaEntity, Quotas } from '../../core/quota/quotas.ts'

/** What can happen to quotas: an entity has these values now, and no others. */
export interface QuotaFact {
  readonly kind: 'client-quota'
  readonly id: number
  readonly entity: QuotaEntity
  readonly values: Quota['values']
}

/** The quotas, and how far the journal has to be durable for what is said of them. */
export class QuotaStore {
  readonly quotas = new Quotas()
  position = 0
}
