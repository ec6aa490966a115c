/** Writes whole numbers as LEB128 varints, small ones to one byte, to a buffer that grows. */
export class VarintWriter {
  bytes: Uint8Array
  at: number

  /** The first `skip` bytes are left for a header. */
  constructor(skip = 0, capacity = 1024) {
    this.bytes = new Uint8Array(Math.max(capacity, skip))
    this.at = skip
  }

  /** Makes room for `length` bytes: to be called before writing them. A number takes 8 bytes at most. */
  room(length: number): void {
    if (this.at + length <= this.bytes.length) return
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.at + length))
    larger.set(this.bytes)
    this.bytes = larger
  }

  /** A whole number from 0 to 2^53. */
  number(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.bytes[this.at++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.bytes[this.at++] = rest
  }

  /** A whole number of either sign, below 2^52. */
  signed(value: number): void {
    this.number(value < 0 ? -value * 2 - 1 : value * 2)
  }

  /** Text with its length before it, null told from empty; makes room by itself. */
  text(value: string | null): void {
    const length = value === null ? 0 : Buffer.byteLength(value)
    this.room(length + 8)
    this.number(value === null ? 0 : length + 1)
    if (value !== null) Buffer.prototype.utf8Write.call(this.bytes, value, this.at, length)
    this.at += length
  }

  /** Bytes with their length before them; makes room by itself. */
  blob(value: Uint8Array): void {
    this.room(value.length + 8)
    this.number(value.length)
    this.bytes.set(value, this.at)
    this.at += value.length
  }

  /** A copy of what was written, header included. */
  finish(): Uint8Array {
    return this.bytes.slice(0, this.at)
  }
}

/** Reads what VarintWriter wrote. */
export class VarintReader {
  readonly bytes: Uint8Array
  at: number

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes
    this.at = at
  }

  number(): number {
    const first = this.bytes[this.at++] as number
    if (first < 0x80) return first
    let value = first & 0x7f
    let scale = 0x80
    while (true) {
      const byte = this.bytes[this.at++] as number
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 0x80
    }
  }

  signed(): number {
    const value = this.number()
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2
  }
  text(): string {
    return this.textOrNull() ?? ''
  }

  textOrNull(): string | null {
    const length = this.number() - 1
    if (length < 0) return null
    const at = this.at
    this.at += length
    return Buffer.prototype.utf8Slice.call(this.bytes, at, this.at)
  }

  /** A copy of the bytes. */
  blob(): Uint8Array {
    const length = this.number()
    const at = this.at
    this.at += length
    return this.bytes.slice(at, this.at)
  }
}
