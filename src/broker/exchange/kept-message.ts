import { afterDelay, DELAY } from '../../core/exchange/delayed.ts'
import { getU16, getU32 } from '../../std/bytes.ts'
import { EMPTY_TABLE } from '../../wire/amqp/field.ts'
import { findField } from '../../wire/amqp/find-field.ts'
import { CLASS_BASIC, FRAME_END, FRAME_HEADER, FRAME_OVERHEAD, FRAME_PREFIX } from '../../wire/amqp/frame.ts'
import { decodeProperties, writeHeader } from '../../wire/amqp/properties.ts'
import { Reader } from '../../wire/amqp/reader.ts'
import { HeaderFacts, skimHeader } from '../../wire/amqp/skim.ts'
import { Writer } from '../../wire/amqp/writer.ts'
import type { Message } from '../queue/message.ts'
import { LazyHeaders } from './lazy-headers.ts'

const DELIVERY_MODE_PERSISTENT = 2

/** A message as an exchange keeps it: its further routing keys, then what a queue would have stored. */
export interface KeptMessage {
  readonly more: readonly string[]
  readonly key: string
  /** All of it but the further routing keys. */
  readonly message: Message
  /** Good until the next message is read. */
  readonly headers: LazyHeaders
}

const keys = new Writer()
const writer = new Writer()
const facts = new HeaderFacts()
const lazy = new LazyHeaders()

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
  reader.skip(reader.octet())
  const key = reader.text()
  const contentAt = reader.at
  const payload = contentAt + 1 + FRAME_PREFIX
  const end = payload + getU32(bytes, contentAt + 4)
  skimHeader(bytes, payload, end, facts)
  lazy.set(bytes, facts.headersAt, payload, end)
  const message = {
    bytes,
    keysAt,
    keysLength: contentAt - keysAt,
    contentAt,
    contentLength: bytes.length - contentAt,
    persistent: facts.deliveryMode === DELIVERY_MODE_PERSISTENT,
    expiry: facts.expirationAt < 0 ? 0 : now + Number(new Reader(bytes, facts.expirationAt, end).text()),
    priority: facts.priority,
  }
  return { more, key, message, headers: lazy }
}

/** As `readKept`, with its delay negated in the headers; `bytes` may be changed, and the result is good until the next call. */
export function readDelayed(bytes: Uint8Array, now: number): KeptMessage {
  const kept = readKept(bytes, now)
  const at = facts.headersAt < 0 ? -1 : findField(bytes, facts.headersAt, DELAY)
  const size = at < 0 ? 0 : (SIGNED[String.fromCharCode(bytes[at]!)] ?? 0)
  if (size > 0) {
    negate(bytes, at + 1, size)
    return kept
  }
  return rewrite(kept)
}

/** Bytes of the signed whole numbers, by their type letters. */
const SIGNED: Readonly<Record<string, number>> = { b: 1, s: 2, I: 4, l: 8, L: 8 }

/** Two's complement, where it stands. */
function negate(bytes: Uint8Array, at: number, size: number): void {
  let carry = 1
  for (let i = at + size - 1; i >= at; i--) {
    const sum = (~bytes[i]! & 0xff) + carry
    bytes[i] = sum
    carry = sum >> 8
  }
}

/** The delay is written as another type of number: the header frame is made anew. */
function rewrite(kept: KeptMessage): KeptMessage {
  const { bytes, keysAt, keysLength, contentAt } = kept.message
  const header = contentAt + 1
  const payload = header + FRAME_PREFIX
  const end = payload + getU32(bytes, header + 3)
  const before = decodeProperties(bytes, payload, end)
  writer.clear()
  writer.raw(bytes.subarray(keysAt, keysAt + keysLength))
  writer.octet(FRAME_END)
  writer.octet(FRAME_HEADER)
  writer.short(getU16(bytes, header + 1))
  const sizeAt = writer.reserve(4)
  const bodySize = getU32(bytes, payload + 4) * 2 ** 32 + getU32(bytes, payload + 8)
  writeHeader(writer, CLASS_BASIC, bodySize, { ...before, headers: afterDelay(before.headers ?? EMPTY_TABLE) })
  writer.putLong(sizeAt, writer.at - sizeAt - 4)
  const written = writer.at
  writer.octet(FRAME_END)
  writer.raw(bytes.subarray(end + FRAME_OVERHEAD - FRAME_PREFIX))
  skimHeader(writer.bytes, sizeAt + 4, written, facts)
  lazy.set(writer.bytes, facts.headersAt, sizeAt + 4, written)
  const message = {
    ...kept.message,
    bytes: writer.bytes,
    keysAt: 0,
    contentAt: keysLength,
    contentLength: writer.at - keysLength,
  }
  return { ...kept, message }
}
