import { broken } from '../../std/assert.ts'
import type { Slice } from './schema.ts'

/** What the length of a string in a version that is not flexible can say. */
const MAX_STRING = 0x7fff

/**
 * Writes Kafka's primitive types into a buffer that grows. Records are not copied: `pieces` remembers where in the buffer they belong, and
 * whoever sends the message copies them straight from where they are.
 */
export class Writer {
  bytes: Uint8Array
  at = 0
  /** Foreign bytes, in order: `piece.slice` comes before the buffer's byte `piece.before`. */
  readonly pieces: { before: number; slice: Slice }[] = []
  private foreign = 0
  private view: DataView

  constructor(capacity = 4096) {
    this.bytes = new Uint8Array(capacity)
    this.view = new DataView(this.bytes.buffer)
  }

  /** Empties it, for the next message. */
  reset(): this {
    this.at = 0
    this.pieces.length = 0
    this.foreign = 0
    return this
  }

  /** Bytes of the message, records included. */
  get length(): number {
    return this.at + this.foreign
  }

  private room(length: number): number {
    const at = this.at
    if (at + length > this.bytes.length) this.grow(at + length)
    this.at = at + length
    return at
  }

  private grow(least: number): void {
    const grown = new Uint8Array(Math.max(least, this.bytes.length * 2))
    grown.set(this.bytes.subarray(0, this.at))
    this.bytes = grown
    this.view = new DataView(grown.buffer)
  }

  /** The whole message in one array of its own: for tests and for data kept inside other data. */
  joined(): Uint8Array {
    const whole = new Uint8Array(this.length)
    this.copyTo(whole, 0)
    return whole
  }

  /** Copies the whole message, records in their places; returns where it ends. */
  copyTo(to: Uint8Array, at: number): number {
    let from = 0
    for (const { before, slice } of this.pieces) {
      to.set(this.bytes.subarray(from, before), at)
      at += before - from
      to.set(slice.bytes.subarray(slice.at, slice.at + slice.length), at)
      at += slice.length
      from = before
    }
    to.set(this.bytes.subarray(from, this.at), at)
    return at + this.at - from
  }

  bool(value: boolean): void {
    const at = this.room(1)
    this.bytes[at] = value ? 1 : 0
  }

  int8(value: number): void {
    const at = this.room(1)
    this.bytes[at] = value
  }

  int16(value: number): void {
    const at = this.room(2)
    this.bytes[at] = value >> 8
    this.bytes[at + 1] = value
  }

  uint16(value: number): void {
    this.int16(value)
  }

  int32(value: number): void {
    const at = this.room(4)
    const b = this.bytes
    b[at] = value >> 24
    b[at + 1] = value >> 16
    b[at + 2] = value >> 8
    b[at + 3] = value
  }

  /** Writes over an int32 that was written before. */
  patchInt32(at: number, value: number): void {
    const end = this.at
    this.at = at
    this.int32(value)
    this.at = end
  }

  uint32(value: number): void {
    this.int32(value | 0)
  }

  int64(value: number): void {
    this.int32(Math.floor(value / 0x100000000))
    this.int32(value | 0)
  }

  wide64(value: bigint): void {
    const at = this.room(8)
    this.view.setBigInt64(at, value)
  }

  float64(value: number): void {
    const at = this.room(8)
    this.view.setFloat64(at, value)
  }

  uvarint(value: number): void {
    while (value >= 0x80) {
      this.int8((value & 0x7f) | 0x80)
      value >>>= 7
    }
    this.int8(value)
  }

  uuid(value: string): void {
    const at = this.room(16)
    const written = Buffer.prototype.base64urlWrite.call(this.bytes, value, at, 16)
    if (written !== 16) broken(`not a uuid: ${value}`)
  }

  private text(value: string, length: number): void {
    const at = this.room(length)
    const written = Buffer.prototype.utf8Write.call(this.bytes, value, at, length)
    // Where a string was cut in a character, bytes are left over.
    if (written < length) this.bytes.fill(0, at + written, at + length)
  }

  string(value: string | null): void {
    if (value === null) {
      this.int16(-1)
      return
    }
    // A flexible request may bring a longer one, and an old one ask for it: its end is cut off.
    const length = Math.min(Buffer.byteLength(value), MAX_STRING)
    this.int16(length)
    this.text(value, length)
  }

  compactString(value: string | null): void {
    if (value === null) {
      this.int8(0)
      return
    }
    const length = Buffer.byteLength(value)
    this.uvarint(length + 1)
    this.text(value, length)
  }

  /** Bytes as they are. */
  raw(value: Uint8Array): void {
    const at = this.room(value.length)
    this.bytes.set(value, at)
  }

  bytesField(value: Uint8Array | null): void {
    if (value === null) {
      this.int32(-1)
      return
    }
    this.int32(value.length)
    this.raw(value)
  }

  compactBytes(value: Uint8Array | null): void {
    if (value === null) {
      this.int8(0)
      return
    }
    this.uvarint(value.length + 1)
    this.raw(value)
  }

  private piece(records: Slice): void {
    for (let slice: Slice | undefined = records; slice !== undefined; slice = slice.next) {
      if (slice.length === 0) continue
      this.pieces.push({ before: this.at, slice })
      this.foreign += slice.length
    }
  }

  records(value: Slice | null): void {
    if (value === null) {
      this.int32(-1)
      return
    }
    this.int32(lengthOf(value))
    this.piece(value)
  }

  compactRecords(value: Slice | null): void {
    if (value === null) {
      this.int8(0)
      return
    }
    this.uvarint(lengthOf(value) + 1)
    this.piece(value)
  }

  count(value: number): void {
    this.int32(value)
  }

  compactCount(value: number): void {
    this.uvarint(value + 1)
  }

  /** Writes a tagged field: its number, its size, and what `write` writes. */
  tagged(tag: number, write: () => void): void {
    this.uvarint(tag)
    const start = this.at
    write()
    const size = this.at - start
    const head = size < 0x80 ? 1 : size < 0x4000 ? 2 : size < 0x200000 ? 3 : size < 0x10000000 ? 4 : 5
    this.room(head)
    this.bytes.copyWithin(start + head, start, start + size)
    this.at = start
    this.uvarint(size)
    this.at = start + head + size
  }
}

function lengthOf(records: Slice): number {
  let length = 0
  for (let slice: Slice | undefined = records; slice !== undefined; slice = slice.next) length += slice.length
  return length
}
