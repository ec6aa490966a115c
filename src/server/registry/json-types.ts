import { comment, listOf, type Other, propertyName, TypeNames, union } from './type-names.ts'

type Fields = Readonly<Record<string, unknown>>

/** Schemas in one another. */
const DEEPEST = 64

/** The types of a JSON Schema: objects as interfaces, what is referred to by a name of its own. The schema itself comes first. */
export function jsonTypes(schema: unknown, others: readonly Other[], subject: string): string {
  const writer = new JsonWriter(schema, others)
  writer.root(titleOf(schema) ?? subject)
  return writer.declarations.join('\n')
}

/** Where a type is written. */
interface At {
  readonly document: unknown
  readonly depth: number
  readonly indent: string
}

function deeper(at: At): At {
  return { ...at, depth: at.depth + 1 }
}

class JsonWriter {
  readonly declarations: string[] = []
  private readonly names = new TypeNames()
  private readonly schema: unknown
  private readonly others: readonly Other[]
  private readonly done = new Set<string>()

  constructor(schema: unknown, others: readonly Other[]) {
    this.schema = schema
    this.others = others
  }

  root(wanted: string): void {
    this.declare('#', wanted, this.schema, this.schema)
  }

  /** A declaration's place is taken before what it is made of is looked at, which may lead back to it. */
  private declare(key: string, wanted: string, schema: unknown, document: unknown): string {
    const name = this.names.of(key, wanted)
    if (this.done.has(key)) return name
    this.done.add(key)
    const at = this.declarations.push('') - 1
    const type = this.type(schema, { document, depth: 0, indent: '' })
    const about = comment(isFields(schema) ? schema.description : undefined, '')
    const plain = type.startsWith('{\n') && type.indexOf('\n}') === type.length - 2
    this.declarations[at] = plain
      ? `${about}export interface ${name} ${type}\n`
      : `${about}export type ${name} = ${type}\n`
    return name
  }

  private type(schema: unknown, at: At): string {
    if (schema === false) return 'never'
    if (!isFields(schema) || at.depth > DEEPEST) return 'unknown'
    const within = (one: unknown) => this.type(one, deeper(at))
    const reference = schema.$ref ?? schema.$dynamicRef ?? schema.$recursiveRef
    if (typeof reference === 'string') return this.referred(reference, at.document)
    if ('const' in schema) return JSON.stringify(schema.const)
    if (Array.isArray(schema.enum)) return union(schema.enum.map((one) => JSON.stringify(one)))
    const parts: string[] = []
    const own = this.ownType(schema, at)
    if (own !== 'unknown') parts.push(own)
    for (const key of ['anyOf', 'oneOf']) {
      if (Array.isArray(schema[key])) parts.push(bracketed(union(schema[key].map(within))))
    }
    if (Array.isArray(schema.allOf)) parts.push(...schema.allOf.map(within).map(bracketed))
    const known = parts.filter((part) => part !== 'unknown')
    return known.length === 0
      ? 'unknown'
      : known.length === 1
        ? unbracketed(known[0]!)
        : [...new Set(known)].join(' & ')
  }

  private ownType(schema: Fields, at: At): string {
    const told = schema.type
    const named = typeof told === 'string' ? [told] : Array.isArray(told) ? told.map(String) : impliedType(schema)
    return named.length === 0 ? 'unknown' : union(named.map((one) => this.simple(one, schema, at)))
  }

  private simple(type: string, schema: Fields, at: At): string {
    if (type === 'object') return this.object(schema, at)
    if (type === 'array') return this.list(schema, at)
    if (type === 'integer') return 'number'
    return ['string', 'number', 'boolean', 'null'].includes(type) ? type : 'unknown'
  }

  private object(schema: Fields, at: At): string {
    const properties = isFields(schema.properties) ? schema.properties : {}
    const required = Array.isArray(schema.required) ? schema.required : []
    const indent = `${at.indent}  `
    const within = (one: unknown) => this.type(one, { ...deeper(at), indent })
    const lines = Object.entries(properties).map(([name, property]) => {
      const mark = required.includes(name) ? '' : '?'
      const about = comment(isFields(property) ? property.description : undefined, indent)
      return `${about}${indent}${propertyName(name)}${mark}: ${within(property)}\n`
    })
    const more = schema.additionalProperties
    const others = isFields(more) ? within(more) : 'unknown'
    if (lines.length === 0) return more === false ? 'Record<string, never>' : `Record<string, ${others}>`
    // Beside named properties an index type has to hold for those as well.
    if (more !== false) lines.push(`${indent}[other: string]: unknown\n`)
    return `{\n${lines.join('')}${at.indent}}`
  }

  private list(schema: Fields, at: At): string {
    const within = (one: unknown) => this.type(one, deeper(at))
    const first = schema.prefixItems ?? (Array.isArray(schema.items) ? schema.items : undefined)
    const rest = schema.prefixItems === undefined && Array.isArray(schema.items) ? schema.additionalItems : schema.items
    if (!Array.isArray(first)) return listOf(rest === undefined ? 'unknown' : within(rest))
    const least = typeof schema.minItems === 'number' ? schema.minItems : 0
    const items = first.map((one, i) => (i < least ? within(one) : `(${within(one)})?`))
    return `[${[...items, ...(rest === false ? [] : [`...${listOf(within(rest ?? true))}`])].join(', ')}]`
  }

  private referred(reference: string, document: unknown): string {
    const [address = '', pointer = ''] = reference.split('#')
    const other = address === '' ? undefined : this.others.find(({ name }) => name === address)
    const target = other === undefined ? document : other.schema
    const found = address !== '' && other === undefined ? undefined : partAt(target, pointer)
    if (found === undefined) return 'unknown'
    if (pointer === '' && target === this.schema) return this.names.of('#', 'Schema')
    const wanted = pointer === '' ? (titleOf(found) ?? address) : pointer.slice(pointer.lastIndexOf('/') + 1)
    const key = other === undefined ? `${this.nameOfDocument(document)}#${pointer}` : reference
    return this.declare(key, wanted.replace(/\.json$/, ''), found, target)
  }

  private nameOfDocument(document: unknown): string {
    return this.others.find(({ schema }) => schema === document)?.name ?? ''
  }
}

/** What a JSON pointer leads to, or the part with that anchor. */
function partAt(document: unknown, pointer: string): unknown {
  if (pointer !== '' && !pointer.startsWith('/')) return anchored(document, pointer)
  let value = document
  for (const step of pointer.split('/').slice(1)) {
    const key = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Fields)[key]
  }
  return value
}

function anchored(value: unknown, anchor: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  const { $anchor, $id } = value as Fields
  if ($anchor === anchor || $id === `#${anchor}`) return value
  for (const part of Object.values(value)) {
    const found = anchored(part, anchor)
    if (found !== undefined) return found
  }
  return undefined
}

/** What has properties is an object even if it does not say so. */
function impliedType(schema: Fields): string[] {
  if ('properties' in schema || 'additionalProperties' in schema) return ['object']
  return 'items' in schema || 'prefixItems' in schema ? ['array'] : []
}

function bracketed(type: string): string {
  return type.includes(' | ') ? `(${type})` : type
}

function unbracketed(type: string): string {
  return type.startsWith('(') && type.endsWith(')') && !type.slice(1, -1).includes(')') ? type.slice(1, -1) : type
}

function titleOf(schema: unknown): string | undefined {
  return isFields(schema) && typeof schema.title === 'string' ? schema.title : undefined
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
