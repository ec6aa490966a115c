import { getU32, putI64 } from '../../std/bytes.ts'
import { AmqpError } from '../../wire/amqp/amqp-error.ts'
import type { Field, Table } from '../../wire/amqp/field.ts'
import { fieldAt, findField } from '../../wire/amqp/find-field.ts'
import { CLASS_BASIC, FRAME_BODY, FRAME_END, FRAME_HEADER, HEADER_FIXED } from '../../wire/amqp/frame.ts'
import { decodeProperties, type Properties, writeHeader } from '../../wire/amqp/properties.ts'
import { HeaderFacts, skimHeader } from '../../wire/amqp/skim.ts'
import type { Writer } from '../../wire/amqp/writer.ts'
import { FILTER_VALUE } from './filter.ts'
import { EXACT } from './record.ts'

/** The header that tells a delivery's offset. */
const OFFSET = 'x-stream-offset'
const CONTENT_TYPE = 0x8000
const CONTENT_ENCODING = 0x4000
const HEADERS = 0x2000
const LONGEST_NAME = 255

/** A record: where its parts lie in `bytes`. Lengths of -1 stand for none. */
export interface RecordParts {
  readonly bytes: Uint8Array
  readonly keyAt: number
  readonly keyLength: number
  readonly valueAt: number
  readonly valueLength: number
  readonly headersAt: number
  readonly headers: number
  readonly end: number
}

/** What an AMQP client is to see of a record. `exact` is what its publisher said over AMQP, null if it came otherwise. */
export interface Opened {
  readonly exact: Uint8Array | null
  readonly headers: readonly (readonly [string, Uint8Array])[]
}

const facts = new HeaderFacts()

/** Reads a record's headers; of a record from AMQP only the one that counts. */
export function openRecord(record: RecordParts): Opened {
  const headers: [string, Uint8Array][] = []
  const { bytes, end } = record
  let at = record.headersAt
  const length = (): number => {
    let value = 0
    for (let factor = 1; at < end; factor *= 128) {
      const byte = bytes[at++]!
      value += (byte & 0x7f) * factor
      if (byte < 0x80) break
    }
    return value % 2 === 0 ? value / 2 : -1
  }
  const take = (size: number): Uint8Array => {
    const from = at
    at = Math.min(end, at + Math.max(0, size))
    return bytes.subarray(from, at)
  }
  for (let i = 0; i < record.headers && at < end; i++) {
    const name = Buffer.from(take(length())).toString()
    const value = take(length())
    if (name === EXACT && isExact(value)) return { exact: value, headers }
    headers.push([name, value])
  }
  return { exact: null, headers }
}

/** Anybody can write a header of that name. */
function isExact(value: Uint8Array): boolean {
  const payload = payloadOf(value)
  if (payload + HEADER_FIXED + 2 > value.length) return false
  try {
    skimHeader(value, payload, value.length, facts)
    return true
  } catch (error) {
    if (error instanceof AmqpError) return false
    throw error
  }
}

/** Where the header frame's payload begins, behind exchange and routing key. */
function payloadOf(exact: Uint8Array): number {
  const key = 1 + (exact[0] ?? 255)
  return key + 1 + (exact[key] ?? 255)
}

/** The value that filters look at, null for none. */
export function filterValue({ exact, headers }: Opened): string | null {
  if (exact === null) {
    const found = headers.find(([name]) => name === FILTER_VALUE)
    return found === undefined ? null : Buffer.from(found[1]).toString()
  }
  skimHeader(exact, payloadOf(exact), exact.length, facts)
  const at = facts.headersAt < 0 ? -1 : findField(exact, facts.headersAt, FILTER_VALUE)
  const field = at < 0 ? null : fieldAt(exact, at)
  return field?.type === 'S' && typeof field.value === 'string' ? field.value : null
}

