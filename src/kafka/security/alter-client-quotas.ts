import { isIP } from 'node:net'
import { setQuota } from '../../broker/quota/quotas.ts'
import { ENTITY_TYPES, type EntityType, type QuotaEntity } from '../../core/quota/quotas.ts'
import { hashed } from '../../std/java-hash.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import { AlterClientQuotasRequest, AlterClientQuotasResponse } from '../../wire/kafka/messages/alter-client-quotas.ts'
import type { Decoded, Encodable } from '../../wire/kafka/schema.ts'
import { api, type Call } from '../api.ts'

/* AlterClientQuotas, 0 to 1. What is wrong with an entity is said of that entity; the others are changed. The texts are Kafka's. */

type Entry = Decoded<typeof AlterClientQuotasRequest>['entries'][number]
type Ops = Entry['ops']
type Answer = NonNullable<Encodable<typeof AlterClientQuotasResponse>['entries']>[number]
/** Names by kind; null is the default of the kind. */
type Given = Readonly<Record<string, string | null>>

/** What can be set, and whether it is whole. */
const CLIENT_KEYS: Readonly<Record<string, 'whole' | 'any'>> = {
  producer_byte_rate: 'whole',
  consumer_byte_rate: 'whole',
  request_percentage: 'any',
  controller_mutation_rate: 'any',
}
const IP_KEYS: Readonly<Record<string, 'whole' | 'any'>> = { connection_creation_rate: 'whole' }

/** As they lie in a hash table of Kafka's. */
const TOLD_ORDER: Readonly<Record<string, number>> = { 'client-id': 0, user: 1, ip: 3 }

export const alterClientQuotas = api(
  AlterClientQuotasRequest,
  AlterClientQuotasResponse,
  { from: 0, to: 1, writes: true },
  (request, call) => {
    // An entity that comes twice is changed as it is said first, and answered once, with an error.
    const answers = new Map<string, Answer>()
    for (const entry of request.entries) {
      const given = entityOf(entry)
      const key = JSON.stringify(Object.entries(given).sort())
      const keys = new Set(entry.ops.map(({ key }) => key))
      const isTwice = answers.has(key) || keys.size < entry.ops.length
      const entity = Object.entries(given).map(([entityType, entityName]) => ({ entityType, entityName }))
      answers.set(key, {
        entity,
        ...(isTwice ? duplicate(given) : alter(given, entry.ops, request.validateOnly, call)),
      })
    }
    call.reply({ entries: [...answers.values()] }, call.front.broker.quotas.position)
  },
)

/** Of a kind that comes twice the last one counts. */
function entityOf({ entity }: Entry): Given {
  return Object.fromEntries(entity.map(({ entityType, entityName }) => [entityType, entityName]))
}

function invalid(errorMessage: string) {
  return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage }
}

function duplicate(given: Given) {
  const place = (type: string) => TOLD_ORDER[type] ?? 2
  const told = Object.entries(given)
    .sort(([one], [other]) => place(one) - place(other))
    .map(([type, name]) => `${type}=${name}`)
  return invalid(`Ignoring duplicate entity ClientQuotaEntity(entries={${told.join(', ')}})`)
}

function alter(given: Given, ops: Ops, onlyCheck: boolean, call: Call) {
  const wrong = wrongEntity(given) ?? wrongOps(ops, 'ip' in given ? IP_KEYS : CLIENT_KEYS)
  if (wrong !== null) return invalid(wrong)
  const entity = given as QuotaEntity
  const { broker } = call.front
  const values = { ...broker.quotas.quotas.get(entity)?.values }
  for (const { key, value, remove } of ops) {
    if (remove) delete values[key]
    else values[key] = value
  }
  if (onlyCheck || setQuota(broker, entity, values)) return { errorMessage: null }
  return { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, errorMessage: 'The disk is full, or there are too many quotas.' }
}

function wrongEntity(entity: Given): string | null {
  const types = Object.keys(entity)
  if (types.length === 0) return 'Invalid empty client quota entity'
  for (const type of types) {
    if (!ENTITY_TYPES.includes(type as EntityType)) return `Unhandled client quota entity type: ${type}`
    if (entity[type] === '') return `Empty ${type} not supported`
  }
  const { ip } = entity
  if (ip === undefined) return null
  if (types.length > 1) return 'Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId'
  return ip === null || isIP(ip) !== 0 ? null : `${ip} is not a valid IP or resolvable host.`
}

function wrongOps(ops: Ops, keys: Readonly<Record<string, 'whole' | 'any'>>): string | null {
  // The first in Kafka's hash table, which is made for as many as there are, is told.
  for (const { key, value, remove } of hashed(ops, (op) => op.key, ops.length, 1)) {
    if (remove) continue
    if (!Object.hasOwn(keys, key)) return `Invalid configuration key ${key}`
    if (!(value > 0)) return `Quota ${key} must be greater than 0`
    if (keys[key] === 'any') continue
    if (value > Number.MAX_SAFE_INTEGER) return `Proposed value for ${key} is too large for a LONG.`
    if (!Number.isInteger(value)) return `${key} cannot be a fractional value.`
  }
  return null
}
