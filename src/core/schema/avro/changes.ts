import type { Changes } from '../changes.ts'
import { sameJson, writeJson } from '../json-text.ts'
import {
  type AvroEnum,
  type AvroField,
  type AvroRecord,
  type AvroType,
  type AvroUnion,
  isNamed,
  typeName,
} from './type.ts'

/** Tells what changed from one Avro schema to another. */
export function changesOfAvro(to: Changes, older: AvroType, newer: AvroType, place: string): void {
  if (older === newer || !to.isNew(older, newer)) return
  if (isNamed(older) && isNamed(newer)) {
    if (older.full !== newer.full) to.tell(place, `is called ${newer.full}, and was called ${older.full}`)
    const { added } = to.difference(older.aliases, newer.aliases)
    if (added.length > 0) to.tell(place, `has the alias ${added.join(', ')}`)
  }
  if (older.kind === 'record' && newer.kind === 'record') changesOfRecord(to, older, newer, place)
  else if (older.kind === 'enum' && newer.kind === 'enum') changesOfEnum(to, older, newer, place)
  else if (older.kind === 'array' && newer.kind === 'array') changesOfAvro(to, older.items, newer.items, `${place}[]`)
  else if (older.kind === 'map' && newer.kind === 'map') changesOfAvro(to, older.values, newer.values, `${place}{}`)
  else if (older.kind === 'union' && newer.kind === 'union') changesOfUnion(to, older, newer, place)
  else {
    const [before, after] = [nameOf(older), nameOf(newer)]
    if (before !== after) to.tell(place, `is ${after}, and was ${before}`)
  }
}

function changesOfRecord(to: Changes, older: AvroRecord, newer: AvroRecord, place: string): void {
  const before = new Map(older.fields.map((field) => [field.name, field]))
  const kept = new Set<string>()
  for (const field of newer.fields) {
    const name = [field.name, ...field.aliases].find((known) => before.has(known) && !kept.has(known))
    const at = place === '' ? field.name : `${place}.${field.name}`
    if (name === undefined) {
      to.tell(at, `is a new field: ${nameOf(field.type)}, ${defaultOf(field)}`)
      continue
    }
    kept.add(name)
    if (name !== field.name) to.tell(at, `is what was ${name}, by an alias`)
    changesOfField(to, before.get(name)!, field, at)
  }
  for (const field of older.fields) {
    if (!kept.has(field.name))
      to.tell(
        place === '' ? field.name : `${place}.${field.name}`,
        `is gone: it was ${nameOf(field.type)}, ${defaultOf(field)}`,
      )
  }
}

function changesOfField(to: Changes, older: AvroField, newer: AvroField, place: string): void {
  if (!sameJson(older.default, newer.default)) to.tell(place, `has ${defaultOf(newer)}, and had ${defaultOf(older)}`)
  if (older.order !== newer.order) to.tell(place, `sorts ${newer.order}, and sorted ${older.order}`)
  if (older.doc !== newer.doc) to.tell(place, 'has another documentation')
  changesOfAvro(to, older.type, newer.type, place)
}

function changesOfEnum(to: Changes, older: AvroEnum, newer: AvroEnum, place: string): void {
  const { gone, added } = to.difference(older.symbols, newer.symbols)
  if (added.length > 0) to.tell(place, `has the new ${plural('symbol', added.length)} ${added.join(', ')}`)
  if (gone.length > 0) to.tell(place, `no longer has the ${plural('symbol', gone.length)} ${gone.join(', ')}`)
  if (older.default !== newer.default)
    to.tell(
      place,
      newer.default === null ? 'no longer has a default symbol' : `reads unknown symbols as ${newer.default}`,
    )
}

function changesOfUnion(to: Changes, older: AvroUnion, newer: AvroUnion, place: string): void {
  const before = new Map(older.branches.map((branch) => [typeName(branch), branch]))
  const after = new Map(newer.branches.map((branch) => [typeName(branch), branch]))
  const { gone, added } = to.difference(before.keys(), after.keys())
  if (added.length > 0) to.tell(place, `may be ${added.join(', ')}, too`)
  if (gone.length > 0) to.tell(place, `may no longer be ${gone.join(', ')}`)
  for (const [name, branch] of before) {
    const other = after.get(name)
    if (other !== undefined) changesOfAvro(to, branch, other, place)
  }
}

function defaultOf(field: AvroField): string {
  return field.default === undefined ? 'no default' : `the default ${writeJson(field.default)}`
}

function plural(word: string, count: number): string {
  return count === 1 ? word : `${word}s`
}

/** A type as one says it. */
function nameOf(type: AvroType): string {
  if (type.kind === 'union') return type.branches.map(nameOf).join(' or ') || 'nothing'
  if (type.kind === 'array') return `a list of ${nameOf(type.items)}`
  if (type.kind === 'map') return `a map of ${nameOf(type.values)}`
  if (type.kind === 'record' || type.kind === 'enum') return `the ${type.kind} ${type.full}`
  const name = type.kind === 'fixed' ? `the fixed ${type.full} of ${type.size} bytes` : type.kind
  if (type.logical === null) return name
  const { name: logical, precision, scale } = type.logical
  return logical === 'decimal' ? `${name} as a decimal (${precision}, ${scale})` : `${name} as a ${logical}`
}
