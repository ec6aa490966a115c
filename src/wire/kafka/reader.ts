import { ErrorCode, KafkaError } from './errors.ts'
import type { Slice } from './schema.ts'

/** Elements that the arrays of one message may have together: a client must not turn small bytes into a large heap. */
export const MAX_ELEMENTS = 1_000_000
const SAFE_HIGH = 0x1fffff

/**
 * Reads Kafka's primitive types from `bytes[at, end)`. It never looks past `end`: a length or count that lies is
 * a KafkaError(INVALID_REQUEST), and nothing is allocated by a size that was not checked.
 */
export class Reader {
  bytes: Uint8Array = new Uint8Array(0)
  at = 0
  end = 0
  private elements = 0

  constructor(bytes?: Uint8Array, at = 0, end = bytes?.length ?? 0) {
    if (bytes !== undefined) this.over(bytes, at, end)
  }

  /** Starts on another run of bytes. */
  over(bytes: Uint8Array, at: number, end: number): this {
    this.bytes = bytes
    this.at = at
    this.end = end
    this.elements = 0
    return this
  }

  private take(length: number): number {
    const at = this.at
    if (length > this.end - at) malformed('the message ends too early')
    this.at = at + length
    return at
  }

  bool(): boolean {
    return this.bytes[this.take(1)] !== 0
  }

  int8(): number {
    return (this.bytes[this.take(1)]! << 24) >> 24
  }

  int16(): number {
    const at = this.take(2)
    return (((this.bytes[at]! << 8) | this.bytes[at + 1]!) << 16) >> 16
  }

  uint16(): number {
    const at = this.take(2)
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!
  }

  int32(): number {
    const at = this.take(4)
    const b = this.bytes
    return (b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!
  }

  uint32(): number {
    return this.int32() >>> 0
  }

  int64(): number {
    const high = this.int32()
    const low = this.int32() >>> 0
    if (high > SAFE_HIGH || high < -SAFE_HIGH - 1) malformed('an integer beyond 2^53')
    return high * 0x100000000 + low
  }

  wide64(): bigint {
    const high = this.int32()
    return (BigInt(high) << 32n) | BigInt(this.uint32())
  }

  float64(): number {
    const at = this.take(8)
    return new DataView(this.bytes.buffer, this.bytes.byteOffset + at, 8).getFloat64(0)
  }

  /** An unsigned variable-length integer of at most 32 bits. */
  uvarint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes[this.take(1)]!
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    return malformed('a variable-length integer of more than five bytes')
  }

  uuid(): string {
    const at = this.take(16)
    return Buffer.prototype.base64urlSlice.call(this.bytes, at, at + 16)
  }

  private text(length: number): string {
    const at = this.take(length)
    return Buffer.prototype.utf8Slice.call(this.bytes, at, at + length)
  }

  string(): string {
    return this.text(present(this.int16()))
  }

  stringOrNull(): string | null {
    const length = this.int16()
    return length < 0 ? null : this.text(length)
  }

  compactString(): string {
    return this.text(present(this.uvarint() - 1))
  }

  compactStringOrNull(): string | null {
    const length = this.uvarint() - 1
    return length < 0 ? null : this.text(length)
  }

  /** Bytes of their own, so that they outlive the request. */
  private copied(length: number): Uint8Array {
    const at = this.take(length)
    return this.bytes.slice(at, at + length)
  }

  bytesField(): Uint8Array {
    return this.copied(present(this.int32()))
  }

  bytesOrNull(): Uint8Array | null {
    const length = this.int32()
    return length < 0 ? null : this.copied(length)
  }

  compactBytes(): Uint8Array {
    return this.copied(present(this.uvarint() - 1))
  }

  compactBytesOrNull(): Uint8Array | null {
    const length = this.uvarint() - 1
    return length < 0 ? null : this.copied(length)
  }

  private slice(length: number): Slice {
    return { bytes: this.bytes, at: this.take(length), length }
  }

  records(): Slice {
    return this.slice(present(this.int32()))
  }

  recordsOrNull(): Slice | null {
    const length = this.int32()
    return length < 0 ? null : this.slice(length)
  }

  compactRecords(): Slice {
    return this.slice(present(this.uvarint() - 1))
  }

  compactRecordsOrNull(): Slice | null {
    const length = this.uvarint() - 1
    return length < 0 ? null : this.slice(length)
  }

  private counted(count: number): number {
    // Every element takes a byte at least, so a count above what is left is a lie.
    if (count > this.end - this.at) malformed('an array of more elements than there are bytes')
    if ((this.elements += count) > MAX_ELEMENTS) malformed(`more than ${MAX_ELEMENTS} array elements`)
    return count
  }

  /** An array's count; of a nullable array -1 stands for null. */
  count(nullable: boolean): number {
    const count = this.int32()
    return count < 0 ? absent(nullable) : this.counted(count)
  }

  compactCount(nullable: boolean): number {
    const count = this.uvarint() - 1
    return count < 0 ? absent(nullable) : this.counted(count)
  }

  /** Reads the next `size` bytes as a world of their own; gives back the end to return to with `leave`. */
  enter(size: number): number {
    const end = this.end
    if (size > end - this.at) malformed('a tagged field longer than its message')
    this.end = this.at + size
    return end
  }

  leave(end: number): void {
    if (this.at !== this.end) malformed('a tagged field of another length than it says')
    this.end = end
  }

  skip(size: number): void {
    this.take(size)
  }

  /** Passes over a section of tagged fields of which none is known. */
  skipTags(): void {
    for (let left = this.uvarint(); left > 0; left--) {
      this.uvarint()
      this.skip(this.uvarint())
    }
  }
}

function present(length: number): number {
  return length < 0 ? malformed('null where a value must be') : length
}

function absent(nullable: boolean): number {
  return nullable ? -1 : malformed('null where an array must be')
}

function malformed(what: string): never {
  throw new KafkaError(ErrorCode.INVALID_REQUEST, `malformed request: ${what}`)
}
