import { isList, isObject, type Json, type JsonObject, step, Unfit, writeJson } from '../json-text.ts'
import { checkDefault } from './default.ts'
import { logicalType } from './logical.ts'
import { checkedName, fullName, isName, splitName } from './name.ts'
import {
  type AvroEnum,
  type AvroField,
  type AvroFixed,
  type AvroNamed,
  type AvroRecord,
  type AvroType,
  type AvroUnion,
  isNamed,
  PRIMITIVES,
  type PrimitiveName,
  typeName,
} from './type.ts'

/** What a schema may have in all: records, fields, branches and symbols. Whoever compares looks at each of them. */
export const MAX_AVRO_PARTS = 50_000

/** How many named types may lie within one another, also by name. */
const MAX_AVRO_DEPTH = 200

/** The largest fixed: no message is larger. */
const MAX_FIXED = 2_147_483_647

const ORDERS = ['ascending', 'descending', 'ignore']

/** The attributes that have a meaning of their own; all others are properties. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  primitive: ['type'],
  record: ['type', 'name', 'namespace', 'doc', 'aliases', 'fields'],
  field: ['name', 'type', 'doc', 'default', 'order', 'aliases'],
  enum: ['type', 'name', 'namespace', 'doc', 'aliases', 'symbols', 'default'],
  fixed: ['type', 'name', 'namespace', 'doc', 'aliases', 'size'],
  array: ['type', 'items'],
  map: ['type', 'values'],
}

/** A schema that is being read: the named types seen so far, those of its references first. */
export class AvroParser {
  readonly named = new Map<string, AvroNamed>()
  private readonly depths = new Map<AvroType, number>()
  private parts = 0

  /** Reads a schema. One that was read before is what a name in it may refer to. */
  parse(value: Json): AvroType {
    const before = new Set<AvroType>(this.named.values())
    const type = this.type(value, '', '')
    checkDefaults(type, before, '')
    return type
  }

  private type(value: Json, namespace: string, path: string): AvroType {
    this.count(1)
    if (typeof value === 'string') return this.byName(value, namespace, path)
    if (isList(value)) return this.union(value, namespace, path)
    if (!isObject(value))
      throw new Unfit(`A type is a name, a list of types or an object, not ${writeJson(value)}`, path)
    const { type } = value
    if (type === undefined) throw new Unfit('A type needs the attribute "type"', path)
    // {"type": {"type": …}} is the inner type: seen in the wild, and read so by Java.
    if (isObject(type) || isList(type)) return this.type(type, namespace, `${path}/type`)
    if (typeof type !== 'string') throw new Unfit(`"type" is a name, not ${writeJson(type)}`, `${path}/type`)
    switch (type) {
      case 'record':
      case 'error':
        return this.record(value, type === 'error', namespace, path)
      case 'enum':
        return this.enum(value, namespace, path)
      case 'fixed':
        return this.fixed(value, namespace, path)
      case 'array':
        return {
          kind: 'array',
          items: this.type(needed(value, 'items', 'an array', path), namespace, `${path}/items`),
          props: props(value, 'array'),
        }
      case 'map':
        return {
          kind: 'map',
          values: this.type(needed(value, 'values', 'a map', path), namespace, `${path}/values`),
          props: props(value, 'map'),
        }
      default:
        if (!isPrimitive(type)) return this.byName(type, namespace, `${path}/type`)
        return { kind: type, logical: logicalType(value, type, 0), props: props(value, 'primitive') }
    }
  }

  private byName(name: string, namespace: string, path: string): AvroType {
    if (isPrimitive(name)) return { kind: name, logical: null, props: {} }
    const found = this.named.get(fullName(name, namespace)) ?? this.named.get(name)
    if (found !== undefined) return found
    throw new Unfit(
      `${JSON.stringify(fullName(name, namespace))} is neither a type of Avro nor defined before this place, nor in a reference`,
      path,
    )
  }

