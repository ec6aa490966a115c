import { isUtf8 } from 'node:buffer'
import { AmqpError, malformed } from './amqp-error.ts'
import type { Field, Table } from './field.ts'
import { ESCAPED, textOf } from './text.ts'

/** Tables and arrays within tables within … end here: a client chooses the depth, the stack is ours. */
export const TABLE_DEPTH_LIMIT = 64

const scratch = new DataView(new ArrayBuffer(8))

/** Bytes ran out before the value was complete. Caught where the whole is known, for the error's text. */
export class CutShort extends Error {}

/** Takes AMQP's values from `bytes[at, end)`, one after the other. Nothing it returns points into `bytes`. */
export class Reader {
  bytes: Uint8Array
  at: number
  end: number

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes
    this.at = at
    this.end = end
  }

  /** Moves past `length` bytes and returns where they start. */
  skip(length: number): number {
    const at = this.at
    if (length > this.end - at) throw new CutShort(`${length} bytes wanted, ${this.end - at} there`)
    this.at = at + length
    return at
  }

  octet(): number {
    return this.bytes[this.skip(1)]
  }

  short(): number {
    const at = this.skip(2)
    return (this.bytes[at] << 8) | this.bytes[at + 1]
  }

  long(): number {
    const at = this.skip(4)
    const b = this.bytes
    return ((b[at] << 24) | (b[at + 1] << 16) | (b[at + 2] << 8) | b[at + 3]) >>> 0
  }

  /** 64 bits, unsigned; beyond 2^53 the nearest number. */
  longlong(): number {
    const high = this.long()
    return high * 2 ** 32 + this.long()
  }

  private copy(length: number): Uint8Array {
    const at = this.skip(length)
    return new Uint8Array(this.bytes.subarray(at, at + length))
  }

  /** Text of at most 255 bytes, which must be UTF-8. */
  shortstr(): string {
    const text = this.text()
    if (ESCAPED.test(text)) throw new AmqpError('frame-error', 'Malformed UTF-8 in shortstr', { anonymous: true })
    return text
  }

  /** Text of at most 255 bytes, as properties and the keys of tables have it: see `textOf`. */
  text(): string {
    const length = this.octet()
    const at = this.skip(length)
    return textOf(Buffer.from(this.bytes.buffer, this.bytes.byteOffset + at, length))
  }

  /** A string where the bytes are UTF-8, a copy of the bytes where not. */
  longstr(): string | Uint8Array {
    const length = this.long()
    const at = this.skip(length)
    const bytes = Buffer.from(this.bytes.buffer, this.bytes.byteOffset + at, length)
    return isUtf8(bytes) ? bytes.toString('utf8') : new Uint8Array(this.bytes.subarray(at, at + length))
  }

  /** A field table with its length. A length beyond the bytes is `CutShort`; anything wrong inside closes the socket. */
  table(depth = 0): Table {
    const length = this.long()
    const from = this.skip(length)
    return new Reader(this.bytes, from, from + length).fields(depth)
  }

  private fields(depth: number): Table {
    const table = new Map<string, Field>()
    try {
      while (this.at < this.end) {
        const key = this.text()
        table.set(key, this.field(depth))
      }
    } catch (error) {
      throw error instanceof CutShort ? malformed('a field table ends within a value') : error
    }
    return table
  }

  private array(depth: number): Field[] {
    const length = this.long()
    const from = this.skip(length)
    const inner = new Reader(this.bytes, from, from + length)
    const values: Field[] = []
    while (inner.at < inner.end) values.push(inner.field(depth))
    return values
  }

  /** One value with its type letter. */
  field(depth: number): Field {
    const type = String.fromCharCode(this.octet()) as Field['type']
    switch (type) {
      case 't':
        return { type, value: this.octet() !== 0 }
      case 'b':
        return { type, value: (this.octet() << 24) >> 24 }
      case 'B':
        return { type, value: this.octet() }
      case 's':
        return { type, value: (this.short() << 16) >> 16 }
      case 'u':
        return { type, value: this.short() }
      case 'I':
        return { type, value: this.long() | 0 }
      case 'i':
        return { type, value: this.long() }
      case 'l':
      case 'L':
      case 'T':
        return { type, value: this.wide(type !== 'T') }
      case 'f':
      case 'd':
        return { type, value: this.floating(type === 'f' ? 4 : 8) }
      case 'D':
        return { type, value: { scale: this.octet(), digits: this.long() } }
      case 'S':
        return { type, value: this.longstr() }
      case 'x':
        return { type, value: this.copy(this.long()) }
      case 'V':
        return { type, value: null }
      case 'A':
      case 'F':
        if (depth >= TABLE_DEPTH_LIMIT) throw malformed(`a field table deeper than ${TABLE_DEPTH_LIMIT}`)
        return type === 'A' ? { type, value: this.array(depth + 1) } : { type, value: this.table(depth + 1) }
    }
    throw malformed(`a field table has a value of the unknown type ${JSON.stringify(type)}`)
  }

  private wide(signed: boolean): number | bigint {
    const high = this.long()
    const low = this.long()
    const near = (signed ? high | 0 : high) * 2 ** 32 + low
    if (Number.isSafeInteger(near)) return near
    return (BigInt(signed ? high | 0 : high) << 32n) | BigInt(low)
  }

  /** NaN and the infinities are malformed, as they are to RabbitMQ: no Erlang float has those bits. */
  private floating(size: 4 | 8): number {
    const at = this.skip(size)
    for (let i = 0; i < size; i++) scratch.setUint8(i, this.bytes[at + i])
    const value = size === 4 ? scratch.getFloat32(0) : scratch.getFloat64(0)
    if (!Number.isFinite(value)) throw malformed('a field table has a number that is not finite')
    return value
  }
}
