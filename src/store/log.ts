import type { Arena } from '../std/arena.ts'
import { assert } from '../std/assert.ts'

export interface LogSizes {
  /** Bytes of the ring in memory; a power of two. */
  readonly ringSize: number
  /** Bytes of a file; a power of two. */
  readonly fileSize: number
  /** Bytes of a block: a power of two, at most the ring and the file. */
  readonly blockSize: number
}

/**
 * The memory of an endless log: a ring in the arena that holds its last `ringSize` bytes. Files behind it are the
 * journal's and the spill's business. The log is cut in blocks, as a rule of `min(ring, file)` bytes, and nothing straddles
 * one, so that whatever is appended is one run of bytes in the ring as in its file.
 */
export class Log {
  readonly ringSize: number
  readonly fileSize: number
  readonly blockSize: number
  /** The position after the last byte. */
  tail = 0
  /** Where the block that `tail` is in ends; equal to `tail` when the next byte begins a new block. */
  blockEnd = 0
  /** Where in the arena the ring begins. */
  readonly base: number
  /** The position that lies at the ring's first byte now: keeps modulo out of the hot path. */
  private lapStart = 0
  /** Nothing below was ever in this ring. */
  private first = 0

  constructor(arena: Arena, sizes: LogSizes) {
    this.ringSize = sizes.ringSize
    this.fileSize = sizes.fileSize
    this.blockSize = sizes.blockSize
    const { ringSize, fileSize, blockSize } = sizes
    assert([ringSize, fileSize, blockSize].every(isPowerOfTwo), 'the sizes of a log are powers of two')
    assert(blockSize <= ringSize && blockSize <= fileSize, 'a block lies in one file, and in the ring')
    this.base = arena.allocate(sizes.ringSize)
  }

  /** Goes on at `tail`; the ring already holds `[first, tail)`. */
  restart(first: number, tail: number): void {
    this.tail = tail
    this.first = first
    this.lapStart = Math.floor(tail / this.ringSize) * this.ringSize
    this.blockEnd = Math.ceil(tail / this.blockSize) * this.blockSize
  }

  /** The lowest position whose byte is still in memory. */
  get ringStart(): number {
    return Math.max(this.first, this.tail - this.ringSize)
  }

  /** Bytes left in the current block. */
  get rest(): number {
    return this.blockEnd - this.tail
  }

  /** Where in the arena the bytes from `position` (below `tail`) on are, or -1 if they are in memory no more. */
  locate(position: number): number {
    if (position < this.first || position < this.tail - this.ringSize) return -1
    return this.placeOf(position)
  }

  /** The arena place of a position from the last `ringSize` bytes, or from what the ring will hold next. */
  placeOf(position: number): number {
    const at = position - this.lapStart
    return at < 0 ? this.base + at + this.ringSize : this.base + at
  }

  /** Takes the next `length` bytes, which fit in the block, and returns their arena place. */
  reserve(length: number): number {
    if (this.tail === this.blockEnd) {
      if (this.tail === this.lapStart + this.ringSize) this.lapStart = this.tail
      this.blockEnd += this.blockSize
    }
    const at = this.base + (this.tail - this.lapStart)
    this.tail += length
    if (this.tail > this.blockEnd) throw new Error('a reservation straddles the end of its block')
    return at
  }

  /** Leaves the rest of the block unused. */
  skipBlock(): void {
    this.tail = this.blockEnd
  }
}

function isPowerOfTwo(value: number): boolean {
  return Number.isInteger(Math.log2(value))
}
