import { re2 } from '../../../std/re2.ts'
import type { Json } from '../json-text.ts'
import { anything, isAny, JSON_TYPES, type JsonNode, type JsonTypeName, type LimitName, saysMore } from './node.ts'

/*
 * What is known of a value that a writer's schema lets through: a list of schemas that all hold. `allOf` and `$ref` add to it, and where one of
 * several must hold, each of them is tried in turn.
 */

/** Kinds of values: a number is whole or it is not. */
const BITS: Readonly<Record<JsonTypeName, number>> = {
  null: 1,
  boolean: 2,
  integer: 4,
  number: 12,
  string: 16,
  array: 32,
  object: 64,
}
export const ALL = 127
export const NUMBER = BITS.number
export const STRING = BITS.string
export const ARRAY = BITS.array
export const OBJECT = BITS.object

/** The longest pattern that is compiled to see whether a name matches. */
const MAX_PATTERN = 1_024

/** What a node that is nothing but a reference leads to. */
export function target(node: JsonNode): JsonNode {
  let found = node
  while (found.ref !== null && !saysMore(found)) found = found.ref
  return found
}

/** One of several schemas holds. */
export interface Sum {
  readonly branches: readonly JsonNode[]
  /** Whether it is `oneOf`. */
  readonly only: boolean
}

/** Makes facts of schemas. The same schema makes the same fact, by which a comparison knows that it has been here. */
export class Facts {
  private readonly flat = new Map<JsonNode, JsonNode>()
  private readonly stripped = new Map<readonly JsonNode[], JsonNode>()
  private readonly types = new Map<JsonTypeName, JsonNode>()
  private readonly ids = new Map<JsonNode, number>()
  private readonly lists = new Map<string, object>()

  /** Everything that holds of a value of which all `nodes` hold: none has `allOf` or `$ref` any more. */
  expand(nodes: readonly JsonNode[]): JsonNode[] {
    const facts = new Set<JsonNode>()
    const seen = new Set<JsonNode>()
    const open = [...nodes].reverse()
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const node = target(next)
      if (seen.has(node)) continue
      seen.add(node)
      facts.add(this.flatten(node))
      if (node.ref !== null) open.push(node.ref)
      open.push(...node.allOf)
    }
    return [...facts]
  }

  sumsOf(facts: readonly JsonNode[]): Sum[] {
    const sums = facts.flatMap((fact) => [
      { branches: fact.anyOf, only: false },
      { branches: fact.oneOf, only: true },
    ])
    return sums.filter((sum) => sum.branches.length > 0)
  }

  /** The types that a value may have, as alternatives. */
  byType(facts: readonly JsonNode[]): Sum {
    const given = typesOf(facts)
    const types = JSON_TYPES.filter((type) => type !== 'integer' && (given & BITS[type]) !== 0)
    return { branches: types.map((type) => this.ofType(type)), only: true }
  }

  /** The facts when this one of a sum's branches has been chosen. */
  choose(facts: readonly JsonNode[], sum: Sum, branch: JsonNode): JsonNode[] {
    return [...facts.map((fact) => this.without(fact, sum)), branch]
  }

  /** The same object for the same facts. */
  key(facts: readonly JsonNode[]): object {
    if (facts.length === 1) return facts[0]
    const text = facts
      .map((fact) => this.id(fact))
      .sort((one, other) => one - other)
      .join()
    const found = this.lists.get(text) ?? {}
    this.lists.set(text, found)
    return found
  }

  private ofType(type: JsonTypeName): JsonNode {
    const found = this.types.get(type) ?? anything({ types: [type] })
    this.types.set(type, found)
    return found
  }

  private flatten(node: JsonNode): JsonNode {
    if (node.ref === null && node.allOf.length === 0) return node
    const found = this.flat.get(node) ?? { ...node, ref: null, allOf: [] }
    this.flat.set(node, found)
    return found
  }

  private without(fact: JsonNode, sum: Sum): JsonNode {
    const other = sum.only ? fact.oneOf : fact.anyOf
    if (other !== sum.branches) return fact
    const found = this.stripped.get(other) ?? (sum.only ? { ...fact, oneOf: [] } : { ...fact, anyOf: [] })
    this.stripped.set(other, found)
    return found
  }

  private id(node: JsonNode): number {
    const id = this.ids.get(node) ?? this.ids.size
    this.ids.set(node, id)
    return id
  }
}

/** Whether no value at all is let through. */
export function isNever(facts: readonly JsonNode[]): boolean {
  return facts.some((fact) => fact.always === false) || typesOf(facts) === 0
}

export function typesOf(facts: readonly JsonNode[]): number {
  let bits = ALL
  for (const fact of facts) {
    if (fact.types !== null) bits &= bitsOf(fact.types)
    if (fact.values !== null) bits &= fact.values.reduce<number>((sum, value) => sum | bitOf(value), 0)
  }
  return bits
}

export function bitsOf(types: readonly JsonTypeName[]): number {
  return types.reduce((sum, type) => sum | BITS[type], 0)
}

function bitOf(value: Json): number {
  if (value === null) return BITS.null
  if (Array.isArray(value)) return BITS.array
  if (typeof value === 'bigint') return BITS.integer
  if (typeof value === 'number') return Number.isInteger(value) ? BITS.integer : BITS.number & ~BITS.integer
  return typeof value === 'boolean' ? BITS.boolean : typeof value === 'string' ? BITS.string : BITS.object
}

/** The shortest list of values that is known to hold all. */
export function valuesOf(facts: readonly JsonNode[]): readonly Json[] | null {
  let found: readonly Json[] | null = null
  for (const { values } of facts)
    if (values !== null && (found === null || values.length < found.length)) found = values
  return found
}

/** The tightest of a limit: the largest of a lower one. */
export function limitOf(facts: readonly JsonNode[], name: LimitName): number | null {
  let found: number | null = null
  for (const { limits } of facts) {
    const limit = limits[name]
    if (limit !== undefined && (found === null || (isLower(name) ? limit > found : limit < found))) found = limit
  }
  return found
}

export function isLower(name: LimitName): boolean {
  return name.startsWith('min') || name === 'exclusiveMinimum'
}

/** What one schema says about one of an object's properties. */
export interface PropertyRule {
  readonly declared: boolean
  /** Empty where anything goes. */
  readonly nodes: readonly JsonNode[]
}

export function ruleFor(node: JsonNode, name: string): PropertyRule {
  const own = node.properties.get(name)
  const nodes = own === undefined ? [] : [own]
  for (const [pattern, schema] of node.patterns) if (mayMatch(pattern, name)) nodes.push(schema)
  if (nodes.length === 0 && node.additional !== null && !isAny(node.additional)) nodes.push(node.additional)
  return { declared: own !== undefined, nodes }
}

/** Whether a name matches a pattern. One that can't be matched in linear time may match anything. */
export function mayMatch(pattern: string, name: string): boolean {
  if (pattern.length > MAX_PATTERN) return true
  try {
    return re2().RE2JS.compile(pattern).matcher(name).find()
  } catch {
    return true
  }
}

/** Whether no name matches both patterns, as far as their literal beginnings show. */
export function areDisjoint(one: string, other: string): boolean {
  const [first, second] = [literalStart(one), literalStart(other)]
  if (first === null || second === null) return false
  return !first.startsWith(second) && !second.startsWith(first)
}

function literalStart(pattern: string): string | null {
  const found = /^\^([A-Za-z0-9_-]+)(?![?*{|])/.exec(pattern)
  return found === null || pattern.includes('|') ? null : found[1]
}
