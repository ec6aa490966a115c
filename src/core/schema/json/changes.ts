import type { Changes } from '../changes.ts'
import { type Json, sameJson, writeJson } from '../json-text.ts'
import { target } from './facts.ts'
import { isAny, type JsonNode, LIMITS } from './node.ts'

const WHOLE = ['allOf', 'anyOf', 'oneOf'] as const
const PARTS = [
  ['not', 'not'],
  ['if', 'if'],
  ['then', 'thenSchema'],
  ['else', 'elseSchema'],
  ['contains', 'contains'],
  ['propertyNames', 'names'],
] as const

/** Tells what changed from one JSON Schema to another. */
export function changesOfJson(to: Changes, from: JsonNode, into: JsonNode, place: string): void {
  const [older, newer] = [target(from), target(into)]
  if (older === newer || !to.isNew(older, newer)) return
  if (older.always !== newer.always && (older.always === false || newer.always === false)) {
    to.tell(place, newer.always === false ? 'may no longer be there' : `may be ${nameOf(newer)}, and was not allowed`)
    return
  }
  const [before, after] = [nameOf(older), nameOf(newer)]
  if (before !== after) to.tell(place, `is ${after}, and was ${before}`)
  changesOfValue(to, older, newer, place)
  changesOfObject(to, older, newer, place)
  changesOfArray(to, older, newer, place)
  for (const key of WHOLE) {
    const [had, has] = [older[key].length, newer[key].length]
    if (had !== has) to.tell(place, `has ${has} schemas in ${key}, and had ${had}`)
    else if (!sameList(older[key], newer[key])) to.tell(place, `has other schemas in ${key}`)
  }
  for (const [word, key] of PARTS) {
    if (!sameJson(older[key]?.json, newer[key]?.json)) to.tell(place, verb(older[key], newer[key], word))
  }
  for (const { gone, added } of [to.difference(keysOf(older.others), keysOf(newer.others))]) {
    for (const key of added) to.tell(place, `has ${key}`)
    for (const key of gone) to.tell(place, `no longer has ${key}`)
  }
}

function changesOfValue(to: Changes, older: JsonNode, newer: JsonNode, place: string): void {
  const { gone, added } = to.difference((older.values ?? []).map(shown), (newer.values ?? []).map(shown))
  if (older.values === null && newer.values !== null) to.tell(place, `must be one of ${added.join(', ')}`)
  else if (older.values !== null && newer.values === null) to.tell(place, 'may have any value of its type')
  else {
    if (added.length > 0) to.tell(place, `may be ${added.join(', ')}, too`)
    if (gone.length > 0) to.tell(place, `may no longer be ${gone.join(', ')}`)
  }
  for (const name of LIMITS) {
    const [had, has] = [older.limits[name], newer.limits[name]]
    if (had === has) continue
    if (has === undefined) to.tell(place, `no longer has ${name} ${had}`)
    else to.tell(place, `has ${name} ${has}, and had ${had ?? 'none'}`)
  }
  if (older.pattern !== newer.pattern)
    to.tell(place, newer.pattern === null ? 'no longer has a pattern' : `has the pattern ${newer.pattern}`)
  if (older.unique !== newer.unique) to.tell(place, newer.unique ? 'must have no item twice' : 'may have an item twice')
}

