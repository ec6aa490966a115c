import { broken } from './assert.ts'

/** A queue open at both ends, over a ring of a power of two slots: every operation takes constant time. */
export class Deque<T> {
  private items: (T | undefined)[] = new Array(8).fill(undefined)
  private head = 0
  private count = 0

  get size(): number {
    return this.count
  }

  push(item: T): void {
    if (this.count === this.items.length) this.grow()
    this.items[(this.head + this.count) & (this.items.length - 1)] = item
    this.count++
  }

  unshift(item: T): void {
    if (this.count === this.items.length) this.grow()
    this.head = (this.head - 1) & (this.items.length - 1)
    this.items[this.head] = item
    this.count++
  }

  /** Takes the first item out; undefined when empty. */
  shift(): T | undefined {
    if (this.count === 0) return undefined
    const item = this.items[this.head]
    this.items[this.head] = undefined
    this.head = (this.head + 1) & (this.items.length - 1)
    this.count--
    return item
  }

  /** Takes the last item out; undefined when empty. */
  pop(): T | undefined {
    if (this.count === 0) return undefined
    this.count--
    const at = (this.head + this.count) & (this.items.length - 1)
    const item = this.items[at]
    this.items[at] = undefined
    return item
  }

  /** The first item; undefined when empty. */
  peek(): T | undefined {
    return this.count === 0 ? undefined : this.items[this.head]
  }

  /** The item `index` places behind the first. */
  at(index: number): T {
    if (!(index >= 0 && index < this.count)) broken(`place ${index} is outside a deque of ${this.count}`)
    return this.items[(this.head + index) & (this.items.length - 1)] as T
  }

  clear(): void {
    this.items = new Array(8).fill(undefined)
    this.head = 0
    this.count = 0
  }

  private grow(): void {
    const wider: (T | undefined)[] = new Array(this.items.length * 2).fill(undefined)
    for (let i = 0; i < this.count; i++) wider[i] = this.items[(this.head + i) & (this.items.length - 1)]
    this.items = wider
    this.head = 0
  }
}
