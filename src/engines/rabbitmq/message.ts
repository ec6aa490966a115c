import type { Message, Options } from 'amqplib'
import type { Headers, IncomingRecord, OutgoingMessage, OutgoingRecord } from '../../sdk/engine.ts'
import { KEY, NOT_BEFORE, SENT_AT, TOMBSTONE } from '../../sdk/wire-names.ts'

/** Names a scheduled message that can be taken back: see cancellations.ts. */
export const CANCEL = 'posthorn-cancel'
/** Names a dead letter. */
export const ENTRY = 'posthorn-entry'

/** What a property holds; what is longer stays a header. */
const LONGEST_PROPERTY = 255
/** What a message has that says nothing of it. */
export const USUAL_PRIORITY = 4

/** Headers that are properties in AMQP. */
const PROPERTIES = {
  'content-type': 'contentType',
  'message-id': 'messageId',
  'correlation-id': 'correlationId',
  'reply-to': 'replyTo',
  type: 'type',
} as const satisfies Record<string, keyof Options.Publish>

type Property = keyof typeof PROPERTIES

const PROPERTY_NAMES = Object.entries(PROPERTIES)

/** Headers of the engine's own: they say something of one hand-out and do not travel on. */
const OWN: ReadonlySet<string> = new Set([KEY, CANCEL, ENTRY, NOT_BEFORE])
/** Headers that brokers write: counts, and where a message has been. */
const BROKERS = /^x-(delivery-count|acquired-count|delay|death|stream-offset|(first|last)-death-.*|opt-.*)$/
const DELIVERY_COUNT = 'x-delivery-count'
const STREAM_OFFSET = 'x-stream-offset'

/** A message as the client library takes it. */
export interface Parcel {
  readonly exchange: string
  readonly routingKey: string
  readonly body: Buffer
  readonly options: Options.Publish
}

export function parcelOf(
  message: OutgoingMessage,
  exchange: string,
  routingKey: string,
  more: Headers,
  now: number,
): Parcel {
  const { headers, key, priority, expiresAt, notBefore, to, body } = message
  const table: Record<string, unknown> = {}
  const options: Options.Publish = { persistent: to === 'queue', mandatory: to === 'queue', headers: table }
  if (priority !== USUAL_PRIORITY) options.priority = priority
  // What is kept until it is due would expire there: whoever hands it out looks at its end.
  if (expiresAt !== null && notBefore === null) options.expiration = String(Math.max(0, expiresAt - now))
  fill(options, table, headers, key, more)
  return { exchange, routingKey, body: bufferOf(body), options }
}

export function parcelOfRecord(record: OutgoingRecord, exchange: string, routingKey: string): Parcel {
  const table: Record<string, unknown> = {}
  const options: Options.Publish = { persistent: true, mandatory: true, headers: table }
  const more: Record<string, string> = { [SENT_AT]: String(record.timestamp) }
  if (record.body === null) more[TOMBSTONE] = '1'
  fill(options, table, record.headers, record.key, more)
  return { exchange, routingKey, body: bufferOf(record.body ?? NOTHING), options }
}

const NOTHING = new Uint8Array(0)

function fill(
  options: Options.Publish,
  table: Record<string, unknown>,
  headers: Headers,
  key: string | null,
  more: Headers,
): void {
  for (const name in headers) {
    const value = headers[name]!
    const property = PROPERTIES[name as Property]
    // A character has 3 bytes at most.
    const isLong = value.length * 3 > LONGEST_PROPERTY && Buffer.byteLength(value) > LONGEST_PROPERTY
    if (property === undefined || isLong) table[name] = value
    else options[property] = value
  }
  for (const name in more) table[name] = more[name]
  if (key !== null) table[KEY] = key
  const sentAt = table[SENT_AT]
  if (sentAt !== undefined) options.timestamp = Math.floor(Number(sentAt) / 1000)
}

const USUAL: Record<string, unknown> = { [SENT_AT]: '' }

/**
 * A table of headers for the client library, good until the next call. It makes each a prototype while it writes the message, which costs more than
 * all else it does with it, but the first time only: so the usual one, in which nothing but one value differs, is always the same object.
 */
export function tableOf(headers: Options.Publish['headers']): Options.Publish['headers'] {
  for (const name in headers) if (name !== SENT_AT) return headers
  if (headers?.[SENT_AT] === undefined) return headers
  USUAL[SENT_AT] = headers[SENT_AT]
  return USUAL
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

const NOTHING_OWN: Headers = {}

/** A message as the SDK sees it. */
export interface Read {
  readonly body: Uint8Array
  readonly headers: Headers
  readonly key: string | null
  readonly redeliveries: number
  readonly sentAt: number | null
  readonly priority: number
  /** Headers of the engine's own. */
  readonly own: Headers
}

export function read({ content, properties, fields }: Message): Read {
  const headers: Record<string, string> = {}
  let own: Record<string, string> | null = null
  const table: Readonly<Record<string, unknown>> = properties.headers ?? {}
  let redeliveries = 0
  for (const name in table) {
    const text = textOf(table[name])
    if (text === null) continue
    if (OWN.has(name)) {
      own ??= {}
      own[name] = text
    } else if (name.startsWith('x-') && BROKERS.test(name)) {
      if (name === DELIVERY_COUNT) redeliveries = Number(text)
    } else headers[name.toLowerCase()] = text
  }
  for (const [name, property] of PROPERTY_NAMES) {
    const value: unknown = properties[property]
    if (typeof value === 'string') headers[name] = value
  }
  // A classic queue says only that it was handed out before.
  if (redeliveries === 0 && fields.redelivered && !(DELIVERY_COUNT in table)) redeliveries = 1
  const { timestamp, priority } = properties
  const sentAt = Number(headers[SENT_AT] ?? (typeof timestamp === 'number' ? timestamp * 1000 : Number.NaN))
  return {
    body: content,
    headers,
    key: own?.[KEY] ?? null,
    redeliveries,
    sentAt: Number.isNaN(sentAt) ? null : sentAt,
    priority: typeof priority === 'number' ? priority : USUAL_PRIORITY,
    own: own ?? NOTHING_OWN,
  }
}

/** Where a message is in its stream; -1 if it does not come from one. */
export function offsetOf({ properties }: Message): number {
  const offset: unknown = properties.headers?.[STREAM_OFFSET]
  return typeof offset === 'number' || typeof offset === 'bigint' ? Number(offset) : -1
}

export function readRecord(message: Message): IncomingRecord {
  const { headers: all, key, body, sentAt } = read(message)
  const { [TOMBSTONE]: tombstone, [SENT_AT]: _sentAt, ...headers } = all
  return {
    offset: offsetOf(message),
    key,
    body: tombstone === undefined ? body : null,
    headers,
    timestamp: sentAt ?? 0,
  }
}

/** Null for what is no text and no number. */
function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : null
}
