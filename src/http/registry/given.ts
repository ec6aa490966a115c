import type { SchemaGiven } from '../../broker/subject/prepare.ts'
import type { Metadata, Rule, RuleSet, SchemaReference } from '../../core/subject/content.ts'
import { REFUSALS, registryRefusal } from '../../core/subject/refusals.ts'
import { HIGHEST } from '../../core/subject/register.ts'
import { Refused } from '../call.ts'

type Fields = Readonly<Record<string, unknown>>

/** A body that holds an object. @throws Refused */
export function fieldsOf(body: unknown): Fields {
  if (isObject(body)) return body
  throw wrong('the body has to be a JSON object')
}

/** A schema as clients send it. @throws Refused */
export function schemaGiven(
  body: unknown,
): SchemaGiven & { readonly id: number | null; readonly version: number | null } {
  const fields = fieldsOf(body)
  const schema = text(fields, 'schema')
  for (const name of ['schemaTagsToAdd', 'schemaTagsToRemove']) {
    if (Array.isArray(fields[name]) && fields[name].length > 0)
      throw new Refused(registryRefusal(422, `${name}: tags inside schemas are not supported by this registry`))
  }
  if (schema === null || schema.trim() === '') throw new Refused(REFUSALS.invalidSchema('it is empty'))
  const [id, version] = [whole(fields, 'id'), whole(fields, 'version')]
  return {
    type: text(fields, 'schemaType') ?? 'AVRO',
    schema,
    references: list(fields, 'references', reference),
    metadata: isSet(fields.metadata) ? metadataGiven(fields.metadata) : null,
    ruleSet: isSet(fields.ruleSet) ? ruleSetGiven(fields.ruleSet) : null,
    // Clients write "none" as a number that no schema has.
    id: id === null || id < 0 ? null : id,
    version: version === null || version < 1 ? null : version,
  }
}

function reference(item: unknown): SchemaReference {
  const fields = isObject(item) ? item : {}
  const [name, subject, version] = [text(fields, 'name'), text(fields, 'subject'), whole(fields, 'version')]
  if (name === null || subject === null || version === null)
    throw new Refused(REFUSALS.invalidSchema('a reference has a name, a subject and a version'))
  return { name, subject, version }
}

/** Maps and sets in order, so that the same is always written in the same way. */
export function metadataGiven(value: unknown): Metadata {
  if (!isObject(value)) throw wrong("'metadata' has to be an object")
  const tags = map(value, 'tags', (item) => {
    if (!Array.isArray(item) || !item.every((one) => typeof one === 'string')) throw wrong("'tags' hold lists of texts")
    return [...new Set<string>(item)].sort()
  })
  const properties = map(value, 'properties', (item) => {
    if (typeof item === 'string') return item
    throw wrong("'properties' hold texts")
  })
  const sensitive = [...new Set(texts(value, 'sensitive'))].sort()
  return {
    ...(tags === null ? {} : { tags }),
    ...(properties === null ? {} : { properties }),
    ...(sensitive.length === 0 ? {} : { sensitive }),
  }
}

export function ruleSetGiven(value: unknown): RuleSet {
  if (!isObject(value)) throw wrong("'ruleSet' has to be an object")
  const result: { -readonly [key in keyof RuleSet]: RuleSet[key] } = {}
  for (const kind of ['migrationRules', 'domainRules', 'encodingRules'] as const) {
    const rules = list(value, kind, rule)
    if (new Set(rules.map(({ name }) => name)).size < rules.length)
      throw new Refused(registryRefusal(42210, `Invalid rule set: two rules of ${kind} have one name`))
    if (rules.length > 0) result[kind] = rules
  }
  const enableAt = text(value, 'enableAt')
  return enableAt === null ? result : { ...result, enableAt }
}

const RULE_TEXTS = ['doc', 'kind', 'mode', 'type', 'expr', 'onSuccess', 'onFailure'] as const

function rule(item: unknown): Rule {
  const fields = isObject(item) ? item : {}
  const name = text(fields, 'name')
  if (name === null || name === '') throw new Refused(registryRefusal(42210, 'Invalid rule set: a rule has no name'))
  const params = map(fields, 'params', String)
  const tags = [...new Set(texts(fields, 'tags'))].sort()
  const told = RULE_TEXTS.map((key) => [key, text(fields, key)] as const).filter(([, value]) => value !== null)
  return {
    name,
    ...Object.fromEntries(told),
    ...(params === null ? {} : { params }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(fields.disabled === true ? { disabled: true } : {}),
  }
}

export function text(fields: Fields, name: string): string | null {
  const value = fields[name]
  if (!isSet(value)) return null
  if (typeof value === 'string') return value
  throw wrong(`'${name}' has to be a text`)
}

export function boolean(fields: Fields, name: string): boolean | null {
  const value = fields[name]
  if (!isSet(value)) return null
  if (typeof value === 'boolean') return value
  throw wrong(`'${name}' has to be true or false`)
}

function whole(fields: Fields, name: string): number | null {
  const value = fields[name]
  if (!isSet(value)) return null
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= HIGHEST) return value
  throw wrong(`'${name}' has to be a whole number`)
}

function texts(fields: Fields, name: string): string[] {
  return list(fields, name, (item) => {
    if (typeof item === 'string') return item
    throw wrong(`'${name}' has to hold texts`)
  })
}

function list<T>(fields: Fields, name: string, read: (item: unknown) => T): T[] {
  const value = fields[name]
  if (!isSet(value)) return []
  if (Array.isArray(value)) return value.map(read)
  throw wrong(`'${name}' has to be a list`)
}

/** Null for an empty one. */
function map<T>(fields: Fields, name: string, read: (item: unknown) => T): Record<string, T> | null {
  const value = fields[name]
  if (!isSet(value)) return null
  if (!isObject(value)) throw wrong(`'${name}' has to be an object`)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return entries.length === 0 ? null : Object.fromEntries(entries.map(([key, item]) => [key, read(item)]))
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function wrong(what: string): Refused {
  return new Refused(registryRefusal(400, `The request can't be read: ${what}`))
}
