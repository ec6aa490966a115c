import { isList, isObject, type Json, type JsonObject, sameJson, step, Unfit, writeJson } from '../json-text.ts'
import { Documents, type Place } from './documents.ts'
import { draftOf, isMetaSchema, isSince } from './draft.ts'
import { anything, JSON_TYPES, type JsonNode, type JsonTypeName, LIMITS, type LimitName } from './node.ts'

/** How many schemas lie in a schema and its references in all. */
export const MAX_JSON_PARTS = 20_000

/** Limits that may be any number; the others count something. */
const NUMBERS: readonly string[] = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']

/** Keywords that constrain and that are compared as they stand. */
const OTHERS = ['unevaluatedProperties', 'unevaluatedItems']

interface Part {
  readonly name: string
  readonly value: Json
}

/** Reads a JSON Schema, with the schemas that it refers to by name. */
export function parseJsonSchema(value: Json, references: readonly Part[]): JsonNode {
  const documents = new Documents()
  const main = documents.add(value, [], draftOf(value))
  for (const reference of references) {
    const place = documents.add(reference.value, [reference.name], draftOf(reference.value))
    documents.alias(reference.name, main.base, place)
  }
  return new JsonParser(documents).parse(main)
}

class JsonParser {
  private readonly documents: Documents
  private readonly nodes = new Map<JsonObject, JsonNode>()
  /** Nodes whose `$ref` is still to be followed. */
  private readonly open: { node: JsonNode; ref: string; from: Place }[] = []

  constructor(documents: Documents) {
    this.documents = documents
  }

  parse(main: Place): JsonNode {
    const root = this.node(main)
    for (let next = this.open.pop(); next !== undefined; next = this.open.pop()) {
      const { node, ref, from } = next
      node.ref = isMetaSchema(ref)
        ? anything({ always: true, json: true, path: from.path })
        : this.node(this.documents.find(ref, from))
    }
    for (const node of this.nodes.values()) checkCircle(node)
    return root
  }

  private node(place: Place): JsonNode {
    const { value, path } = place
    if (typeof value === 'boolean') return anything({ always: value, json: value, path })
    if (!isObject(value)) throw new Unfit(`A schema is an object, true or false, not ${writeJson(value)}`, path)
    const known = this.nodes.get(value)
    if (known !== undefined) return known
    if (this.nodes.size >= MAX_JSON_PARTS) throw new Unfit(`A schema may have ${MAX_JSON_PARTS} parts`, path)
    const ref = refOf(value, place)
    // Up to draft 7 nothing counts beside $ref.
    const alone = ref !== null && !isSince(place.draft, '2019-09')
    const node = alone ? anything({ json: value, path }) : this.read(value, place)
    this.nodes.set(value, node)
    if (ref !== null) this.open.push({ node, ref, from: place })
    return node
  }

  private read(value: JsonObject, place: Place): JsonNode {
    const { path, draft } = place
    const at = (key: string): Place => ({ ...place, value: value[key], path: path + step(key) })
    const part = (key: string) => (value[key] === undefined ? null : this.node(at(key)))
    const parts = (key: string) => (value[key] === undefined ? [] : this.list(at(key)))
    const map = (key: string) => (value[key] === undefined ? new Map<string, JsonNode>() : this.map(at(key)))
    const tuple = isSince(draft, '2020-12') ? value.prefixItems !== undefined : isList(value.items)
    const prefix = tuple ? this.list(at(isSince(draft, '2020-12') ? 'prefixItems' : 'items')) : []
    const rest = tuple && !isSince(draft, '2020-12') ? part('additionalItems') : part('items')
    const dependent = this.dependencies(value, place)
    return {
      path,
      json: value,
      always: null,
      title: typeof value.title === 'string' ? value.title : null,
      hasDefault: value.default !== undefined,
      ref: null,
      types: types(value, path),
      values: values(value, path),
      limits: limits(value, path),
      pattern: pattern(value, path),
      unique: flag(value, 'uniqueItems', path),
      prefix,
      rest,
      contains: part('contains'),
      properties: map('properties'),
      patterns: this.patterns(map('patternProperties')),
      additional: part('additionalProperties'),
      names: part('propertyNames'),
      required: new Set(value.required === undefined ? [] : names(value.required, `${path}/required`)),
      dependentRequired: dependent.required,
      dependentSchemas: dependent.schemas,
      allOf: parts('allOf'),
      anyOf: parts('anyOf'),
      oneOf: parts('oneOf'),
      not: part('not'),
      if: part('if'),
      thenSchema: part('then'),
      elseSchema: part('else'),
      others: new Map(OTHERS.filter((key) => value[key] !== undefined).map((key) => [key, value[key]])),
    }
  }

  private list(place: Place): JsonNode[] {
    const { value, path } = place
    if (!isList(value) || value.length === 0) throw new Unfit('A list of schemas is expected, with one at least', path)
    return value.map((item, index) => this.node({ ...place, value: item, path: path + step(index) }))
  }

