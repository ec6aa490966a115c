const SMALLEST = 64 * 1024
const LARGEST_KEPT = 16 * 1024 * 1024
const KEPT_TOTAL = 32 * 1024 * 1024

/** Buffers for what does not fit the arena's regions, used again because fresh memory costs a page fault every 4 KiB. */
export class BufferPool {
  private readonly free: Uint8Array[][] = []
  private kept = 0
  /** Bytes of buffers that were taken and not given back. */
  lent = 0

  /** Bytes of all buffers, lent and free. */
  get held(): number {
    return this.lent + this.kept
  }

  /** At least `length` bytes, of any content. */
  take(length: number): Uint8Array {
    const size = sizeFor(length)
    this.lent += size
    const buffer = this.free[Math.log2(size)]?.pop()
    if (buffer === undefined) return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer)
    this.kept -= size
    return buffer
  }

  /** Gives back what `take` gave, when nobody reads it any more. */
  give(buffer: Uint8Array): void {
    const size = buffer.length
    this.lent -= size
    if (size > LARGEST_KEPT || this.kept + size > KEPT_TOTAL) return
    const list = (this.free[Math.log2(size)] ??= [])
    list.push(buffer)
    this.kept += size
  }
}

function sizeFor(length: number): number {
  return length <= SMALLEST ? SMALLEST : 2 ** Math.ceil(Math.log2(length))
}
