/**
 * How far a partition is done: records begin in the order of their offsets and end in any. Everything below `safe` is done, whatever runs
 * above.
 */
export class Watermark {
  /** Offsets that have begun, in order; those below `first` are out. */
  private begun: number[] = []
  private first = 0
  private readonly done = new Set<number>()
  /** One above the last record that has begun; -1 before the first. */
  private end = -1

  /** Records that have begun and are not below `safe`. */
  get open(): number {
    return this.begun.length - this.first
  }

  /** The next offset to read that skips nothing which is not done; -1 before the first record. */
  get safe(): number {
    return this.first < this.begun.length ? this.begun[this.first]! : this.end
  }

  /** What is done above `safe`. */
  get above(): readonly number[] {
    return [...this.done]
  }

  begin(offset: number): void {
    this.begun.push(offset)
    this.end = offset + 1
  }

  /** True if that has moved `safe`. */
  finish(offset: number): boolean {
    if (this.begun[this.first] !== offset) {
      this.done.add(offset)
      return false
    }
    this.first++
    while (this.first < this.begun.length && this.done.delete(this.begun[this.first]!)) this.first++
    if (this.first > 1024 || this.first === this.begun.length) {
      this.begun = this.first === this.begun.length ? [] : this.begun.slice(this.first)
      this.first = 0
    }
    return true
  }
}