  private union(value: readonly Json[], namespace: string, path: string): AvroUnion {
    const seen = new Set<string>()
    const branches = value.map((item, index) => {
      const at = path + step(index)
      const branch = this.type(item, namespace, at)
      if (branch.kind === 'union') throw new Unfit('A union may not immediately contain another union', at)
      const name = typeName(branch)
      if (seen.has(name)) throw new Unfit(`${JSON.stringify(name)} stands twice in one union`, at)
      seen.add(name)
      return branch
    })
    return { kind: 'union', branches }
  }

  private record(value: JsonObject, error: boolean, namespace: string, path: string): AvroRecord {
    const fields: AvroField[] = []
    const record: AvroRecord = {
      kind: 'record',
      error,
      ...this.define(value, namespace, path),
      fields,
      props: props(value, 'record'),
    }
    this.named.set(record.full, record)
    const list = needed(value, 'fields', 'a record', path)
    if (!isList(list)) throw new Unfit('"fields" is a list', `${path}/fields`)
    const names = new Set<string>()
    for (const [index, item] of list.entries()) {
      const at = `${path}/fields${step(index)}`
      const field = this.field(item, record.namespace, at)
      if (names.has(field.name)) throw new Unfit(`The record has two fields named ${JSON.stringify(field.name)}`, at)
      names.add(field.name)
      fields.push(field)
    }
    const depth = 1 + Math.max(0, ...fields.map((field) => this.depthOf(field.type)))
    if (depth > MAX_AVRO_DEPTH) throw new Unfit(`Types may lie ${MAX_AVRO_DEPTH} levels deep in one another`, path)
    this.depths.set(record, depth)
    return record
  }

  private field(value: Json, namespace: string, path: string): AvroField {
    if (!isObject(value)) throw new Unfit('A field is an object', path)
    const name = needed(value, 'name', 'a field', path)
    if (typeof name !== 'string' || !isName(name))
      throw new Unfit(`${writeJson(name)} is not the name of a field`, path)
    const order = value.order ?? 'ascending'
    if (typeof order !== 'string' || !ORDERS.includes(order))
      throw new Unfit(`"order" is one of ${ORDERS.join(', ')}, not ${writeJson(order)}`, `${path}/order`)
    return {
      name,
      type: this.type(needed(value, 'type', 'a field', path), namespace, `${path}/type`),
      doc: doc(value),
      default: value.default,
      order: order as AvroField['order'],
      aliases: names(value, 'aliases', path),
      props: props(value, 'field'),
    }
  }

  private enum(value: JsonObject, namespace: string, path: string): AvroEnum {
    const base = this.define(value, namespace, path)
    needed(value, 'symbols', 'an enum', path)
    const symbols = names(value, 'symbols', path)
    this.count(symbols.length)
    const seen = new Set<string>()
    for (const [index, symbol] of symbols.entries()) {
      const at = `${path}/symbols${step(index)}`
      if (!isName(symbol)) throw new Unfit(`${JSON.stringify(symbol)} is not a name, as a symbol has to be`, at)
      if (seen.has(symbol)) throw new Unfit(`The symbol ${JSON.stringify(symbol)} stands twice in one enum`, at)
      seen.add(symbol)
    }
    const fallback = value.default
    if (fallback !== undefined && (typeof fallback !== 'string' || !seen.has(fallback)))
      throw new Unfit(`The enum's default ${writeJson(fallback)} is none of its symbols`, `${path}/default`)
    const made: AvroEnum = { kind: 'enum', ...base, symbols, default: fallback ?? null, props: props(value, 'enum') }
    this.named.set(made.full, made)
    return made
  }

  private fixed(value: JsonObject, namespace: string, path: string): AvroFixed {
    const base = this.define(value, namespace, path)
    const size = needed(value, 'size', 'a fixed', path)
    if (typeof size !== 'number' || !Number.isInteger(size) || size < 0 || size > MAX_FIXED)
      throw new Unfit(`"size" is a number of bytes, not ${writeJson(size)}`, `${path}/size`)
    const logical = logicalType(value, 'fixed', size)
    const made: AvroFixed = { kind: 'fixed', ...base, size, logical, props: props(value, 'fixed') }
    this.named.set(made.full, made)
    return made
  }

