import { step } from '../json-text.ts'
import { type Comparison, fits, note } from './comparison.ts'
import { areDisjoint, type PropertyRule, ruleFor } from './facts.ts'
import { isAny, type JsonNode } from './node.ts'

/** Properties, by name, by pattern, and all others: an object's content model. */
export function checkObject(to: Comparison, reader: JsonNode, facts: readonly JsonNode[], path: string): boolean {
  let bad = checkProperties(to, reader, facts, path)
  if (checkRequired(to, reader, facts, path)) bad = true
  if (checkPatterns(to, reader, facts, path)) bad = true
  if (checkAdditional(to, reader, facts, path)) bad = true
  if (checkNames(to, reader, facts, path)) bad = true
  return checkDependencies(to, reader, facts, path) || bad
}

function checkProperties(to: Comparison, reader: JsonNode, facts: readonly JsonNode[], path: string): boolean {
  const names = new Set(reader.properties.keys())
  for (const fact of facts) for (const name of fact.properties.keys()) names.add(name)
  let bad = false
  for (const name of names) {
    const rules = facts.map((fact) => ruleFor(fact, name))
    const given = rules.flatMap((rule) => rule.nodes)
    const declared = rules.some((rule) => rule.declared)
    const at = `${path}/properties${step(name)}`
    const wanted = ruleFor(reader, name)
    if (!wanted.declared) {
      if (checkRemoved(to, wanted, given, at)) bad = true
    } else if (declared) {
      for (const node of wanted.nodes) if (to.compare(node, given, at)) bad = true
    } else if (checkAdded(to, reader, name, wanted, given, at)) bad = true
  }
  return bad
}

/** A property that only the reader's schema names. */
function checkAdded(
  to: Comparison,
  reader: JsonNode,
  name: string,
  wanted: PropertyRule,
  given: readonly JsonNode[],
  path: string,
): boolean {
  const needed = reader.required.has(name) && !hasDefault(reader, name)
  const closed = given.some((node) => node.always === false)
  if (given.length > 0) {
    let bad = needed && note(to, 'REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL', path, name)
    if (!closed && !wanted.nodes.every((node) => fits(to, node, given)))
      bad = note(to, 'PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL', path, name)
    return bad
  }
  if (to.lenient) return needed && note(to, 'REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL', path, name)
  if (wanted.nodes.every(isAny)) return needed && note(to, 'REQUIRED_ATTRIBUTE_ADDED', path, name)
  return note(to, 'PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL', path, name)
}

/** A property that only the writer's schema names. */
function checkRemoved(to: Comparison, wanted: PropertyRule, given: readonly JsonNode[], path: string): boolean {
  // Nobody writes it.
  if (given.some((node) => node.always === false)) return false
  if (wanted.nodes.some((node) => node.always === false))
    return !to.lenient && note(to, 'PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL', path)
  if (wanted.nodes.every((node) => fits(to, node, given))) return false
  return note(to, 'PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL', path)
}

/** Properties that are required now, and are in both schemas or in none: those that were added have been told. */
function checkRequired(to: Comparison, reader: JsonNode, facts: readonly JsonNode[], path: string): boolean {
  let bad = false
  for (const name of reader.required) {
    if (facts.some((fact) => fact.required.has(name)) || hasDefault(reader, name)) continue
    const declared = facts.some((fact) => fact.properties.has(name))
    if (!declared && reader.properties.has(name)) continue
    bad = note(to, 'REQUIRED_ATTRIBUTE_ADDED', `${path}/required${step(name)}`, name)
  }
  return bad
}

function hasDefault(node: JsonNode, name: string): boolean {
  return node.properties.get(name)?.hasDefault ?? false
}

