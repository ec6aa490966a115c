import { assert } from './assert.ts'

const FIRST_CAPACITY = 16
/** One that is empty gives back what it holds above this. */
const KEPT_CAPACITY = 1024

/** A first-in, first-out line of numbers, over a ring of a power of two places: 8 bytes each, at most doubled. */
export class NumberRing {
  private items = new Float64Array(FIRST_CAPACITY)
  private head = 0
  private count = 0

  get size(): number {
    return this.count
  }

  push(value: number): void {
    if (this.count === this.items.length) this.grow()
    this.items[(this.head + this.count) & (this.items.length - 1)] = value
    this.count++
  }

  /** The first number; -1 when empty. */
  peek(): number {
    return this.count === 0 ? -1 : (this.items[this.head] as number)
  }

  /** Takes the first number out. */
  shift(): number {
    assert(this.count > 0, 'shift from an empty ring')
    const value = this.items[this.head] as number
    this.head = (this.head + 1) & (this.items.length - 1)
    if (--this.count === 0 && this.items.length > KEPT_CAPACITY) {
      this.items = new Float64Array(FIRST_CAPACITY)
      this.head = 0
    }
    return value
  }

  /** Forgets all numbers and gives the memory back. */
  clear(): void {
    this.items = new Float64Array(FIRST_CAPACITY)
    this.head = 0
    this.count = 0
  }

  /** Memory held, in bytes. */
  bytes(): number {
    return this.items.length * 8
  }

  private grow(): void {
    const { items, head } = this
    const wider = new Float64Array(items.length * 2)
    wider.set(items.subarray(head))
    wider.set(items.subarray(0, head), items.length - head)
    this.items = wider
    this.head = 0
  }
}
