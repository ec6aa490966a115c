import { copyBytes } from '../../std/bytes.ts'
import { putVarint, varintSize } from '../../std/zigzag.ts'

/** Gathers the headers of one record. */
export class RecordHeaders {
  bytes = new Uint8Array(1024)
  length = 0
  count = 0

  clear(): void {
    this.length = 0
    this.count = 0
  }

  /**
   * Adds a header whose name is `from[at, at + nameLength)`, and returns where in `bytes` its value of `valueLength` bytes is to be
   * written.
   */
  open(from: Uint8Array, at: number, nameLength: number, valueLength: number): number {
    this.reserve(nameLength + valueLength + 20)
    const name = putVarint(this.bytes, this.length, nameLength)
    copyBytes(from, at, nameLength, this.bytes, name)
    const value = putVarint(this.bytes, name + nameLength, valueLength)
    this.length = value + valueLength
    this.count++
    return value
  }

  /** Bytes of the headers with their number. */
  get size(): number {
    return varintSize(this.count) + this.length
  }

  /** Writes them with their number, as a record ends. */
  write(into: Uint8Array, at: number): void {
    copyBytes(this.bytes, 0, this.length, into, putVarint(into, at, this.count))
  }

  private reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return
    const grown = new Uint8Array((this.length + more) * 2)
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
  }
}
