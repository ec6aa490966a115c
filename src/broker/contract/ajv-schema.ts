import { type Draft, isSince } from '../../core/schema/json/draft.ts'
import { isList, isObject, type Json, type JsonObject } from '../../core/schema/json-text.ts'

/** Keywords that hold schemas by name, and those that hold no schemas. */
const MAPS: readonly string[] = [
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
  'dependencies',
]
const VALUES: readonly string[] = ['enum', 'const', 'default', 'examples']
/** What a schema may be found by, and has no say of its own. */
const BESIDE_REF: readonly string[] = ['$ref', '$schema', '$id', 'id', '$defs', 'definitions']

/**
 * A schema as Ajv has to be told it to check what JSON Schema says. Ajv has keywords of its own: `nullable`, and `$async`, which would make it answer
 * later. It looks at what stands beside a `$ref` where a draft says not to. And unless it looks for all errors it passes over a `contains` where an
 * array is shorter than the tuple beside it, but not over one within `allOf`.
 */
export function ajvSchema(schema: Json, draft: Draft): Json {
  if (isList(schema)) return schema.map((item) => ajvSchema(item, draft))
  if (!isObject(schema)) return schema
  const alone = typeof schema.$ref === 'string' && !isSince(draft, '2019-09')
  const result = Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => !isAjvs(key, value) && (!alone || BESIDE_REF.includes(key)))
      .map(([key, value]) => [key, within(key, value, draft)]),
  )
  if (result.contains === undefined) return result
  const { contains, minContains, maxContains } = result
  const counted = {
    contains,
    ...(minContains === undefined ? {} : { minContains }),
    ...(maxContains === undefined ? {} : { maxContains }),
  }
  return { ...result, allOf: [...((result.allOf as Json[] | undefined) ?? []), counted] }
}

function within(key: string, value: Json, draft: Draft): Json {
  if (VALUES.includes(key)) return value
  if (!MAPS.includes(key) || !isObject(value)) return ajvSchema(value, draft)
  return Object.fromEntries(Object.entries(value as JsonObject).map(([name, part]) => [name, ajvSchema(part, draft)]))
}

function isAjvs(key: string, value: Json): boolean {
  return (key === 'nullable' || key === '$async') && typeof value === 'boolean'
}
