import type { Json } from '../json-text.ts'

export const JSON_TYPES = ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object'] as const
export type JsonTypeName = (typeof JSON_TYPES)[number]

/** Keywords that bound a number, by the draft that is spoken here: exclusive bounds are numbers, as since draft 6. */
export const LIMITS = [
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
  'minContains',
  'maxContains',
  'minProperties',
  'maxProperties',
] as const
export type LimitName = (typeof LIMITS)[number]

/** A JSON Schema or a part of one, whatever the draft: what differs between them is one thing here. A schema in itself is a cycle of nodes. */
export interface JsonNode {
  /** Where it stands in its document, e.g. `#/properties/name`. */
  readonly path: string
  /** As it was written. */
  readonly json: Json
  /** Of a schema that is `true` or `false`; else null. */
  readonly always: boolean | null
  readonly title: string | null
  readonly hasDefault: boolean
  /** What `$ref` leads to. */
  ref: JsonNode | null
  readonly types: readonly JsonTypeName[] | null
  /** The values of `enum`, or that of `const`. */
  readonly values: readonly Json[] | null
  readonly limits: Readonly<Partial<Record<LimitName, number>>>
  readonly pattern: string | null
  readonly unique: boolean
  /** Schemas of the items by their place: `items` as a list, `prefixItems` since 2020-12. */
  readonly prefix: readonly JsonNode[]
  /** The schema of all other items. */
  readonly rest: JsonNode | null
  readonly contains: JsonNode | null
  readonly properties: ReadonlyMap<string, JsonNode>
  readonly patterns: ReadonlyMap<string, JsonNode>
  readonly additional: JsonNode | null
  readonly names: JsonNode | null
  readonly required: ReadonlySet<string>
  readonly dependentRequired: ReadonlyMap<string, readonly string[]>
  readonly dependentSchemas: ReadonlyMap<string, JsonNode>
  readonly allOf: readonly JsonNode[]
  readonly anyOf: readonly JsonNode[]
  readonly oneOf: readonly JsonNode[]
  readonly not: JsonNode | null
  readonly if: JsonNode | null
  readonly thenSchema: JsonNode | null
  readonly elseSchema: JsonNode | null
  /** Keywords that constrain and are compared as they stand. */
  readonly others: ReadonlyMap<string, Json>
}

/** Whether any value fits, as far as the node itself says. */
export function isAny(node: JsonNode): boolean {
  return node.always === true || (node.always === null && node.ref === null && !saysMore(node))
}

/** Whether a node has anything to say beside its `$ref`. */
export function saysMore(node: JsonNode): boolean {
  return (
    node.types !== null ||
    node.values !== null ||
    node.pattern !== null ||
    node.unique ||
    node.prefix.length > 0 ||
    node.properties.size > 0 ||
    node.patterns.size > 0 ||
    node.required.size > 0 ||
    node.dependentRequired.size > 0 ||
    node.dependentSchemas.size > 0 ||
    node.others.size > 0 ||
    Object.keys(node.limits).length > 0 ||
    [node.rest, node.contains, node.additional, node.names, node.not, node.if].some((part) => part !== null) ||
    node.allOf.length + node.anyOf.length + node.oneOf.length > 0
  )
}

/** A schema that says nothing but what it is told to say. */
export function anything(told: Partial<JsonNode>): JsonNode {
  const none = new Map<string, never>()
  return {
    path: '#',
    json: {},
    always: null,
    title: null,
    hasDefault: false,
    ref: null,
    types: null,
    values: null,
    limits: {},
    pattern: null,
    unique: false,
    prefix: [],
    rest: null,
    contains: null,
    properties: none,
    patterns: none,
    additional: null,
    names: null,
    required: new Set(),
    dependentRequired: none,
    dependentSchemas: none,
    allOf: [],
    anyOf: [],
    oneOf: [],
    not: null,
    if: null,
    thenSchema: null,
    elseSchema: null,
    others: none,
    ...told,
  }
}
