import { getU32 } from '../../std/bytes.ts'
import { FRAME_OVERHEAD, FRAME_PREFIX } from '../../wire/amqp/frame.ts'
import { decodeProperties, type Properties } from '../../wire/amqp/properties.ts'
import { Reader } from '../../wire/amqp/reader.ts'
import { Writer } from '../../wire/amqp/writer.ts'
import type { Message } from '../queue/publish.ts'

const DELIVERY_MODE_PERSISTENT = 2

/** A message as an exchange keeps it: its further routing keys, then what a queue would have stored. */
export interface KeptMessage {
  readonly more: readonly string[]
  readonly key: string
  readonly properties: Properties
  /** All of it but the further routing keys. */
  readonly message: Message
  /** Where in `message.bytes` the header frame begins, and where it ends. */
  readonly header: number
  readonly headerEnd: number
}

const keys = new Writer()

/** Further routing keys as a kept message begins with them; good until the next call. */
export function writeKeys(more: readonly string[]): Uint8Array {
  keys.clear()
  keys.short(more.length)
  for (const key of more) keys.longstr(key)
  return keys.written()
}

/** `bytes` are a kept message's own. `now` is when its expiration begins. */
export function readKept(bytes: Uint8Array, now: number): KeptMessage {
  const reader = new Reader(bytes, 0, bytes.length)
  const count = reader.short()
  const more: string[] = []
  for (let i = 0; i < count; i++) more.push(String(reader.longstr()))
  const keysAt = reader.at
  reader.text()
  const key = reader.text()
  const contentAt = reader.at
  const header = contentAt + 1
  const headerEnd = header + FRAME_OVERHEAD + getU32(bytes, header + 3)
  const properties = decodeProperties(bytes, header + FRAME_PREFIX, headerEnd - 1)
  const message = {
    bytes,
    keysAt,
    keysLength: contentAt - keysAt,
    contentAt,
    contentLength: bytes.length - contentAt,
    persistent: properties.deliveryMode === DELIVERY_MODE_PERSISTENT,
    expiry: properties.expiration === undefined ? 0 : now + Number(properties.expiration),
    priority: properties.priority ?? -1,
  }
  return { more, key, properties, message, header, headerEnd }
}