function changesOfObject(to: Changes, older: JsonNode, newer: JsonNode, place: string): void {
  const at = (name: string) => (place === '' ? name : `${place}.${name}`)
  for (const [name, node] of newer.properties) {
    const before = older.properties.get(name)
    const needed = newer.required.has(name)
    if (before === undefined) {
      to.tell(at(name), `is a new property: ${nameOf(node)}, ${needed ? 'required' : 'optional'}`)
      continue
    }
    if (needed !== older.required.has(name))
      to.tell(at(name), needed ? 'is required, and was optional' : 'is optional, and was required')
    changesOfJson(to, before, node, at(name))
  }
  for (const [name, node] of older.properties) {
    if (!newer.properties.has(name)) to.tell(at(name), `is gone: it was ${nameOf(node)}`)
  }
  const undeclared = (node: JsonNode) => [...node.required].filter((name) => !node.properties.has(name))
  const { gone, added } = to.difference(undeclared(older), undeclared(newer))
  for (const name of added) to.tell(at(name), 'is required, and was not')
  for (const name of gone) if (!newer.required.has(name)) to.tell(at(name), 'is not required, and was')
  const [had, has] = [openness(older.additional), openness(newer.additional)]
  if (had !== has) to.tell(place, `takes ${has}, and took ${had}`)
  else if (older.additional !== null && newer.additional !== null)
    changesOfJson(to, older.additional, newer.additional, at('*'))
  for (const [pattern, node] of newer.patterns) {
    const before = older.patterns.get(pattern)
    if (before === undefined) to.tell(at(`/${pattern}/`), `are new properties by a pattern: ${nameOf(node)}`)
    else changesOfJson(to, before, node, at(`/${pattern}/`))
  }
  for (const pattern of older.patterns.keys()) if (!newer.patterns.has(pattern)) to.tell(at(`/${pattern}/`), 'are gone')
  changesOfDependencies(to, older, newer, place)
}

function changesOfDependencies(to: Changes, older: JsonNode, newer: JsonNode, place: string): void {
  const names = new Set([...older.dependentRequired.keys(), ...newer.dependentRequired.keys()])
  for (const name of names) {
    const [had, has] = [older.dependentRequired.get(name) ?? [], newer.dependentRequired.get(name) ?? []]
    const { gone, added } = to.difference(had, has)
    if (added.length > 0) to.tell(place, `needs ${added.join(', ')} beside ${name}`)
    if (gone.length > 0) to.tell(place, `no longer needs ${gone.join(', ')} beside ${name}`)
  }
  for (const name of new Set([...older.dependentSchemas.keys(), ...newer.dependentSchemas.keys()])) {
    const [had, has] = [older.dependentSchemas.get(name) ?? null, newer.dependentSchemas.get(name) ?? null]
    if (!sameJson(had?.json, has?.json)) to.tell(place, verb(had, has, `what goes with ${name}`))
  }
}

function changesOfArray(to: Changes, older: JsonNode, newer: JsonNode, place: string): void {
  for (const [index, node] of newer.prefix.entries()) {
    if (index < older.prefix.length) changesOfJson(to, older.prefix[index], node, `${place}[${index}]`)
    else to.tell(`${place}[${index}]`, `is a new item: ${nameOf(node)}`)
  }
  if (newer.prefix.length < older.prefix.length)
    to.tell(place, `has ${newer.prefix.length} items with places of their own, and had ${older.prefix.length}`)
  if (older.rest !== null && newer.rest !== null) changesOfJson(to, older.rest, newer.rest, `${place}[]`)
  else if (older.rest !== newer.rest)
    to.tell(
      `${place}[]`,
      newer.rest === null ? 'may be anything' : `must be ${nameOf(newer.rest)}, and could be anything`,
    )
}

function openness(additional: JsonNode | null): string {
  if (additional === null || isAny(additional)) return 'any other property'
  return additional.always === false ? 'no other property' : `other properties if they are ${nameOf(additional)}`
}

function verb(older: JsonNode | null, newer: JsonNode | null, word: string): string {
  if (older === null) return `has a new condition: ${word}`
  return newer === null ? `no longer has the condition ${word}` : `has another condition: ${word}`
}

function sameList(one: readonly JsonNode[], other: readonly JsonNode[]): boolean {
  return one.every((node, index) => sameJson(node.json, other[index].json))
}

function keysOf(map: ReadonlyMap<string, Json>): string[] {
  return [...map.keys()]
}

function shown(value: Json): string {
  const text = writeJson(value)
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

/** What a value may be, as one says it. */
function nameOf(node: JsonNode): string {
  const { always, types } = target(node)
  if (always === false) return 'nothing'
  return types === null ? 'anything' : types.join(' or ')
}
