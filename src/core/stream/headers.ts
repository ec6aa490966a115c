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

  add(name: string, value: Uint8Array): void {
    const key = Buffer.from(name)
    this.reserve(key.length + value.length + 20)
    let at = putVarint(this.bytes, this.length, key.length)
    this.bytes.set(key, at)
    at = putVarint(this.bytes, at + key.length, value.length)
    this.bytes.set(value, at)
    this.length = at + value.length
    this.count++
  }

  /** Bytes of the headers with their number. */
  get size(): number {
    return varintSize(this.count) + this.length
  }

  /** Writes them with their number, as a record ends. */
  write(into: Uint8Array, at: number): void {
    const to = putVarint(into, at, this.count)
    into.set(this.bytes.subarray(0, this.length), to)
  }

  private reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return
    const grown = new Uint8Array((this.length + more) * 2)
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
  }
}
