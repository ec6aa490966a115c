import type { Item } from './delivery.ts'

/** Messages in the order in which they are handed out. */
export class Backlog {
  private items: Item[] = []
  private at = 0

  add(item: Item): void {
    item.part.buffered++
    this.items.push(item)
  }

  /** It goes out before all others. */
  putBack(item: Item): void {
    item.part.buffered++
    if (this.at > 0) this.items[--this.at] = item
    else this.items.unshift(item)
  }

  take(): Item | null {
    if (this.at === this.items.length) return null
    const item = this.items[this.at++]!
    item.part.buffered--
    if (this.at > 1024 || this.at === this.items.length) {
      this.items.splice(0, this.at)
      this.at = 0
    }
    return item
  }
}
