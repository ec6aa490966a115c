import { ENTITY_TYPES, type EntityType, type QuotaEntity } from '../../core/quota/quotas.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import {
  DescribeClientQuotasRequest,
  DescribeClientQuotasResponse,
} from '../../wire/kafka/messages/describe-client-quotas.ts'
import type { Decoded } from '../../wire/kafka/schema.ts'
import { api } from '../api.ts'

/* DescribeClientQuotas, 0 to 1: entities that have all the components asked for; with `strict`, and no others. The texts are Kafka's. */

const MatchType = { exact: 0, default: 1, specified: 2 } as const

type Component = Decoded<typeof DescribeClientQuotasRequest>['components'][number]

export const describeClientQuotas = api(
  DescribeClientQuotasRequest,
  DescribeClientQuotasResponse,
  { from: 0, to: 1 },
  ({ components, strict }, call) => {
    const wrong = problemOf(components)
    if (wrong !== null) {
      call.reply({ ...wrong, entries: null }, 0)
      return
    }
    const { quotas, position } = call.front.broker.quotas
    const entries = [...quotas.all()]
      .filter(({ entity }) => components.every((component) => has(entity, component)))
      .filter(({ entity }) => !strict || Object.keys(entity).length === components.length)
      .map(({ entity, values }) => ({
        entity: Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName })),
        values: Object.entries(values).map(([key, value]) => ({ key, value })),
      }))
    call.reply({ entries }, position)
  },
)

function has(entity: QuotaEntity, { entityType, matchType, match }: Component): boolean {
  const name = entity[entityType as EntityType]
  if (name === undefined) return false
  if (matchType === MatchType.exact) return name === match
  return matchType === MatchType.default ? name === null : true
}

function problemOf(components: readonly Component[]): { errorCode: number; errorMessage: string } | null {
  const invalid = (errorMessage: string) => ({ errorCode: ErrorCode.INVALID_REQUEST, errorMessage })
  const types = new Set<string>()
  for (const { entityType, matchType, match } of components) {
    if (types.has(entityType)) return invalid(`Entity type ${entityType} cannot appear more than once in the filter.`)
    types.add(entityType)
    if (entityType === '') return invalid('Invalid empty entity type.')
    if (!ENTITY_TYPES.includes(entityType as EntityType)) {
      return { errorCode: ErrorCode.UNSUPPORTED_VERSION, errorMessage: `Unsupported entity type ${entityType}` }
    }
    if (matchType === MatchType.exact && match === null)
      return invalid('Request specified MATCH_TYPE_EXACT, but set match string to null.')
    if (matchType === MatchType.default && match !== null)
      return invalid('Request specified MATCH_TYPE_DEFAULT, but also specified a match string.')
    if (matchType === MatchType.specified && match !== null)
      return invalid('Request specified MATCH_TYPE_SPECIFIED, but also specified a match string.')
    if (matchType < MatchType.exact || matchType > MatchType.specified)
      return invalid(`Unknown match type ${matchType}`)
  }
  const mixed = types.has('ip') && types.size > 1
  return mixed
    ? invalid(
        'Invalid entity filter component combination. IP filter component should not be used with user or clientId filter component.',
      )
    : null
}
