import { assert } from './assert.ts'

/** A binary heap of numbers, smallest first. It grows by doubling and never shrinks by itself. */
export class Heap {
  private items = new Float64Array(16)
  private count = 0

  get size(): number {
    return this.count
  }

  /** The smallest number; `Infinity` when empty, so that it can be compared with a deadline as it is. */
  peek(): number {
    return this.count === 0 ? Number.POSITIVE_INFINITY : this.items[0]!
  }

  push(value: number): void {
    if (this.count === this.items.length) {
      const wider = new Float64Array(this.items.length * 2)
      wider.set(this.items)
      this.items = wider
    }
    const items = this.items
    let at = this.count++
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = items[parent]!
      if (above <= value) break
      items[at] = above
      at = parent
    }
    items[at] = value
  }

  /** Takes the smallest number out; the heap must not be empty. */
  pop(): number {
    assert(this.count > 0, 'pop from an empty heap')
    const items = this.items
    const top = items[0]!
    const size = --this.count
    const last = items[size]!
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= size) break
      if (child + 1 < size && items[child + 1]! < items[child]!) child++
      const below = items[child]!
      if (last <= below) break
      items[at] = below
      at = child
    }
    items[at] = last
    return top
  }

  /** Forgets all numbers and gives the memory back. */
  clear(): void {
    this.count = 0
    this.items = new Float64Array(16)
  }

  /** Memory held, in bytes. */
  bytes(): number {
    return this.items.length * 8
  }
}
