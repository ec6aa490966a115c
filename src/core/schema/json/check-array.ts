import { step } from '../json-text.ts'
import { type Comparison, fits, note } from './comparison.ts'
import { limitOf } from './facts.ts'
import { isAny, type JsonNode } from './node.ts'

/** Items: those that have a place of their own (a tuple), and all others. */
export function checkArray(to: Comparison, reader: JsonNode, facts: readonly JsonNode[], path: string): boolean {
  let bad = false
  if (reader.unique && !facts.some((fact) => fact.unique)) bad = note(to, 'UNIQUE_ITEMS_ADDED', `${path}/uniqueItems`)
  if (checkPlaces(to, reader, facts, path)) bad = true
  if (checkRest(to, reader, facts, path)) bad = true
  return checkContains(to, reader, facts, path) || bad
}

function checkPlaces(to: Comparison, reader: JsonNode, facts: readonly JsonNode[], path: string): boolean {
  const most = limitOf(facts, 'maxItems') ?? Number.POSITIVE_INFINITY
  const places = Math.min(most, Math.max(reader.prefix.length, ...facts.map((fact) => fact.prefix.length)))
  let bad = false
  for (let index = 0; index < places; index += 1) {
    if (checkPlace(to, reader, facts, index, `${path}/items${step(index)}`)) bad = true
  }
  return bad
}

function checkPlace(
  to: Comparison,
  reader: JsonNode,
  facts: readonly JsonNode[],
  index: number,
  path: string,
): boolean {
  const given = facts.flatMap((fact) => fact.prefix[index] ?? limiting(fact.rest))
  // The writer has no such item.
  if (given.some((node) => node.always === false)) return false
  const declared = facts.some((fact) => index < fact.prefix.length)
  if (index < reader.prefix.length) {
    const wanted = reader.prefix[index]
    if (declared) return to.compare(wanted, given, path)
    if (isAny(wanted) || (given.length > 0 && fits(to, wanted, given))) return false
    return note(
      to,
      given.length > 0 ? 'ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL' : 'ITEM_ADDED_TO_OPEN_CONTENT_MODEL',
      path,
    )
  }
  const { rest } = reader
  if (rest === null || isAny(rest)) return false
  if (rest.always === false) return note(to, 'ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL', path)
  return fits(to, rest, given) ? false : note(to, 'ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL', path)
}

function checkRest(to: Comparison, reader: JsonNode, facts: readonly JsonNode[], path: string): boolean {
  const { rest } = reader
  if (rest === null || isAny(rest)) return false
  // Items that have a place of their own in the reader's schema are none of the rest.
  const most = limitOf(facts, 'maxItems')
  if (most !== null && most <= reader.prefix.length) return false
  const given = facts.flatMap((fact) => limiting(fact.rest))
  if (given.some((node) => node.always === false)) return false
  const tuple = reader.prefix.length > 0
  if (rest.always === false) return note(to, 'ADDITIONAL_ITEMS_REMOVED', `${path}/additionalItems`)
  if (given.length === 0) {
    return tuple
      ? note(to, 'ADDITIONAL_ITEMS_NARROWED', `${path}/additionalItems`)
      : note(to, 'SCHEMA_ADDED', `${path}/items`)
  }
  return to.compare(rest, given, tuple ? `${path}/additionalItems` : `${path}/items`)
}

function checkContains(to: Comparison, reader: JsonNode, facts: readonly JsonNode[], path: string): boolean {
  const { contains } = reader
  if (contains === null || reader.limits.minContains === 0) return false
  const given = facts.flatMap((fact) => fact.contains ?? [])
  if (given.some((node) => fits(to, contains, [node]))) return false
  if (given.length === 0) return note(to, 'CONTAINS_ADDED', `${path}/contains`)
  return to.compare(contains, [given[0]], `${path}/contains`)
}

function limiting(node: JsonNode | null): JsonNode[] {
  return node === null || isAny(node) ? [] : [node]
}
