import type { Message } from '../../broker/queue/message.ts'
import { readStored, type Stored } from '../../broker/queue/stored-message.ts'
import type { Headers, OutgoingMessage } from '../../sdk/engine.ts'
import { KEY, SENT_AT } from '../../sdk/wire-names.ts'
import { getU32 } from '../../std/bytes.ts'
import type { Field, Table } from '../../wire/amqp/field.ts'
import {
  CLASS_BASIC,
  FRAME_BODY,
  FRAME_END,
  FRAME_HEADER,
  FRAME_OVERHEAD,
  FRAME_PREFIX,
} from '../../wire/amqp/frame.ts'
import { type Properties, writeHeader } from '../../wire/amqp/properties.ts'
import { Writer } from '../../wire/amqp/writer.ts'

/** Any but 0, which is the broker's own. */
const CHANNEL = 1
const PERSISTENT = 2
/** What a property holds; what is longer stays a header. */
const LONGEST_PROPERTY = 255

/** Headers that are properties in AMQP. */
const PROPERTIES = {
  'content-type': 'contentType',
  'message-id': 'messageId',
  'correlation-id': 'correlationId',
  'reply-to': 'replyTo',
  type: 'type',
} as const satisfies Record<string, keyof Properties>

/** How often a quorum queue has seen the message come back from a consumer that was gone. */
const DELIVERY_COUNT = 'x-delivery-count'
/** The broker's own counts are no headers of the message. */
const COUNTS: readonly string[] = [DELIVERY_COUNT, 'x-acquired-count', 'x-delay']

const writer = new Writer()

/** What is said of a message beside what the SDK knows. */
export interface Routing {
  readonly exchange: string
  readonly key: string
  /** How long it lives from when it is in its queue, in milliseconds; null for ever. */
  readonly ttlMs: number | null
  /** How long an exchange is to keep it; 0: not at all. */
  readonly delayMs: number
  readonly persistent: boolean
}

/** A message as the broker takes it, in bytes of its own. */
export function encodeMessage(message: OutgoingMessage, routing: Routing, now: number): Message {
  writer.clear()
  writer.shortstr(routing.exchange)
  writer.shortstr(routing.key)
  const keysLength = writer.at
  writer.octet(FRAME_END)
  writer.octet(FRAME_HEADER)
  writer.short(CHANNEL)
  const size = writer.reserve(4)
  writeHeader(writer, CLASS_BASIC, message.body.length, propertiesOf(message, routing))
  writer.putLong(size, writer.at - size - 4)
  writer.octet(FRAME_END)
  if (message.body.length > 0) {
    writer.octet(FRAME_BODY)
    writer.short(CHANNEL)
    writer.long(message.body.length)
    writer.raw(message.body)
    writer.octet(FRAME_END)
  }
  const bytes = new Uint8Array(writer.written())
  return {
    bytes,
    keysAt: 0,
    keysLength,
    contentAt: keysLength,
    contentLength: bytes.length - keysLength,
    persistent: routing.persistent,
    expiry: routing.ttlMs === null ? 0 : now + routing.ttlMs,
    priority: message.priority,
  }
}

function propertiesOf(message: OutgoingMessage, routing: Routing): Properties {
  const properties: Record<string, unknown> = {
    deliveryMode: routing.persistent ? PERSISTENT : 1,
    priority: message.priority,
  }
  const table = new Map<string, Field>()
  for (const [name, value] of Object.entries(message.headers)) {
    const property = PROPERTIES[name as keyof typeof PROPERTIES]
    if (property === undefined || Buffer.byteLength(value) > LONGEST_PROPERTY) table.set(name, { type: 'S', value })
    else properties[property] = value
  }
  if (message.key !== null) table.set(KEY, { type: 'S', value: message.key })
  if (routing.delayMs > 0) table.set('x-delay', { type: 'l', value: routing.delayMs })
  if (routing.ttlMs !== null) properties.expiration = String(routing.ttlMs)
  const sentAt = message.headers[SENT_AT]
  if (sentAt !== undefined) properties.timestamp = Math.floor(Number(sentAt) / 1000)
  // Names in order, as the broker's own tables have them.
  if (table.size > 0) properties.headers = new Map([...table].sort(([a], [b]) => (a < b ? -1 : 1)))
  return properties as Properties
}

/** A message as the SDK sees it. */
export interface Read {
  readonly body: Uint8Array
  readonly headers: Headers
  readonly key: string | null
  readonly redeliveries: number
  readonly sentAt: number | null
  readonly priority: number
}

/** Reads a stored message, which is `bytes[at, end)`, without keeping any of the bytes. */
export function decodeMessage(bytes: Uint8Array, at: number, end: number): Read {
  const stored = readStored(bytes, at, end)
  // Whoever wrote it: without properties that can be read it is a body.
  if (stored === null) return { body: EMPTY, headers: {}, key: null, redeliveries: 0, sentAt: null, priority: 4 }
  const { properties } = stored
  const headers: Record<string, string> = {}
  let key: string | null = null
  let redeliveries = 0
  for (const [name, field] of properties.headers ?? (NO_TABLE as Table)) {
    const text = textOf(field)
    if (name === DELIVERY_COUNT) redeliveries = Number(text ?? 0)
    if (text === null || COUNTS.includes(name)) continue
    if (name === KEY) key = text
    else headers[name.toLowerCase()] = text
  }
  for (const [name, property] of Object.entries(PROPERTIES)) {
    const value = properties[property]
    if (value !== undefined) headers[name] = value
  }
  const { timestamp, priority = 4 } = properties
  const sentAt = headers[SENT_AT] ?? (timestamp === undefined ? undefined : timestamp * 1000)
  return {
    body: bodyOf(stored),
    headers,
    key,
    redeliveries,
    sentAt: sentAt === undefined ? null : Number(sentAt),
    priority,
  }
}

const EMPTY = new Uint8Array(0)
const NO_TABLE: Table = new Map()

/** Null for what is no text and no number. */
function textOf({ type, value }: Field): string | null {
  if (type === 'S') return typeof value === 'string' ? value : null
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : null
}

function bodyOf({ bytes, body, end, bodySize }: Stored): Uint8Array {
  const whole = new Uint8Array(bodySize)
  let to = 0
  for (let at = body; at < end; ) {
    const length = getU32(bytes, at + 3)
    whole.set(bytes.subarray(at + FRAME_PREFIX, at + FRAME_PREFIX + length), to)
    to += length
    at += FRAME_OVERHEAD + length
  }
  return whole
}
