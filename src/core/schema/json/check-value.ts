import { type Json, sameJson, step } from '../json-text.ts'
import { type Comparison, note } from './comparison.ts'
import { ARRAY, isLower, limitOf, NUMBER, OBJECT, STRING, typesOf, valuesOf } from './facts.ts'
import { isMultiple } from './multiple.ts'
import type { JsonNode, LimitName } from './node.ts'

/** Each limit: the types it is about, and what it is called where it is new or tighter. */
const CHECKS: readonly (readonly [name: LimitName, types: number, kind: string])[] = [
  ['minLength', STRING, 'MIN_LENGTH'],
  ['maxLength', STRING, 'MAX_LENGTH'],
  ['minItems', ARRAY, 'MIN_ITEMS'],
  ['maxItems', ARRAY, 'MAX_ITEMS'],
  ['minContains', ARRAY, 'MIN_CONTAINS'],
  ['maxContains', ARRAY, 'MAX_CONTAINS'],
  ['minProperties', OBJECT, 'MIN_PROPERTIES'],
  ['maxProperties', OBJECT, 'MAX_PROPERTIES'],
]

/** Values, limits, patterns: what is not about parts of a value. */
export function checkValue(to: Comparison, reader: JsonNode, facts: readonly JsonNode[], path: string): boolean {
  const types = typesOf(facts)
  let bad = checkValues(to, reader, facts, path)
  for (const [name, about, kind] of CHECKS) {
    if ((types & about) !== 0 && checkLimit(to, reader, facts, name, kind, path)) bad = true
  }
  if ((types & NUMBER) !== 0) {
    if (checkBound(to, reader, facts, 'minimum', 'exclusiveMinimum', path)) bad = true
    if (checkBound(to, reader, facts, 'maximum', 'exclusiveMaximum', path)) bad = true
    if (checkMultiple(to, reader, facts, path)) bad = true
  }
  if ((types & STRING) !== 0 && checkPattern(to, reader, facts, path)) bad = true
  return bad
}

function checkValues(to: Comparison, reader: JsonNode, facts: readonly JsonNode[], path: string): boolean {
  const { values } = reader
  if (values === null) return false
  const given = valuesOf(facts)
  const at = `${path}/enum`
  if (given === null) return note(to, 'ENUM_ARRAY_ADDED', at)
  const missing = without(given, values)
  if (missing.length === 0) return false
  return note(
    to,
    without(values, given).length === 0 ? 'ENUM_ARRAY_NARROWED' : 'ENUM_ARRAY_CHANGED',
    at,
    shown(missing),
  )
}

function without(values: readonly Json[], others: readonly Json[]): Json[] {
  return values.filter((value) => !others.some((other) => sameJson(value, other)))
}

function shown(values: readonly Json[]): string {
  const text = values
    .map((value) => JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}` : part)))
    .join(', ')
  return text.length > 200 ? `${text.slice(0, 199)}…` : text
}

function checkLimit(
  to: Comparison,
  reader: JsonNode,
  facts: readonly JsonNode[],
  name: LimitName,
  kind: string,
  path: string,
): boolean {
  const wanted = reader.limits[name]
  if (wanted === undefined || isIdle(name, wanted)) return false
  const values = valuesOf(facts)
  if (values?.every((value) => isWithin(value, name, wanted))) return false
  const given = limitOf(facts, name)
  const lower = isLower(name)
  if (given === null) return note(to, `${kind}_ADDED`, path + step(name), `${wanted}`)
  if (lower ? given >= wanted : given <= wanted) return false
  return note(to, `${kind}_${lower ? 'INCREASED' : 'DECREASED'}`, path + step(name), `${given} to ${wanted}`)
}

/** A limit that limits nothing. */
function isIdle(name: LimitName, limit: number): boolean {
  return limit === 0 && isLower(name)
}

/** Whether a value that is known keeps within a limit. Those of other types are not asked. */
function isWithin(value: Json, name: LimitName, limit: number): boolean {
  if (name === 'minLength' || name === 'maxLength') {
    if (typeof value !== 'string') return true
    const length = [...value].length
    return name === 'minLength' ? length >= limit : length <= limit
  }
  return false
}

/** A bound, inclusive or exclusive: whichever the writer has may be tight enough. */
function checkBound(
  to: Comparison,
  reader: JsonNode,
  facts: readonly JsonNode[],
  inclusive: 'minimum' | 'maximum',
  exclusive: 'exclusiveMinimum' | 'exclusiveMaximum',
  path: string,
): boolean {
  const lower = inclusive === 'minimum'
  const beyond = (one: number, other: number) => (lower ? one > other : one < other)
  const [open, shut] = [limitOf(facts, inclusive), limitOf(facts, exclusive)]
  const values = valuesOf(facts)
  let bad = false
  for (const name of [inclusive, exclusive]) {
    const wanted = reader.limits[name]
    if (wanted === undefined) continue
    const enough = (given: number) => beyond(given, wanted) || (name === inclusive && given === wanted)
    if (open !== null && enough(open)) continue
    if (shut !== null && (beyond(shut, wanted) || shut === wanted)) continue
    if (values?.every((value) => typeof value !== 'number' || enough(value))) continue
    const kind = {
      minimum: 'MINIMUM',
      maximum: 'MAXIMUM',
      exclusiveMinimum: 'EXCLUSIVE_MINIMUM',
      exclusiveMaximum: 'EXCLUSIVE_MAXIMUM',
    }[name]
    const given = limitOf(facts, name)
    if (given === null) bad = note(to, `${kind}_ADDED`, path + step(name), `${wanted}`)
    else bad = note(to, `${kind}_${lower ? 'INCREASED' : 'DECREASED'}`, path + step(name), `${given} to ${wanted}`)
  }
  return bad
}

function checkMultiple(to: Comparison, reader: JsonNode, facts: readonly JsonNode[], path: string): boolean {
  const wanted = reader.limits.multipleOf
  if (wanted === undefined) return false
  const given = facts.flatMap((fact) => fact.limits.multipleOf ?? [])
  if (given.some((other) => isMultiple(other, wanted))) return false
  // Whole numbers are multiples of one.
  if ((typesOf(facts) & NUMBER & ~4) === 0 && isMultiple(1, wanted)) return false
  const at = `${path}/multipleOf`
  if (given.length === 0) return note(to, 'MULTIPLE_OF_ADDED', at, `${wanted}`)
  const expanded = given.some((other) => isMultiple(wanted, other))
  return note(to, expanded ? 'MULTIPLE_OF_EXPANDED' : 'MULTIPLE_OF_CHANGED', at, `${given[0]} to ${wanted}`)
}

/** Whether one regular expression lets through what another does can't be told, unless they are one. */
function checkPattern(to: Comparison, reader: JsonNode, facts: readonly JsonNode[], path: string): boolean {
  const { pattern } = reader
  if (pattern === null || facts.some((fact) => fact.pattern === pattern)) return false
  const changed = facts.some((fact) => fact.pattern !== null)
  return note(to, changed ? 'PATTERN_CHANGED' : 'PATTERN_ADDED', `${path}/pattern`, pattern)
}
