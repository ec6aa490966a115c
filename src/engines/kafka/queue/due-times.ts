/** What waits for its time, the earliest first (a binary heap). */
export class DueTimes<T extends { readonly offset: number }> {
  private readonly heap: { readonly at: number; readonly item: T }[] = []
  private readonly cancelled = new Set<number>()
  private readonly waiting = new Set<number>()

  get size(): number {
    return this.waiting.size
  }

  /** When the next one is due; null if none waits. */
  get next(): number | null {
    this.prune()
    return this.heap[0]?.at ?? null
  }

  add(at: number, item: T): void {
    const { heap } = this
    this.waiting.add(item.offset)
    heap.push({ at, item })
    for (let child = heap.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1
      if (isBefore(heap[parent]!, heap[child]!)) break
      swap(heap, parent, child)
      child = parent
    }
  }

  /** Takes out one that does not wait any longer; false if it is not there. */
  cancel(offset: number): boolean {
    if (!this.waiting.delete(offset)) return false
    this.cancelled.add(offset)
    return true
  }

  /** The next one that is due by then. */
  take(now: number): T | null {
    this.prune()
    const first = this.heap[0]
    if (first === undefined || first.at > now) return null
    this.remove()
    this.waiting.delete(first.item.offset)
    return first.item
  }

  private prune(): void {
    while (this.heap.length > 0 && this.cancelled.delete(this.heap[0]!.item.offset)) this.remove()
  }

  private remove(): void {
    const { heap } = this
    const last = heap.pop()!
    if (heap.length === 0) return
    heap[0] = last
    for (let parent = 0; ; ) {
      const left = 2 * parent + 1
      if (left >= heap.length) return
      const right = left + 1
      const child = right < heap.length && isBefore(heap[right]!, heap[left]!) ? right : left
      if (isBefore(heap[parent]!, heap[child]!)) return
      swap(heap, parent, child)
      parent = child
    }
  }
}

interface Entry {
  readonly at: number
  readonly item: { readonly offset: number }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.item.offset < b.item.offset)
}

function swap<T>(heap: T[], a: number, b: number): void {
  const held = heap[a]!
  heap[a] = heap[b]!
  heap[b] = held
}
