import { ACCESS_MUTANTS } from './access/mutants.ts'
import { AMQP_MUTANTS } from './amqp/mutants.ts'
import { BACKUP_MUTANTS } from './backup/mutants.ts'
import { STORE_MUTANTS } from './check/mutants.ts'
import { CONTRACT_MUTANTS } from './contract/mutants.ts'
import { EXCHANGE_MUTANTS } from './exchange/mutants.ts'
import { GROUP_MUTANTS } from './groups/mutants.ts'
import { KAFKA_MUTANTS } from './kafka/mutants.ts'
import { TRANSACTION_MUTANTS } from './kafka/transaction/mutants.ts'
import type { Mutant } from './mutant.ts'
import { REGISTRY_MUTANTS } from './registry/mutants.ts'
import { STREAM_MUTANTS } from './stream/mutants.ts'
import { TABLE_MUTANTS } from './table/mutants.ts'
import { TENANT_MUTANTS } from './tenants/mutants.ts'

/** Every planted bug: each has to be found. */
export const MUTANTS: readonly Mutant[] = [
  ...STORE_MUTANTS,
  ...AMQP_MUTANTS,
  ...EXCHANGE_MUTANTS,
  ...CONTRACT_MUTANTS,
  ...KAFKA_MUTANTS,
  ...TRANSACTION_MUTANTS,
  ...ACCESS_MUTANTS,
  ...GROUP_MUTANTS,
  ...TENANT_MUTANTS,
  ...TABLE_MUTANTS,
  ...REGISTRY_MUTANTS,
  ...STREAM_MUTANTS,
  ...BACKUP_MUTANTS,
]