  private define(value: JsonObject, outer: string, path: string) {
    const given = needed(value, 'name', 'a named type', path)
    if (typeof given !== 'string') throw new Unfit(`A name is a string, not ${writeJson(given)}`, `${path}/name`)
    const { namespace } = value
    if (namespace !== undefined && namespace !== null && typeof namespace !== 'string')
      throw new Unfit(`A namespace is a string, not ${writeJson(namespace)}`, `${path}/namespace`)
    const full = checkedName(given, namespace ?? outer, `${path}/name`)
    if (isPrimitive(full))
      throw new Unfit(`${JSON.stringify(full)} is a type of Avro and can't be defined`, `${path}/name`)
    if (this.named.has(full)) throw new Unfit(`${JSON.stringify(full)} is defined twice`, `${path}/name`)
    const own = splitName(full)
    const aliases = names(value, 'aliases', path).map((alias, index) =>
      checkedName(alias, own.namespace, `${path}/aliases${step(index)}`),
    )
    return { ...own, full, doc: doc(value), aliases }
  }

  /** How many records lie within one another in the type. One that is not complete lies around this one, not in it. */
  private depthOf(type: AvroType): number {
    if (type.kind === 'array') return this.depthOf(type.items)
    if (type.kind === 'map') return this.depthOf(type.values)
    if (type.kind === 'union') return Math.max(0, ...type.branches.map((branch) => this.depthOf(branch)))
    return this.depths.get(type) ?? 0
  }

  private count(more: number): void {
    this.parts += more
    if (this.parts > MAX_AVRO_PARTS)
      throw new Unfit(`A schema may have ${MAX_AVRO_PARTS} types, fields and symbols`, '')
  }
}

/** Defaults are looked at when every name is known: a field's type may be defined further down, in itself. */
function checkDefaults(type: AvroType, seen: Set<AvroType>, path: string): void {
  if (isNamed(type)) {
    if (seen.has(type)) return
    seen.add(type)
  }
  if (type.kind === 'array') checkDefaults(type.items, seen, `${path}/items`)
  else if (type.kind === 'map') checkDefaults(type.values, seen, `${path}/values`)
  else if (type.kind === 'union')
    for (const [index, branch] of type.branches.entries()) checkDefaults(branch, seen, path + step(index))
  else if (type.kind === 'record') {
    for (const [index, field] of type.fields.entries()) {
      const at = `${path}/fields${step(index)}`
      checkDefaults(field.type, seen, `${at}/type`)
      if (field.default === undefined) continue
      const problem = checkDefault(field.type, field.default, 0)
      if (problem === null) continue
      throw new Unfit(`The default of the field ${JSON.stringify(field.name)} does not fit its type: ${problem}`, at)
    }
  }
}

function isPrimitive(name: string): name is PrimitiveName {
  return (PRIMITIVES as readonly string[]).includes(name)
}

function needed(value: JsonObject, key: string, what: string, path: string): Json {
  const found = value[key]
  if (found === undefined)
    throw new Unfit(`${what[0].toUpperCase()}${what.slice(1)} needs the attribute "${key}"`, path)
  return found
}

function names(value: JsonObject, key: string, path: string): string[] {
  const list = value[key] ?? []
  if (!isList(list)) throw new Unfit(`"${key}" is a list of names`, `${path}/${key}`)
  return list.map((item, index) => {
    if (typeof item === 'string') return item
    throw new Unfit(`A name is a string, not ${writeJson(item)}`, `${path}/${key}${step(index)}`)
  })
}

function doc(value: JsonObject): string | null {
  return typeof value.doc === 'string' ? value.doc : null
}

function props(value: JsonObject, kind: string): JsonObject {
  const own = OWN[kind]
  return Object.fromEntries(Object.entries(value).filter(([key]) => !own.includes(key)))
}
