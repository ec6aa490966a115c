import { AmqpError, badProperties } from './amqp-error.ts'
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

/** `bytes[at, end)` is a header frame's payload. Reads all of its properties. */
export function decodeProperties(bytes: Uint8Array, at: number, end: number): Properties {
  const reader = new Reader(bytes, at + HEADER_FIXED, end)
  const values: Record<string, unknown> = {}
  try {
    const flags = reader.short()
    for (let i = 0; i < NAMES.length; i++) {
      if ((flags & (0x8000 >> i)) === 0) continue
      const name = NAMES[i]
      const type = PROPERTIES[name]
      values[name] = type === 'table' ? reader.table() : type === 'shortstr' ? reader.text() : reader[type]()
    }
    if (reader.at !== end) throw new CutShort()
  } catch (error) {
    if (error instanceof CutShort || error instanceof AmqpError) throw badProperties()
    throw error
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
