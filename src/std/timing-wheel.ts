import { broken } from './assert.ts'

const NONE = -1
/** Four levels of 256 slots reach 2^32 ms (49 days); what lies further waits in one more slot. */
const LEVELS = 4
const BEYOND = LEVELS * 256
const SPAN = 2 ** 32
const FREE = -2

/**
 * Deadlines by the hundred thousand behind one alarm: a hierarchical wheel with ticks of 1 ms. Adding, cancelling and
 * expiring take constant time and allocate nothing (beyond the arrays' doubling).
 *
 * An entry lies on the level of the highest byte in which its tick differs from the wheel's, in the slot of that byte.
 * So everything on a level comes before everything on the next, and when the wheel reaches a slot of a higher level, its
 * entries move down. A bit per slot lets the wheel jump over any stretch of empty time.
 */
export class TimingWheel<T> {
  /** Four numbers for each entry, side by side because they are used together: next, previous, slot (or FREE), unused. */
  private links = new Int32Array(64 * 4).fill(FREE)
  private due = new Float64Array(64)
  private owners: (T | undefined)[] = []
  private readonly heads = new Int32Array(BEYOND + 1).fill(NONE)
  private readonly bits = new Uint32Array(LEVELS * 8)
  private free = NONE
  private used = 0
  private count = 0
  /** All ticks up to this one have been served. */
  private tick: number

  /** `now` and all deadlines are milliseconds of one clock that never goes back; fractions are rounded up. */
  constructor(now: number) {
    this.tick = Math.floor(now)
  }

  get size(): number {
    return this.count
  }

  /** Returns the entry's number, good for `cancel` until it has expired. A deadline that has passed expires at the next tick. */
  add(deadline: number, owner: T): number {
    let entry = this.free
    if (entry === NONE) {
      entry = this.used++
      if (entry === this.due.length) this.grow()
    } else this.free = this.links[entry * 4]!
    const tick = Math.ceil(deadline)
    this.due[entry] = tick > this.tick ? tick : this.tick + 1
    this.owners[entry] = owner
    this.count++
    this.link(entry)
    return entry
  }

  /** Takes an entry out that has neither expired nor been cancelled. */
  cancel(entry: number): void {
    const known = entry >= 0 && entry < this.used && this.links[entry * 4 + 2] !== FREE
    if (!known) broken(`entry ${entry} is not in the wheel`)
    this.unlink(entry)
    this.release(entry)
  }

  /** Calls `expire` for every owner whose deadline is not after `now`, in order of deadlines. It may add and cancel. */
  advance(now: number, expire: (owner: T) => void): void {
    const target = Math.floor(now)
    for (;;) {
      const tick = this.nextDeadline()
      if (tick > target) break
      this.tick = tick
      const low = tick >>> 0
      if (low === 0) this.moveDown(BEYOND)
      if ((low & 0xffffff) === 0) this.moveDown(3 * 256 + (low >>> 24))
      if ((low & 0xffff) === 0) this.moveDown(2 * 256 + ((low >>> 16) & 255))
      if ((low & 0xff) === 0) this.moveDown(256 + ((low >>> 8) & 255))
      const slot = low & 255
      for (let entry = this.heads[slot]!; entry !== NONE; entry = this.heads[slot]!) {
        const owner = this.owners[entry] as T
        this.unlink(entry)
        this.release(entry)
        expire(owner)
      }
    }
    if (target > this.tick) this.tick = target
  }

  /** When `advance` has something to do: never after the earliest deadline, `Infinity` when the wheel is empty. */
  nextDeadline(): number {
    if (this.count === 0) return Number.POSITIVE_INFINITY
    const low = this.tick >>> 0
    for (let level = 0; level < LEVELS; level++) {
      for (let word = 0; word < 8; word++) {
        const bits = this.bits[level * 8 + word]!
        if (bits === 0) continue
        const byte = word * 32 + 31 - Math.clz32(bits & -bits)
        // The tick with its bytes from this level down cut off, and this slot's byte in their place.
        return this.tick - (level === 3 ? low : low & (2 ** (8 * level + 8) - 1)) + byte * 2 ** (8 * level)
      }
    }
    return this.tick - low + SPAN
  }

  private link(entry: number): void {
    const due = this.due[entry]!
    const low = due >>> 0
    const differs = (low ^ this.tick) >>> 0
    let slot: number
    if (due - low !== this.tick - (this.tick >>> 0)) slot = BEYOND
    else if (differs < 1 << 8) slot = low & 255
    else if (differs < 1 << 16) slot = 256 + ((low >>> 8) & 255)
    else if (differs < 1 << 24) slot = 2 * 256 + ((low >>> 16) & 255)
    else slot = 3 * 256 + (low >>> 24)
    const head = this.heads[slot]!
    this.links[entry * 4 + 2] = slot
    this.links[entry * 4] = head
    this.links[entry * 4 + 1] = NONE
    if (head !== NONE) this.links[head * 4 + 1] = entry
    else if (slot !== BEYOND) this.bits[slot >>> 5]! |= 1 << (slot & 31)
    this.heads[slot] = entry
  }

  private unlink(entry: number): void {
    const slot = this.links[entry * 4 + 2]!
    const next = this.links[entry * 4]!
    const previous = this.links[entry * 4 + 1]!
    if (next !== NONE) this.links[next * 4 + 1] = previous
    if (previous !== NONE) this.links[previous * 4] = next
    else {
      this.heads[slot] = next
      if (next === NONE && slot !== BEYOND) this.bits[slot >>> 5]! &= ~(1 << (slot & 31))
    }
  }

  private release(entry: number): void {
    this.owners[entry] = undefined
    this.links[entry * 4 + 2] = FREE
    this.links[entry * 4] = this.free
    this.free = entry
    this.count--
  }

  /** Lays the entries of a slot whose time has come on their level below. */
  private moveDown(slot: number): void {
    let entry = this.heads[slot]!
    if (entry === NONE) return
    this.heads[slot] = NONE
    if (slot !== BEYOND) this.bits[slot >>> 5]! &= ~(1 << (slot & 31))
    while (entry !== NONE) {
      const next = this.links[entry * 4]!
      this.link(entry)
      entry = next
    }
  }

  private grow(): void {
    const size = this.due.length
    const links = new Int32Array(size * 2 * 4).fill(FREE)
    links.set(this.links)
    this.links = links
    const due = new Float64Array(size * 2)
    due.set(this.due)
    this.due = due
  }
}
