import { getU32 } from '../../std/bytes.ts'
import type { Field, Table } from '../../wire/amqp/field.ts'
import { FRAME_OVERHEAD, FRAME_PREFIX } from '../../wire/amqp/frame.ts'
import { decodeProperties } from '../../wire/amqp/properties.ts'
import type { RecordHeaders } from './headers.ts'

/** The header in which a record keeps exchange, routing key and properties as they were published. */
export const EXACT = 'amqp'
/** What readable headers may take beside `EXACT`, and what they may as a multiple of it. */
const READABLE_BYTES = 512
const READABLE_TIMES = 2
const READABLE_MOST = 16_384
/** Bytes of a record and a batch beside what is in them. */
const FRAMING = 512

/** A message as the publisher's bytes have it; see `Message` in broker/queue/publish.ts. */
export interface Source {
  readonly bytes: Uint8Array
  readonly keysAt: number
  readonly keysLength: number
  readonly contentAt: number
  readonly contentLength: number
}

/** The bytes that records of a message of `length` bytes take at most. */
export function recordRoom(length: number): number {
  return length + FRAMING + readableRoom(length)
}

function readableRoom(length: number): number {
  return Math.min(READABLE_MOST, READABLE_BYTES + READABLE_TIMES * length)
}

/** The length of the message's body. */
export function bodyLength({ bytes, contentAt }: Source): number {
  const size = contentAt + 1 + FRAME_PREFIX + 4
  return getU32(bytes, size) * 2 ** 32 + getU32(bytes, size + 4)
}

/** Copies the body out of its frames. */
export function copyBody({ bytes, contentAt, contentLength }: Source, into: Uint8Array, to: number): void {
  const end = contentAt + contentLength
  let frame = contentAt + 1 + FRAME_OVERHEAD + getU32(bytes, contentAt + 4)
  for (let at = to; frame < end; ) {
    const length = getU32(bytes, frame + 3)
    into.set(bytes.subarray(frame + FRAME_PREFIX, frame + FRAME_PREFIX + length), at)
    at += length
    frame += FRAME_OVERHEAD + length
  }
}

/**
 * Fills in the headers of the message's record: one that says everything exactly, for AMQP, and the application's own and the properties
 * as text, for everybody else. What would be far more than the message itself is left out.
 */
export function writeHeaders(headers: RecordHeaders, source: Source): void {
  const { bytes, keysAt, keysLength, contentAt } = source
  const size = getU32(bytes, contentAt + 4)
  const payload = contentAt + 1 + FRAME_PREFIX
  const exact = new Uint8Array(keysLength + size)
  exact.set(bytes.subarray(keysAt, keysAt + keysLength))
  exact.set(bytes.subarray(payload, payload + size), keysLength)
  headers.clear()
  headers.add(EXACT, exact)
  let left = readableRoom(exact.length)
  const add = (name: string, value: Uint8Array) => {
    left -= Buffer.byteLength(name) + value.length + 10
    if (left >= 0) headers.add(name, value)
  }
  const exchange = bytes.subarray(keysAt + 1, keysAt + 1 + bytes[keysAt]!)
  const keyAt = keysAt + 1 + exchange.length
  if (exchange.length > 0) add('amqp.exchange', exchange)
  add('amqp.routing-key', bytes.subarray(keyAt + 1, keyAt + 1 + bytes[keyAt]!))
  // The flags alone say that there are no properties.
  if (bytes[payload + 12] === 0 && bytes[payload + 13] === 0) return
  const properties = decodeProperties(bytes, payload, payload + size)
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'string' || typeof value === 'number') add(`amqp.${kebab(name)}`, Buffer.from(String(value)))
  }
  for (const [name, field] of properties.headers ?? []) add(name, readable(field))
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

function readable(field: Field): Uint8Array {
  const { type, value } = field
  if (value instanceof Uint8Array) return value
  return Buffer.from(type === 'A' || type === 'F' || type === 'D' ? JSON.stringify(plain(field)) : String(value ?? ''))
}

function plain({ type, value }: Field): unknown {
  if (type === 'F') return plainTable(value)
  if (type === 'A') return value.map(plain)
  if (type === 'D') return value.digits / 10 ** value.scale
  if (typeof value === 'bigint') return value.toString()
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value
}

function plainTable(table: Table): Record<string, unknown> {
  return Object.fromEntries([...table].map(([name, field]) => [name, plain(field)]))
}
