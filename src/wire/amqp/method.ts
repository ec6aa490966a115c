import { AmqpError } from './amqp-error.ts'
import type { Table } from './field.ts'
import { FRAME_END, FRAME_METHOD } from './frame.ts'
import { CutShort, Reader } from './reader.ts'
import type { Writer } from './writer.ts'

/** What a type of the specification is in TypeScript. */
export interface ValueOf {
  readonly bit: boolean
  readonly octet: number
  readonly short: number
  readonly long: number
  readonly longlong: number
  readonly shortstr: string
  readonly longstr: string | Uint8Array
  readonly table: Table
}

/** Names and types of a method's arguments, in the order of the wire. Bits that are neighbours share octets. */
export type Fields = Readonly<Record<string, keyof ValueOf>>

export type ValuesOf<F extends Fields> = { readonly [Name in keyof F]: ValueOf[F[Name]] }

/** Who sends a method. */
export type Sender = 'client' | 'server' | 'both'

export interface Method<F extends Fields = Fields> {
  /** `queue.declare-ok` */
  readonly name: string
  readonly classId: number
  readonly methodId: number
  /** Class and method as they stand on the wire, in one number. */
  readonly key: number
  readonly sender: Sender
  readonly fields: F
  /** Waits for an answer. */
  readonly synchronous: boolean
  /** A header frame and body frames follow. */
  readonly content: boolean
}

/** The arguments of a method: `ArgumentsOf<typeof queue.declare>`. */
export type ArgumentsOf<M extends Method> = M extends Method<infer F> ? ValuesOf<F> : never

/** Declares a method. */
export function method<const F extends Fields>(
  name: string,
  classId: number,
  methodId: number,
  sender: Sender,
  fields: F,
  is: { synchronous?: true; content?: true } = {},
): Method<F> {
  return {
    name,
    classId,
    methodId,
    key: classId * 0x10000 + methodId,
    sender,
    fields,
    synchronous: is.synchronous ?? false,
    content: is.content ?? false,
  }
}

/**
 * Reads a method's arguments from all of `bytes[at, end)`. Too few bytes, or too many, are 501 as RabbitMQ words it, and so is a short
 * string that is not UTF-8, unless `anyText`.
 */
export function decodeArguments<F extends Fields>(
  method: Method<F>,
  bytes: Uint8Array,
  at: number,
  end: number,
  anyText = false,
): ValuesOf<F> {
  const reader = new Reader(bytes, at, end)
  try {
    const values = readFields(method.fields, reader, anyText)
    if (reader.at === end) return values as ValuesOf<F>
  } catch (error) {
    if (!(error instanceof CutShort)) throw error
  }
  throw new AmqpError('frame-error', `cannot decode <<${bytes.subarray(at, end).join(',')}>>`)
}

function readFields(fields: Fields, reader: Reader, anyText: boolean): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  let bits = 0
  let taken = 8
  for (const name in fields) {
    const type = fields[name]
    if (type !== 'bit') {
      if (type === 'table') values[name] = reader.table()
      else values[name] = type === 'shortstr' && anyText ? reader.text() : reader[type]()
      taken = 8
      continue
    }
    if (taken === 8) {
      bits = reader.octet()
      taken = 0
    }
    values[name] = ((bits >> taken) & 1) === 1
    taken++
  }
  return values
}

function writeFields(fields: Fields, values: Readonly<Record<string, unknown>>, writer: Writer): void {
  let taken = 8
  for (const name in fields) {
    const type = fields[name]
    if (type !== 'bit') {
      writeValue(type, values[name], writer)
      taken = 8
      continue
    }
    if (taken === 8) {
      writer.octet(0)
      taken = 0
    }
    if (values[name] === true) writer.bytes[writer.at - 1] |= 1 << taken
    taken++
  }
}

function writeValue(type: Exclude<keyof ValueOf, 'bit'>, value: unknown, writer: Writer): void {
  switch (type) {
    case 'shortstr':
      writer.shortstr(value as string)
      break
    case 'longstr':
      writer.longstr(value as string | Uint8Array)
      break
    case 'table':
      writer.table(value as Table)
      break
    default:
      writer[type](value as number)
  }
}

/** Appends a whole method frame. */
export function writeMethod<F extends Fields>(
  writer: Writer,
  channel: number,
  method: Method<F>,
  values: ValuesOf<F>,
): void {
  writer.octet(FRAME_METHOD)
  writer.short(channel)
  const size = writer.reserve(4)
  writer.long(method.key)
  writeFields(method.fields, values as Readonly<Record<string, unknown>>, writer)
  writer.putLong(size, writer.at - size - 4)
  writer.octet(FRAME_END)
}
