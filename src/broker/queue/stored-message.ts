import { getU16, getU32 } from '../../std/bytes.ts'
import { AmqpError } from '../../wire/amqp/amqp-error.ts'
import { CLASS_BASIC, FRAME_END, FRAME_HEADER, FRAME_OVERHEAD, FRAME_PREFIX } from '../../wire/amqp/frame.ts'
import { decodeProperties, type Properties, writeHeader } from '../../wire/amqp/properties.ts'
import { Reader } from '../../wire/amqp/reader.ts'
import type { Writer } from '../../wire/amqp/writer.ts'

/** Where the parts of a stored message lie: see message-record.ts. */
export interface Stored {
  readonly bytes: Uint8Array
  readonly exchange: string
  readonly key: string
  /** The channel in its header frame. */
  readonly channel: number
  readonly properties: Properties
  readonly bodySize: number
  /** Where the body frames begin, and end. */
  readonly body: number
  readonly end: number
}

/** Null if its properties are not what they should be, which nobody has looked at before. */
export function readStored(bytes: Uint8Array, at: number, end: number): Stored | null {
  const reader = new Reader(bytes, at, end)
  try {
    const exchange = reader.shortstr()
    const key = reader.shortstr()
    const frame = reader.at + 1
    const payload = frame + FRAME_PREFIX
    const last = payload + getU32(bytes, frame + 3)
    return {
      bytes,
      exchange,
      key,
      channel: getU16(bytes, frame + 1),
      properties: decodeProperties(bytes, payload, last),
      bodySize: getU32(bytes, payload + 4) * 2 ** 32 + getU32(bytes, payload + 8),
      body: last + FRAME_OVERHEAD - FRAME_PREFIX,
      end,
    }
  } catch (error) {
    if (error instanceof AmqpError) return null
    throw error
  }
}

/** Leaves a stored message in `writer`: that body with other keys and properties. Returns the length of exchange and key. */
export function writeStored(
  writer: Writer,
  stored: Stored,
  as: { readonly exchange: string; readonly key: string; readonly channel: number; readonly properties: Properties },
): number {
  writer.clear()
  writer.shortstr(as.exchange)
  writer.shortstr(as.key)
  const keysLength = writer.at
  writer.octet(FRAME_END)
  writer.octet(FRAME_HEADER)
  writer.short(as.channel)
  const size = writer.reserve(4)
  writeHeader(writer, CLASS_BASIC, stored.bodySize, as.properties)
  writer.putLong(size, writer.at - size - 4)
  writer.octet(FRAME_END)
  writer.raw(stored.bytes.subarray(stored.body, stored.end))
  return keysLength
}
