import { badProperties } from './amqp-error.ts'
import { HEADER_FIXED } from './frame.ts'
import { TABLE_DEPTH_LIMIT } from './reader.ts'

const CONTENT_TYPE = 0x8000
const CONTENT_ENCODING = 0x4000
const HEADERS = 0x2000
const DELIVERY_MODE = 0x1000
const PRIORITY = 0x0800
const CORRELATION_ID = 0x0400
const REPLY_TO = 0x0200
const EXPIRATION = 0x0100
const MESSAGE_ID = 0x0080
const TIMESTAMP = 0x0040
const TYPE = 0x0020
const USER_ID = 0x0010
const APP_ID = 0x0008
const CLUSTER_ID = 0x0004

/** What the broker wants to know of a message's properties. Places are of the value's first byte, -1 without one. */
export class HeaderFacts {
  deliveryMode = 0
  /** -1 without one. */
  priority = -1
  headersAt = -1
  replyToAt = -1
  expirationAt = -1
  userIdAt = -1
  /** Whether the headers have CC or BCC: further routing keys. */
  copies = false
}

/**
 * Looks through a header frame's payload `b[at, end)` without making anything of it. What passes here can be decoded without an
 * error later. The two lowest flags stand for no property of basic: as in RabbitMQ they mean nothing.
 */
export function skimHeader(b: Uint8Array, at: number, end: number, facts: HeaderFacts): void {
  let p = at + HEADER_FIXED + 2
  if (p > end) throw badProperties()
  const flags = (b[p - 2] << 8) | b[p - 1]
  facts.deliveryMode = 0
  facts.priority = -1
  facts.headersAt = -1
  facts.replyToAt = -1
  facts.expirationAt = -1
  facts.userIdAt = -1
  facts.copies = false
  if ((flags & (CONTENT_TYPE | CONTENT_ENCODING | HEADERS)) !== 0) {
    if ((flags & CONTENT_TYPE) !== 0) p = past(b, p, end)
    if ((flags & CONTENT_ENCODING) !== 0) p = past(b, p, end)
    if ((flags & HEADERS) !== 0) p = skimHeaders(b, p, end, facts)
  }
  if ((flags & DELIVERY_MODE) !== 0) facts.deliveryMode = b[p++]
  if ((flags & PRIORITY) !== 0) facts.priority = b[p++]
  if ((flags & 0x07fc) !== 0) p = skimRest(b, p, end, flags, facts)
  if (p !== end) throw badProperties()
}

function skimHeaders(b: Uint8Array, p: number, end: number, facts: HeaderFacts): number {
  facts.headersAt = p
  if (end - p < 4) throw badProperties()
  const last = p + 4 + u32(b, p)
  if (last > end) throw badProperties()
  facts.copies = skimTable(b, p + 4, last, 0)
  return last
}

function skimRest(b: Uint8Array, from: number, end: number, flags: number, facts: HeaderFacts): number {
  let p = from
  if ((flags & CORRELATION_ID) !== 0) p = past(b, p, end)
  if ((flags & REPLY_TO) !== 0) {
    facts.replyToAt = p
    p = past(b, p, end)
  }
  if ((flags & EXPIRATION) !== 0) {
    facts.expirationAt = p
    p = past(b, p, end)
  }
  if ((flags & MESSAGE_ID) !== 0) p = past(b, p, end)
  if ((flags & TIMESTAMP) !== 0) p += 8
  if ((flags & TYPE) !== 0) p = past(b, p, end)
  if ((flags & USER_ID) !== 0) {
    facts.userIdAt = p
    p = past(b, p, end)
  }
  if ((flags & APP_ID) !== 0) p = past(b, p, end)
  if ((flags & CLUSTER_ID) !== 0) p = past(b, p, end)
  return p
}

/** The place behind the short string at `p`, beyond `end` if that is not there: it stays beyond, and the caller sees it. */
function past(b: Uint8Array, p: number, end: number): number {
  return p < end ? p + 1 + b[p] : end + 1
}

function u32(b: Uint8Array, at: number): number {
  return ((b[at] << 24) | (b[at + 1] << 16) | (b[at + 2] << 8) | b[at + 3]) >>> 0
}

/** 1 + the bytes of a value by its type letter; 0: no such type, 255: its length stands before it. */
const SIZES = new Uint8Array(256)
for (const [letters, size] of [
  ['V', 1],
  ['tbB', 2],
  ['su', 3],
  ['Iif', 5],
  ['D', 6],
  ['lLTd', 9],
  ['SxAF', 255],
] as const) {
  for (const letter of letters) SIZES[letter.charCodeAt(0)] = size
}

const FLOAT = 'f'.charCodeAt(0)
const DOUBLE = 'd'.charCodeAt(0)
const ARRAY = 'A'.charCodeAt(0)
const TABLE = 'F'.charCodeAt(0)

/** Whether the table has a key CC or BCC; anything wrong in it is malformed. */
function skimTable(b: Uint8Array, at: number, end: number, depth: number): boolean {
  let copies = false
  let p = at
  while (p < end) {
    const length = b[p]
    const key = p + 1
    p = key + length
    if (p >= end) throw badProperties()
    if (length === 2 && b[key] === 0x43 && b[key + 1] === 0x43) copies = true
    if (length === 3 && b[key] === 0x42 && b[key + 1] === 0x43 && b[key + 2] === 0x43) copies = true
    p = skimField(b, p, end, depth)
  }
  return copies
}

/** The place behind the value whose type letter is at `at`. */
export function skimField(b: Uint8Array, at: number, end: number, depth: number): number {
  const type = b[at]
  const size = SIZES[type]
  if (size === 0) throw badProperties()
  if (size < 255) {
    if (at + size > end) throw badProperties()
    const infinite =
      (type === FLOAT && (b[at + 1] & 0x7f) === 0x7f && b[at + 2] >= 0x80) ||
      (type === DOUBLE && (b[at + 1] & 0x7f) === 0x7f && b[at + 2] >= 0xf0)
    if (infinite) throw badProperties()
    return at + size
  }
  const from = at + 5
  const last = from > end ? from : from + u32(b, at + 1)
  if (last > end) throw badProperties()
  if (type === ARRAY || type === TABLE) {
    if (depth >= TABLE_DEPTH_LIMIT) throw badProperties()
    if (type === TABLE) skimTable(b, from, last, depth + 1)
    else for (let p = from; p < last; ) p = skimField(b, p, last, depth + 1)
  }
  return last
}
