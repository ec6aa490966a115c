import { type Json, writeJson } from '../json-text.ts'
import { splitName } from './name.ts'
import type { AvroField, AvroNamed, AvroType, AvroUnion } from './type.ts'

/**
 * The schema as text without white space, attributes in the order in which Java's `Schema.toString` writes them: what a registry stores, and what
 * decides whether a schema is there already. Named types of references are written as names.
 */
export function writeAvro(type: AvroType, known: Iterable<string>, sorted: boolean): string {
  return new Writer(new Set(known), sorted).type(type, '')
}

class Writer {
  private readonly known: Set<string>
  private readonly sorted: boolean

  constructor(known: Set<string>, sorted: boolean) {
    this.known = known
    this.sorted = sorted
  }

  type(type: AvroType, space: string): string {
    switch (type.kind) {
      case 'union':
        return `[${type.branches.map((branch) => this.type(branch, space)).join(',')}]`
      case 'array':
        return object([['type', '"array"'], ['items', this.type(type.items, space)], ...this.props(type.props)])
      case 'map':
        return object([['type', '"map"'], ['values', this.type(type.values, space)], ...this.props(type.props)])
      case 'record':
      case 'enum':
      case 'fixed':
        return this.named(type, space)
      default: {
        const props = this.props(type.props)
        const name = JSON.stringify(type.kind)
        return props.length === 0 ? name : object([['type', name], ...props])
      }
    }
  }

  private named(type: AvroNamed, space: string): string {
    if (this.known.has(type.full)) return JSON.stringify(qualified(type.full, space))
    this.known.add(type.full)
    const kind = type.kind === 'record' && type.error ? 'error' : type.kind
    const out: [string, string][] = [
      ['type', JSON.stringify(kind)],
      ['name', JSON.stringify(type.name)],
    ]
    if (type.namespace !== space) out.push(['namespace', JSON.stringify(type.namespace)])
    if (type.doc !== null) out.push(['doc', JSON.stringify(type.doc)])
    if (type.kind === 'record')
      out.push(['fields', `[${type.fields.map((field) => this.field(field, type.namespace)).join(',')}]`])
    if (type.kind === 'enum') {
      out.push(['symbols', JSON.stringify(type.symbols)])
      if (type.default !== null) out.push(['default', JSON.stringify(type.default)])
    }
    if (type.kind === 'fixed') out.push(['size', String(type.size)])
    out.push(...this.props(type.props))
    if (type.aliases.length > 0)
      out.push(['aliases', JSON.stringify(type.aliases.map((alias) => qualified(alias, type.namespace)))])
    return object(out)
  }

  private field(field: AvroField, space: string): string {
    const out: [string, string][] = [
      ['name', JSON.stringify(field.name)],
      ['type', this.type(field.type, space)],
    ]
    if (field.doc !== null) out.push(['doc', JSON.stringify(field.doc)])
    if (field.default !== undefined) out.push(['default', writeJson(field.default, this.sorted)])
    if (field.order !== 'ascending') out.push(['order', JSON.stringify(field.order)])
    if (field.aliases.length > 0) out.push(['aliases', JSON.stringify(field.aliases)])
    out.push(...this.props(field.props))
    return object(out)
  }

  private props(props: Readonly<Record<string, Json>>): [string, string][] {
    const entries = Object.entries(props).map(([key, value]): [string, string] => [key, writeJson(value, this.sorted)])
    return this.sorted ? entries.sort(([one], [other]) => (one < other ? -1 : 1)) : entries
  }
}

function qualified(full: string, space: string): string {
  const { name, namespace } = splitName(full)
  return namespace === space || namespace === '' ? name : full
}

/** "Parsing Canonical Form for Schemas" in the specification: what a reader of the data needs to know, and nothing else. */
export function parsingForm(type: AvroType, seen: Set<string> = new Set()): string {
  switch (type.kind) {
    case 'union':
      return formOfUnion(type, seen)
    case 'array':
      return object([
        ['type', '"array"'],
        ['items', parsingForm(type.items, seen)],
      ])
    case 'map':
      return object([
        ['type', '"map"'],
        ['values', parsingForm(type.values, seen)],
      ])
    case 'record':
    case 'enum':
    case 'fixed':
      return formOfNamed(type, seen)
    default:
      return JSON.stringify(type.kind)
  }
}

function formOfUnion(type: AvroUnion, seen: Set<string>): string {
  return `[${type.branches.map((branch) => parsingForm(branch, seen)).join(',')}]`
}

function formOfNamed(type: AvroNamed, seen: Set<string>): string {
  if (seen.has(type.full)) return JSON.stringify(type.full)
  seen.add(type.full)
  const out: [string, string][] = [
    ['name', JSON.stringify(type.full)],
    // An error is written as a record is.
    ['type', JSON.stringify(type.kind)],
  ]
  if (type.kind === 'record') {
    const fields = type.fields.map((field) =>
      object([
        ['name', JSON.stringify(field.name)],
        ['type', parsingForm(field.type, seen)],
      ]),
    )
    out.push(['fields', `[${fields.join(',')}]`])
  }
  if (type.kind === 'enum') out.push(['symbols', JSON.stringify(type.symbols)])
  if (type.kind === 'fixed') out.push(['size', String(type.size)])
  return object(out)
}

function object(entries: readonly (readonly [string, string])[]): string {
  return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`
}
