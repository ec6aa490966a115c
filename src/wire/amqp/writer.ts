import { unreachable } from '../../std/assert.ts'
import type { Field, Table } from './field.ts'
import { bytesOfEscaped, ESCAPED } from './text.ts'

const scratch = new DataView(new ArrayBuffer(8))

/** Lays AMQP's values one after the other in memory of its own, which grows as needed and is used again after `clear`. */
export class Writer {
  bytes: Buffer
  at = 0

  constructor(size = 512) {
    this.bytes = Buffer.allocUnsafeSlow(size)
  }

  clear(): void {
    this.at = 0
  }

  /** The bytes so far; they stay as they are only until the next `clear`. */
  written(): Uint8Array {
    return this.bytes.subarray(0, this.at)
  }

  /** Makes room for `length` bytes and returns where they go. */
  reserve(length: number): number {
    const at = this.at
    if (at + length > this.bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, at + length))
      grown.set(this.bytes.subarray(0, at))
      this.bytes = grown
    }
    this.at = at + length
    return at
  }

  octet(value: number): void {
    const at = this.reserve(1)
    this.bytes[at] = value
  }

  short(value: number): void {
    const at = this.reserve(2)
    this.bytes[at] = value >>> 8
    this.bytes[at + 1] = value
  }

  long(value: number): void {
    this.putLong(this.reserve(4), value)
  }

  /** Writes 32 bits at a place that was reserved before. */
  putLong(at: number, value: number): void {
    const b = this.bytes
    b[at] = value >>> 24
    b[at + 1] = value >>> 16
    b[at + 2] = value >>> 8
    b[at + 3] = value
  }

  longlong(value: number): void {
    this.long(Math.floor(value / 2 ** 32))
    this.long(value % 2 ** 32)
  }

  raw(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length)
    this.bytes.set(bytes, at)
  }

  /** Text of at most 255 bytes; what is beyond is cut off at a whole character. */
  shortstr(text: string): void {
    if (ESCAPED.test(text)) {
      const bytes = bytesOfEscaped(text)
      this.octet(bytes.length)
      this.raw(bytes)
      return
    }
    const size = Buffer.byteLength(text)
    const at = this.reserve(1 + Math.min(size, 255))
    const length = this.bytes.write(text, at + 1, Math.min(size, 255), 'utf8')
    this.bytes[at] = length
    this.at = at + 1 + length
  }

  longstr(text: string | Uint8Array): void {
    if (typeof text !== 'string') {
      this.long(text.length)
      this.raw(text)
      return
    }
    const length = Buffer.byteLength(text)
    this.long(length)
    const at = this.reserve(length)
    this.bytes.write(text, at, length, 'utf8')
  }

  table(table: Table): void {
    const length = this.reserve(4)
    for (const [key, value] of table) {
      this.shortstr(key)
      this.field(value)
    }
    this.putLong(length, this.at - length - 4)
  }

  field(field: Field): void {
    this.octet(field.type.charCodeAt(0))
    switch (field.type) {
      case 't':
        this.octet(field.value ? 1 : 0)
        break
      case 'b':
      case 'B':
        this.octet(field.value)
        break
      case 's':
      case 'u':
        this.short(field.value)
        break
      case 'I':
      case 'i':
        this.long(field.value)
        break
      case 'l':
      case 'L':
      case 'T':
        this.wide(field.value)
        break
      case 'f':
        scratch.setFloat32(0, field.value)
        this.raw(new Uint8Array(scratch.buffer, 0, 4))
        break
      case 'd':
        scratch.setFloat64(0, field.value)
        this.raw(new Uint8Array(scratch.buffer, 0, 8))
        break
      case 'D':
        this.octet(field.value.scale)
        this.long(field.value.digits)
        break
      case 'S':
      case 'x':
        this.longstr(field.value)
        break
      case 'A':
        this.array(field.value)
        break
      case 'F':
        this.table(field.value)
        break
      case 'V':
        break
      default:
        unreachable(field)
    }
  }

  private array(values: readonly Field[]): void {
    const length = this.reserve(4)
    for (const value of values) this.field(value)
    this.putLong(length, this.at - length - 4)
  }

  private wide(value: number | bigint): void {
    scratch.setBigInt64(0, BigInt.asIntN(64, BigInt(value)))
    this.raw(new Uint8Array(scratch.buffer, 0, 8))
  }
}
