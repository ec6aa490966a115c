import { crc32c } from '../std/crc32c.ts'

/** A run of bytes that lies in several pieces of memory, looked at from its start to its end. */
export class Stretch {
  private readonly parts: readonly Uint8Array[]
  private part = 0
  /** Where the part begins. */
  private base: number

  /** The first byte of `parts` is the one at `start`. */
  constructor(start: number, parts: readonly Uint8Array[]) {
    this.base = start
    this.parts = parts
  }

  /** The checksum of bytes `[from, to)` behind others whose checksum is `before`; nothing below `from` is asked for any more. */
  sum(from: number, to: number, before = 0): number {
    let sum = before
    for (let at = from; at < to; ) {
      const part = this.find(at)
      const end = Math.min(to, this.base + part.length)
      sum = crc32c(part, at - this.base, end - this.base, sum)
      at = end
    }
    return sum
  }

  /** Copies the bytes from `from` on until `into` is full; it may be asked for them again. */
  copy(from: number, into: Uint8Array): void {
    this.find(from)
    let { part, base } = this
    for (let done = 0; done < into.length; ) {
      const piece = this.parts[part]!.subarray(from + done - base)
      into.set(piece.subarray(0, into.length - done), done)
      done += Math.min(piece.length, into.length - done)
      base += this.parts[part++]!.length
    }
  }

  private find(at: number): Uint8Array {
    while (at >= this.base + this.parts[this.part]!.length) this.base += this.parts[this.part++]!.length
    return this.parts[this.part]!
  }
}