/** Leaves the message in `writer` as deliveries want it: exchange, routing key, 0xCE, header frame, body frame. */
export function writeMessage(
  writer: Writer,
  opened: Opened,
  record: RecordParts,
  stream: string,
  offset: number,
  timestamp: number,
): void {
  const { exact } = opened
  const bodySize = Math.max(0, record.valueLength)
  writer.clear()
  if (exact === null) {
    writer.shortstr('')
    writer.shortstr(stream)
    frame(writer, () => writeHeader(writer, CLASS_BASIC, bodySize, foreign(opened, record, offset, timestamp)))
  } else {
    const payload = payloadOf(exact)
    writer.raw(exact.subarray(0, payload))
    frame(writer, () => writeExact(writer, exact, payload, bodySize, offset))
  }
  if (bodySize === 0) return
  writer.octet(FRAME_BODY)
  writer.short(0)
  writer.long(bodySize)
  writer.raw(record.bytes.subarray(record.valueAt, record.valueAt + bodySize))
  writer.octet(FRAME_END)
}

function frame(writer: Writer, payload: () => void): void {
  writer.octet(FRAME_END)
  writer.octet(FRAME_HEADER)
  writer.short(0)
  const sizeAt = writer.reserve(4)
  payload()
  writer.putLong(sizeAt, writer.at - sizeAt - 4)
  writer.octet(FRAME_END)
}

/** The properties as they were published, and the offset as one header more. */
function writeExact(writer: Writer, exact: Uint8Array, payload: number, bodySize: number, offset: number): void {
  skimHeader(exact, payload, exact.length, facts)
  const { headersAt } = facts
  if (headersAt >= 0 && findField(exact, headersAt, OFFSET) >= 0) {
    const properties = decodeProperties(exact, payload, exact.length)
    const headers = new Map(properties.headers ?? [])
    headers.set(OFFSET, { type: 'l', value: offset })
    writeHeader(writer, CLASS_BASIC, bodySize, { ...properties, headers })
    return
  }
  const flagsAt = payload + HEADER_FIXED
  const flags = (exact[flagsAt]! << 8) | exact[flagsAt + 1]!
  let at = flagsAt + 2
  for (const flag of [CONTENT_TYPE, CONTENT_ENCODING]) if ((flags & flag) !== 0) at += 1 + exact[at]!
  writer.short(CLASS_BASIC)
  writer.short(0)
  writer.longlong(bodySize)
  writer.short(flags | HEADERS)
  writer.raw(exact.subarray(flagsAt + 2, at))
  const table = headersAt < 0 ? 0 : getU32(exact, headersAt)
  const rest = headersAt < 0 ? at : at + 4 + table
  writer.long(table + OFFSET_ENTRY.length)
  writer.raw(exact.subarray(rest - table, rest))
  putI64(OFFSET_ENTRY, OFFSET_ENTRY.length - 8, offset)
  writer.raw(OFFSET_ENTRY)
  writer.raw(exact.subarray(rest))
}

/** The field `x-stream-offset`, its value to be filled in. */
const OFFSET_ENTRY = new Uint8Array([OFFSET.length, ...Buffer.from(`${OFFSET}l`), 0, 0, 0, 0, 0, 0, 0, 0])

/** What a record that did not come over AMQP is as a message. */
function foreign(opened: Opened, record: RecordParts, offset: number, timestamp: number): Properties {
  const headers = new Map<string, Field>()
  for (const [name, value] of opened.headers) {
    if (Buffer.byteLength(name) <= LONGEST_NAME) headers.set(name, textOrBytes(value))
  }
  const { keyAt, keyLength, bytes } = record
  if (keyLength >= 0) headers.set('x-record-key', textOrBytes(bytes.subarray(keyAt, keyAt + keyLength)))
  headers.set(OFFSET, { type: 'l', value: offset })
  return {
    headers: headers as Table,
    deliveryMode: 2,
    timestamp: timestamp < 0 ? undefined : Math.floor(timestamp / 1000),
  }
}

function textOrBytes(bytes: Uint8Array): Field {
  return { type: 'S', value: bytes.slice() }
}