/** `patternProperties` of the reader's, for names that no schema names. */
function checkPatterns(to: Comparison, reader: JsonNode, facts: readonly JsonNode[], path: string): boolean {
  let bad = false
  for (const [pattern, wanted] of reader.patterns) {
    const at = `${path}/patternProperties${step(pattern)}`
    if (isAny(wanted) || facts.some((fact) => rulesOut(to, fact, pattern, wanted))) continue
    const same = facts.flatMap((fact) => fact.patterns.get(pattern) ?? [])
    bad = same.length > 0 ? to.compare(wanted, same, at) : note(to, 'PATTERN_PROPERTY_ADDED', at, pattern)
  }
  return bad
}

/** Whether one of the writer's schemas lets through nothing that breaks the reader's for a pattern. */
function rulesOut(to: Comparison, fact: JsonNode, pattern: string, wanted: JsonNode): boolean {
  const same = fact.patterns.get(pattern)
  if (same !== undefined) return fits(to, wanted, [same])
  if (fact.additional === null || isAny(fact.additional)) return false
  const overlapping = [...fact.patterns].filter(([other]) => !areDisjoint(other, pattern)).map(([, node]) => node)
  return [fact.additional, ...overlapping].every((node) => fits(to, wanted, [node]))
}

/** All other properties, and those by a pattern that only the writer's schema has. */
function checkAdditional(to: Comparison, reader: JsonNode, facts: readonly JsonNode[], path: string): boolean {
  const { additional } = reader
  if (additional === null || isAny(additional)) return false
  let bad = false
  for (const fact of facts) {
    for (const [pattern, node] of fact.patterns) {
      if (reader.patterns.has(pattern) || fits(to, additional, [node, ...limits(facts, fact)])) continue
      const at = `${path}/patternProperties${step(pattern)}`
      bad = note(to, 'PATTERN_PROPERTY_REMOVED', at, pattern)
    }
  }
  const given = facts.flatMap((fact) => (fact.additional === null || isAny(fact.additional) ? [] : [fact.additional]))
  const at = `${path}/additionalProperties`
  if (given.some((node) => node.always === false)) return bad
  if (additional.always === false) return note(to, 'ADDITIONAL_PROPERTIES_REMOVED', at)
  if (given.length === 0) return note(to, 'ADDITIONAL_PROPERTIES_NARROWED', at)
  return to.compare(additional, given, at) || bad
}

/** What the other schemas that hold say of names that none of them has. */
function limits(facts: readonly JsonNode[], own: JsonNode): JsonNode[] {
  return facts.flatMap((fact) =>
    fact === own || fact.additional === null || fact.patterns.size > 0 ? [] : [fact.additional],
  )
}

function checkNames(to: Comparison, reader: JsonNode, facts: readonly JsonNode[], path: string): boolean {
  const { names } = reader
  if (names === null || isAny(names)) return false
  const given = facts.flatMap((fact) => fact.names ?? [])
  const at = `${path}/propertyNames`
  return given.length === 0 ? note(to, 'PROPERTY_NAMES_ADDED', at) : to.compare(names, given, at)
}

/** What must be there beside a property. */
function checkDependencies(to: Comparison, reader: JsonNode, facts: readonly JsonNode[], path: string): boolean {
  let bad = false
  for (const [name, wanted] of reader.dependentRequired) {
    const given = facts.flatMap((fact) => fact.dependentRequired.get(name) ?? [])
    const known = new Set([...given, ...facts.flatMap((fact) => [...fact.required])])
    const missing = wanted.filter((other) => !known.has(other))
    if (missing.length === 0) continue
    bad = note(
      to,
      `DEPENDENCY_ARRAY_${given.length === 0 ? 'ADDED' : 'EXTENDED'}`,
      `${path}/dependencies${step(name)}`,
      missing.join(', '),
    )
  }
  for (const [name, wanted] of reader.dependentSchemas) {
    const given = facts.flatMap((fact) => fact.dependentSchemas.get(name) ?? [])
    const at = `${path}/dependencies${step(name)}`
    if (fits(to, wanted, facts)) continue
    if (given.length === 0) bad = note(to, 'DEPENDENCY_SCHEMA_ADDED', at, name)
    else if (to.compare(wanted, [...facts, ...given], at)) bad = true
  }
  return bad
}
