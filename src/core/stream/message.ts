import { copyBytes, getU32, putI64 } from '../../std/bytes.ts'
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
const DELIVERY_MODE = 0x1000
/** The delivery mode of what need not be kept. */
const TRANSIENT = 1
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

/** What an AMQP client is to see of a record; one object, filled again and again. */
export class OpenedRecord {
  bytes: Uint8Array = new Uint8Array(0)
  /** What its publisher said over AMQP is `bytes[exactAt, exactEnd)`; -1 if it came otherwise. */
  exactAt = -1
  exactEnd = -1
  /** The headers of a record that came otherwise. */
  headers: (readonly [string, Uint8Array])[] = NO_HEADERS
}

const NO_HEADERS: (readonly [string, Uint8Array])[] = []
const facts = new HeaderFacts()

/** Reads a record's headers; of a record from AMQP only the one that counts, which stands first. */
export function openRecord(record: RecordParts, opened: OpenedRecord): void {
  const { bytes, end } = record
  opened.bytes = bytes
  opened.headers = NO_HEADERS
  opened.exactAt = -1
  if (record.headers === 0) return
  let at = record.headersAt
  const nameLength = bytes[at]! >> 1
  if (nameLength === EXACT.length && bytes[at]! < 0x80 && startsWith(bytes, at + 1, EXACT)) {
    at += 1 + nameLength
    let length = 0
    for (let factor = 1; at < end; factor *= 128) {
      const byte = bytes[at++]!
      length += (byte & 0x7f) * factor
      if (byte < 0x80) break
    }
    length = length % 2 === 0 ? Math.min(length / 2, end - at) : 0
    if (isExact(bytes, at, at + length)) {
      opened.exactAt = at
      opened.exactEnd = at + length
      return
    }
  }
  opened.headers = foreignHeaders(record)
}

function startsWith(bytes: Uint8Array, at: number, what: Uint8Array): boolean {
  for (let i = 0; i < what.length; i++) if (bytes[at + i] !== what[i]) return false
  return true
}

function foreignHeaders(record: RecordParts): (readonly [string, Uint8Array])[] {
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
    headers.push([name, take(length())])
  }
  return headers
}

/** Anybody can write a header of that name. */
function isExact(bytes: Uint8Array, at: number, end: number): boolean {
  const payload = payloadOf(bytes, at, end)
  if (payload + HEADER_FIXED + 2 > end) return false
  try {
    skimHeader(bytes, payload, end, facts)
    return true
  } catch (error) {
    if (error instanceof AmqpError) return false
    throw error
  }
}

/** Where the header frame's payload begins, behind exchange and routing key. */
function payloadOf(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return end
  const key = at + 1 + bytes[at]!
  return key >= end ? end : key + 1 + bytes[key]!
}

/** The value that filters look at, null for none. */
export function filterValue({ bytes, exactAt, exactEnd, headers }: OpenedRecord): string | null {
  if (exactAt < 0) {
    const found = headers.find(([name]) => name === FILTER_VALUE)
    return found === undefined ? null : Buffer.from(found[1]).toString()
  }
  skimHeader(bytes, payloadOf(bytes, exactAt, exactEnd), exactEnd, facts)
  const at = facts.headersAt < 0 ? -1 : findField(bytes, facts.headersAt, FILTER_VALUE)
  const field = at < 0 ? null : fieldAt(bytes, at)
  return field?.type === 'S' && typeof field.value === 'string' ? field.value : null
}

/** Leaves the message in `writer` as deliveries want it: exchange, routing key, 0xCE, header frame, body frame. */
export function writeMessage(
  writer: Writer,
  opened: OpenedRecord,
  record: RecordParts,
  stream: string,
  offset: number,
  timestamp: number,
): void {
  const { bytes, exactAt, exactEnd } = opened
  const bodySize = Math.max(0, record.valueLength)
  writer.clear()
  const payload = exactAt < 0 ? -1 : payloadOf(bytes, exactAt, exactEnd)
  if (payload < 0) {
    writer.shortstr('')
    writer.shortstr(stream)
  } else copyTo(writer, bytes, exactAt, payload)
  writer.octet(FRAME_END)
  writer.octet(FRAME_HEADER)
  writer.short(0)
  const sizeAt = writer.reserve(4)
  if (payload < 0) writeHeader(writer, CLASS_BASIC, bodySize, foreign(opened, record, offset, timestamp))
  else writeExact(writer, bytes, payload, exactEnd, bodySize, offset)
  writer.putLong(sizeAt, writer.at - sizeAt - 4)
  writer.octet(FRAME_END)
  if (bodySize === 0) return
  writer.octet(FRAME_BODY)
  writer.short(0)
  writer.long(bodySize)
  copyTo(writer, record.bytes, record.valueAt, record.valueAt + bodySize)
  writer.octet(FRAME_END)
}

function copyTo(writer: Writer, bytes: Uint8Array, at: number, end: number): void {
  const to = writer.reserve(end - at)
  copyBytes(bytes, at, end - at, writer.bytes, to)
}

/** The properties as they were published, and the offset as one header more. Without a delivery mode it comes with that of RabbitMQ's streams. */
function writeExact(
  writer: Writer,
  bytes: Uint8Array,
  payload: number,
  end: number,
  bodySize: number,
  offset: number,
): void {
  skimHeader(bytes, payload, end, facts)
  const { headersAt } = facts
  if (headersAt >= 0 && findField(bytes, headersAt, OFFSET) >= 0) {
    const properties = decodeProperties(bytes, payload, end)
    const headers = new Map(properties.headers ?? [])
    headers.set(OFFSET, { type: 'l', value: offset })
    const { deliveryMode = TRANSIENT } = properties
    writeHeader(writer, CLASS_BASIC, bodySize, { ...properties, headers, deliveryMode })
    return
  }
  const flagsAt = payload + HEADER_FIXED
  const flags = (bytes[flagsAt]! << 8) | bytes[flagsAt + 1]!
  let at = flagsAt + 2
  if ((flags & CONTENT_TYPE) !== 0) at += 1 + bytes[at]!
  if ((flags & CONTENT_ENCODING) !== 0) at += 1 + bytes[at]!
  writer.short(CLASS_BASIC)
  writer.short(0)
  writer.longlong(bodySize)
  writer.short(flags | HEADERS | DELIVERY_MODE)
  copyTo(writer, bytes, flagsAt + 2, at)
  const table = headersAt < 0 ? 0 : getU32(bytes, headersAt)
  const rest = headersAt < 0 ? at : at + 4 + table
  writer.long(table + OFFSET_ENTRY.length)
  copyTo(writer, bytes, rest - table, rest)
  putI64(OFFSET_ENTRY, OFFSET_ENTRY.length - 8, offset)
  writer.raw(OFFSET_ENTRY)
  if ((flags & DELIVERY_MODE) === 0) writer.octet(TRANSIENT)
  copyTo(writer, bytes, rest, end)
}

/** The field `x-stream-offset`, its value to be filled in. */
const OFFSET_ENTRY = new Uint8Array([OFFSET.length, ...Buffer.from(`${OFFSET}l`), 0, 0, 0, 0, 0, 0, 0, 0])

/** What a record that did not come over AMQP is as a message. */
function foreign(opened: OpenedRecord, record: RecordParts, offset: number, timestamp: number): Properties {
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
