/** A place that cannot be read, or is not what was written. */
export interface Damage {
  readonly file: string
  /** The byte in the file. */
  readonly at: number
  /** How many bytes are concerned, as far as that is known. */
  readonly length: number
  readonly reason: string
}

/** Ranges of an endless log, in rising order; neighbours are one. */
export class Ranges {
  private readonly starts: number[] = []
  private readonly ends: number[] = []

  add(from: number, to: number): void {
    const last = this.ends.length - 1
    if (last >= 0 && this.ends[last] === from) this.ends[last] = to
    else {
      this.starts.push(from)
      this.ends.push(to)
    }
  }

  /** Whether all of `[from, to)` is in one of them. */
  has(from: number, to: number): boolean {
    let low = 0
    let high = this.starts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.starts[middle]! <= from) low = middle + 1
      else high = middle
    }
    return low > 0 && to <= this.ends[low - 1]!
  }
}
