import { AmqpError } from './amqp-error.ts'
import type { Table } from './field.ts'
import { HEADER_FIXED } from './frame.ts'
import { CutShort, Reader } from './reader.ts'
import type { Writer } from './writer.ts'

/** The basic class's properties in the order of their flags, from bit 15 down. */
export const PROPERTIES = {
  contentType: 'shortstr',
  contentEncoding: 'shortstr',
  headers: 'table',
  deliveryMode: 'octet',
  priority: 'octet',
  correlationId: 'shortstr',
  replyTo: 'shortstr',
  expiration: 'shortstr',
  messageId: 'shortstr',
  timestamp: 'longlong',
  type: 'shortstr',
  userId: 'shortstr',
  appId: 'shortstr',
  clusterId: 'shortstr',
} as const

interface PropertyTypes {
  readonly shortstr: string
  readonly octet: number
  readonly longlong: number
  readonly table: Table
}

export type Properties = {
  readonly [Name in keyof typeof PROPERTIES]?: PropertyTypes[(typeof PROPERTIES)[Name]] | undefined
}

const NAMES = Object.keys(PROPERTIES) as readonly (keyof Properties)[]

/** The flag of a property, as in the first two bytes of the property flags. */
export const FLAG_HEADERS = 0x2000
export const FLAG_DELIVERY_MODE = 0x1000
export const FLAG_PRIORITY = 0x0800
export const FLAG_CORRELATION_ID = 0x0400
export const FLAG_REPLY_TO = 0x0200
export const FLAG_EXPIRATION = 0x0100
export const FLAG_USER_ID = 0x0010
/** Bits that no property of basic has; the last would announce a further word of flags. */
const FLAGS_UNKNOWN = 0x0003

/** `bytes[at, end)` is a header frame's payload. Reads all of its properties. */
export function decodeProperties(bytes: Uint8Array, at: number, end: number): Properties {
  const reader = new Reader(bytes, at + HEADER_FIXED, end)
  const values: Record<string, unknown> = {}
  try {
    const flags = reader.short()
    if ((flags & FLAGS_UNKNOWN) !== 0) throw new CutShort()
    for (let i = 0; i < NAMES.length; i++) {
      if ((flags & (0x8000 >> i)) === 0) continue
      const name = NAMES[i]
      const type = PROPERTIES[name]
      values[name] = type === 'table' ? reader.table() : reader[type]()
    }
    if (reader.at !== end) throw new CutShort()
  } catch (error) {
    if (!(error instanceof CutShort)) throw error
    throw new AmqpError('internal-error')
  }
  return values as Properties
}

/** Appends a header frame's payload. */
export function writeHeader(writer: Writer, classId: number, bodySize: number, properties: Properties): void {
  writer.short(classId)
  writer.short(0)
  writer.longlong(bodySize)
  const flagsAt = writer.reserve(2)
  let flags = 0
  for (let i = 0; i < NAMES.length; i++) {
    const name = NAMES[i]
    const value = properties[name]
    if (value === undefined) continue
    flags |= 0x8000 >> i
    if (typeof value === 'string') writer.shortstr(value)
    else if (typeof value !== 'number') writer.table(value)
    else if (PROPERTIES[name] === 'octet') writer.octet(value)
    else writer.longlong(value)
  }
  writer.bytes[flagsAt] = flags >>> 8
  writer.bytes[flagsAt + 1] = flags
}

/**
 * Where a property's value begins in a header frame's payload `bytes[at, end)`, without decoding the others; -1 if it is not
 * there or the payload is too short for it. `flag` is the property's own.
 */
export function findProperty(bytes: Uint8Array, at: number, end: number, flag: number): number {
  const flags = (bytes[at + HEADER_FIXED] << 8) | bytes[at + HEADER_FIXED + 1]
  if ((flags & flag) === 0) return -1
  let place = at + HEADER_FIXED + 2
  for (let bit = 0x8000; bit > flag; bit >>= 1) {
    if ((flags & bit) === 0) continue
    if (bit === FLAG_DELIVERY_MODE || bit === FLAG_PRIORITY) place += 1
    else if (bit === 0x0040) place += 8
    else if (bit === FLAG_HEADERS) {
      if (place + 4 > end) return -1
      place += 4 + (bytes[place] * 2 ** 24 + ((bytes[place + 1] << 16) | (bytes[place + 2] << 8) | bytes[place + 3]))
    } else {
      if (place >= end) return -1
      place += 1 + bytes[place]
    }
    if (place > end) return -1
  }
  return place < end ? place : -1
}
