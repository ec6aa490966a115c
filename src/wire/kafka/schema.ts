/**
 * The notation of Kafka's message definitions as data: a field has a type, the versions it is there in, the versions in
 * which it may be null, a tag, and a default. A field that a version lacks has its default after decoding and is left
 * out of the encoding; a field left `undefined` is encoded as its default.
 */

/** Versions from..to, both included; `'3+'`, `'0-12'`, `'4'` or `'none'` in a declaration. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** Bytes of somebody else's memory: a view that is good until that memory is written again. */
export interface Slice {
  readonly bytes: Uint8Array
  readonly at: number
  readonly length: number
  /** More that belongs behind it: only what is encoded may be in several pieces. */
  next?: Slice
}

/** What each primitive type is in TypeScript. `wide64` is an int64 of which all 64 bits count. */
export interface Primitives {
  bool: boolean
  int8: number
  int16: number
  uint16: number
  int32: number
  uint32: number
  int64: number
  wide64: bigint
  float64: number
  string: string
  uuid: string
  bytes: Uint8Array
  records: Slice
}

export type FieldType = keyof Primitives | 'array' | 'struct'

export interface Field<T = unknown> {
  readonly type: FieldType
  readonly versions: Range
  readonly nullable: Range
  /** -1: not tagged. */
  readonly tag: number
  readonly tagged: Range
  /** Keeps the old, not flexible form in every version (the client id in request headers). */
  readonly rigid: boolean
  readonly default: unknown
  /** Of an array: the type of its elements, `struct` if they have fields. */
  readonly element: FieldType | null
  /** Of a struct, or of an array of structs. */
  readonly fields: Fields | null
  /** Never set: carries the type. */
  readonly is?: T
}

export type Fields = { readonly [name: string]: Field }

/** A message: a request, a response, a header, or data inside one. */
export interface Message<F extends Fields = Fields> {
  readonly name: string
  /** The API key; -1 for headers and data. */
  readonly key: number
  readonly versions: Range
  readonly flexible: Range
  readonly fields: F
}

type ValueOf<F> = F extends Field<infer T> ? T : never
/** The value of a set of fields, as decoding gives it. */
export type Value<F extends Fields> = { -readonly [K in keyof F]: ValueOf<F[K]> }
/** A message as decoding gives it. */
export type Decoded<M extends Message> = Value<M['fields']>
/** A message as encoding takes it: what is missing has its default. */
export type Encodable<M extends Message> = Loose<Decoded<M>>
type Loose<T> = T extends Uint8Array | Slice
  ? T
  : T extends readonly (infer E)[]
    ? readonly Loose<E>[]
    : T extends object
      ? { readonly [K in keyof T]?: Loose<T[K]> | undefined }
      : T

interface Options {
  readonly nullable?: string
  readonly tag?: number
  readonly default?: unknown
  readonly rigid?: boolean
}
type Maybe<T, O> = O extends { nullable: string } ? T | null : T

/** The uuid that stands for none, in the form in which Kafka prints uuids. */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'

const NONE: Range = { from: 0, to: -1 }
const ZEROS: { readonly [type in FieldType]: unknown } = {
  bool: false,
  int8: 0,
  int16: 0,
  uint16: 0,
  int32: 0,
  uint32: 0,
  int64: 0,
  wide64: 0n,
  float64: 0,
  string: '',
  uuid: ZERO_UUID,
  bytes: new Uint8Array(0),
  records: null,
  array: [],
  struct: undefined,
}

/** Reads `'3+'`, `'0-12'`, `'4'` and `'none'`. */
export function range(text: string): Range {
  if (text === 'none') return NONE
  if (text.endsWith('+')) return { from: Number(text.slice(0, -1)), to: 32767 }
  const [from, to] = text.split('-')
  return { from: Number(from), to: Number(to ?? from) }
}

export function within(range: Range, version: number): boolean {
  return version >= range.from && version <= range.to
}

function field(
  type: FieldType,
  versions: string,
  options: Options,
  element: FieldType | null,
  fields: Fields | null,
): Field {
  const tag = options.tag ?? -1
  return {
    type,
    versions: range(versions),
    nullable: options.nullable === undefined ? NONE : range(options.nullable),
    tag,
    tagged: tag < 0 ? NONE : range(versions),
    rigid: options.rigid ?? false,
    default: 'default' in options ? options.default : ZEROS[type],
    element,
    fields,
  }
}

function primitive<T extends keyof Primitives>(type: T) {
  return <O extends Options>(versions: string, options?: O) =>
    field(type, versions, options ?? {}, null, null) as Field<Maybe<Primitives[T], O>>
}

export const bool = primitive('bool')
export const int8 = primitive('int8')
export const int16 = primitive('int16')
export const uint16 = primitive('uint16')
export const int32 = primitive('int32')
export const uint32 = primitive('uint32')
export const int64 = primitive('int64')
export const wide64 = primitive('wide64')
export const float64 = primitive('float64')
export const string = primitive('string')
export const uuid = primitive('uuid')
export const bytes = primitive('bytes')
export const records = primitive('records')

/** An array of a primitive type, or of structs with these fields. */
export function array<E extends keyof Primitives | Fields, O extends Options>(versions: string, of: E, options?: O) {
  const isPrimitive = typeof of === 'string'
  const element = isPrimitive ? (of as FieldType) : 'struct'
  return field('array', versions, options ?? {}, element, isPrimitive ? null : (of as Fields)) as Field<
    Maybe<(E extends keyof Primitives ? Primitives[E] : E extends Fields ? Value<E> : never)[], O>
  >
}

export function struct<F extends Fields, O extends Options>(versions: string, fields: F, options?: O) {
  return field('struct', versions, options ?? {}, null, fields) as Field<Maybe<Value<F>, O>>
}

export function message<F extends Fields>(
  name: string,
  about: { key?: number; versions: string; flexible: string },
  fields: F,
): Message<F> {
  return { name, key: about.key ?? -1, versions: range(about.versions), flexible: range(about.flexible), fields }
}

/** The value a field has where it is missing; a fresh one wherever it could be written to. */
export function defaultOf(field: Field): unknown {
  if (field.type === 'array' && field.default !== null) return []
  if (field.type !== 'struct' || field.default === null) return field.default
  const value: Record<string, unknown> = {}
  for (const name in field.fields) value[name] = defaultOf(field.fields[name]!)
  return value
}

/** Whether a tagged field need not be written. */
export function isDefault(field: Field, value: unknown): boolean {
  if (value === undefined) return true
  if (value === null || field.default === null) return value === field.default
  if (field.type === 'array') return (value as unknown[]).length === 0
  if (field.type === 'bytes') return (value as Uint8Array).length === 0
  if (field.type !== 'struct') return value === field.default
  for (const name in field.fields) {
    if (!isDefault(field.fields[name]!, (value as Record<string, unknown>)[name])) return false
  }
  return true
}