  private map(place: Place): Map<string, JsonNode> {
    const { value, path } = place
    if (!isObject(value)) throw new Unfit('An object of schemas is expected', path)
    return new Map(
      Object.entries(value).map(([key, item]) => [key, this.node({ ...place, value: item, path: path + step(key) })]),
    )
  }

  private patterns(map: Map<string, JsonNode>): Map<string, JsonNode> {
    for (const [text, node] of map) checkPattern(text, node.path)
    return map
  }

  /** `dependencies` up to draft 7, `dependentRequired` and `dependentSchemas` since 2019-09. */
  private dependencies(value: JsonObject, place: Place) {
    const required = new Map<string, readonly string[]>()
    const schemas = new Map<string, JsonNode>()
    for (const keyword of ['dependencies', 'dependentRequired', 'dependentSchemas']) {
      const found = value[keyword]
      if (found === undefined) continue
      const path = place.path + step(keyword)
      if (!isObject(found)) throw new Unfit('An object is expected', path)
      for (const [key, item] of Object.entries(found)) {
        const at = path + step(key)
        if (keyword === 'dependentRequired' || (keyword === 'dependencies' && isList(item)))
          required.set(key, names(item, at))
        else schemas.set(key, this.node({ ...place, value: item, path: at }))
      }
    }
    return { required, schemas }
  }
}

/** References that lead in a circle say nothing. */
function checkCircle(start: JsonNode): void {
  const seen = new Set<JsonNode>()
  for (let node: JsonNode | null = start; node !== null; node = node.ref) {
    if (seen.has(node)) throw new Unfit('This $ref leads to itself', start.path)
    seen.add(node)
  }
}

function refOf(value: JsonObject, place: Place): string | null {
  const ref = value.$ref ?? value.$dynamicRef ?? value.$recursiveRef
  if (ref === undefined) return null
  if (typeof ref !== 'string') throw new Unfit(`"$ref" is a URI, not ${writeJson(ref)}`, `${place.path}/$ref`)
  return ref
}

function types(value: JsonObject, path: string): JsonTypeName[] | null {
  const { type } = value
  if (type === undefined) return null
  const list = isList(type) ? type : [type]
  const known: readonly Json[] = JSON_TYPES
  for (const item of list) {
    if (!known.includes(item))
      throw new Unfit(`${writeJson(item)} is no type: there are ${JSON_TYPES.join(', ')}`, `${path}/type`)
  }
  if (list.length === 0) throw new Unfit('"type" is a type, or a list of types with one at least', `${path}/type`)
  return list as JsonTypeName[]
}

function values(value: JsonObject, path: string): readonly Json[] | null {
  const { const: only, enum: several } = value
  if (several !== undefined && !isList(several)) throw new Unfit('"enum" is a list of values', `${path}/enum`)
  if (only === undefined) return several ?? null
  return several === undefined || several.some((item) => sameJson(item, only)) ? [only] : []
}

function limits(value: JsonObject, path: string): Partial<Record<LimitName, number>> {
  const found: Partial<Record<LimitName, number>> = {}
  for (const name of LIMITS) {
    const given = value[name]
    // Draft 4: a flag that makes the other bound an exclusive one.
    if (given === undefined || typeof given === 'boolean') continue
    const number = Number(given)
    const fits = typeof given === 'number' || typeof given === 'bigint'
    if (
      !fits ||
      (!NUMBERS.includes(name) && (number < 0 || !Number.isInteger(number))) ||
      (name === 'multipleOf' && number <= 0)
    )
      throw new Unfit(`${writeJson(given)} is not a value for "${name}"`, path + step(name))
    found[name] = number
  }
  for (const [inclusive, exclusive] of [
    ['minimum', 'exclusiveMinimum'],
    ['maximum', 'exclusiveMaximum'],
  ] as const) {
    if (value[exclusive] !== true || found[inclusive] === undefined) continue
    found[exclusive] = found[inclusive]
    delete found[inclusive]
  }
  return found
}

function pattern(value: JsonObject, path: string): string | null {
  const { pattern } = value
  if (pattern === undefined) return null
  if (typeof pattern !== 'string') throw new Unfit('"pattern" is a regular expression', `${path}/pattern`)
  checkPattern(pattern, `${path}/pattern`)
  return pattern
}

function checkPattern(text: string, path: string): void {
  // It is read and never run here. Since draft 2019-09 it is one of ECMA-262 with the flag u; many are written without it in mind.
  for (const flags of ['u', '']) {
    try {
      new RegExp(text, flags)
      return
    } catch {
      // The other flags, then.
    }
  }
  throw new Unfit(`${JSON.stringify(text)} is no regular expression`, path)
}

function flag(value: JsonObject, key: string, path: string): boolean {
  const found = value[key] ?? false
  if (typeof found !== 'boolean')
    throw new Unfit(`"${key}" is true or false, not ${writeJson(found)}`, path + step(key))
  return found
}

function names(value: Json, path: string): string[] {
  if (isList(value) && value.every((item) => typeof item === 'string')) return value as string[]
  throw new Unfit('A list of names is expected', path)
}
