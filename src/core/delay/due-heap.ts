import { assert } from '../../std/assert.ts'

const FIRST = 16

/**
 * Numbered entries by the time they are due, earliest first, and of one time the lowest number first: a heap of pairs in one typed
 * array, 16 bytes an entry. It grows by half, and is given back when it is empty.
 */
export class DueHeap {
  /** Due time and number of each entry, side by side. */
  private items = new Float64Array(FIRST * 2)
  private count = 0

  get size(): number {
    return this.count
  }

  /** When the first one is due; `Infinity` when there is none. */
  get due(): number {
    return this.count === 0 ? Number.POSITIVE_INFINITY : this.items[0]!
  }

  /** The number of the first one, -1 when there is none. */
  get first(): number {
    return this.count === 0 ? -1 : this.items[1]!
  }

  push(due: number, number: number): void {
    if (this.count * 2 === this.items.length) this.resize(Math.ceil(this.count * 1.5))
    const { items } = this
    let at = this.count++
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(due, number, items[parent * 2]!, items[parent * 2 + 1]!)) break
      items[at * 2] = items[parent * 2]!
      items[at * 2 + 1] = items[parent * 2 + 1]!
      at = parent
    }
    items[at * 2] = due
    items[at * 2 + 1] = number
  }

  /** Takes the first one out; there must be one. */
  pop(): void {
    assert(this.count > 0, 'pop from an empty heap')
    const { items } = this
    const size = --this.count
    if (size === 0) {
      if (items.length > FIRST * 2) this.items = new Float64Array(FIRST * 2)
      return
    }
    const due = items[size * 2]!
    const number = items[size * 2 + 1]!
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= size) break
      const other = child * 2 + 2
      if (child + 1 < size && isBefore(items[other]!, items[other + 1]!, items[child * 2]!, items[child * 2 + 1]!))
        child++
      if (!isBefore(items[child * 2]!, items[child * 2 + 1]!, due, number)) break
      items[at * 2] = items[child * 2]!
      items[at * 2 + 1] = items[child * 2 + 1]!
      at = child
    }
    items[at * 2] = due
    items[at * 2 + 1] = number
  }

  /** Memory held, in bytes. */
  bytes(): number {
    return this.items.byteLength
  }

  private resize(capacity: number): void {
    const larger = new Float64Array(capacity * 2)
    larger.set(this.items)
    this.items = larger
  }
}

function isBefore(due: number, number: number, otherDue: number, otherNumber: number): boolean {
  return due < otherDue || (due === otherDue && number < otherNumber)
}
