const FIRST = 1024

/** Numbers one behind the other, in an array of one type that grows: for the hundred thousands that would be too many objects. */
export class Column<T extends Float64Array | Uint32Array> {
  /** `values[0, length)` are in use. */
  values: T
  length = 0
  private readonly make: (capacity: number) => T

  constructor(make: (capacity: number) => T) {
    this.make = make
    this.values = make(FIRST)
  }

  push(value: number): void {
    if (this.length === this.values.length) {
      const larger = this.make(this.length * 2)
      larger.set(this.values)
      this.values = larger
    }
    this.values[this.length++] = value
  }
}

/** Whole numbers below 2^32. */
export function words(): Column<Uint32Array> {
  return new Column((capacity) => new Uint32Array(capacity))
}

/** Whole numbers below 2^53. */
export function numbers(): Column<Float64Array> {
  return new Column((capacity) => new Float64Array(capacity))
}
