import type { Consumer } from './consumer.ts'

/** The consumers of one queue, in the order in which they are served: by priority, and in turn among equals. */
export class Consumers<Q> {
  private readonly list: Consumer<Q>[] = []
  /** Where the search for the next one begins. */
  private turn = 0
  /** The one that is served in a queue with a single active consumer. */
  private active: Consumer<Q> | null = null

  get size(): number {
    return this.list.length
  }

  [Symbol.iterator](): Iterator<Consumer<Q>> {
    return this.list[Symbol.iterator]()
  }

  /** Adds behind those of the same priority. */
  add(consumer: Consumer<Q>): void {
    let at = this.list.length
    while (at > 0 && this.list[at - 1].priority < consumer.priority) at--
    this.list.splice(at, 0, consumer)
    this.active ??= consumer
    this.turn = 0
  }

  remove(consumer: Consumer<Q>): boolean {
    const at = this.list.indexOf(consumer)
    if (at < 0) return false
    this.list.splice(at, 1)
    if (this.active === consumer) this.active = this.first()
    if (this.turn > at) this.turn--
    return true
  }

  /** The consumer whose turn it is, of those with the highest priority that can take a delivery; null if none can. */
  next(): Consumer<Q> | null {
    const list = this.list
    const count = list.length
    if (count === 0) return null
    if (count === 1) return list[0].canTake() ? list[0] : null
    for (let from = 0; from < count; ) {
      const to = this.endOfPriority(from)
      const start = this.turn >= from && this.turn < to ? this.turn : from
      for (let i = 0; i < to - from; i++) {
        const at = start + i < to ? start + i : start + i - (to - from)
        if (!list[at].canTake()) continue
        this.turn = at + 1 < to ? at + 1 : from
        return list[at]
      }
      from = to
    }
    return null
  }

  /**
   * The single active consumer, if it can take a delivery. It stays so until it leaves, and then the one with the highest priority that
   * came first follows; with `yields` it also makes way for one of higher priority, as soon as nothing it was given waits.
   */
  nextSingle(yields: boolean): Consumer<Q> | null {
    const first = this.first()
    if (first === null) return null
    if (this.active === null) this.active = first
    else if (yields && first.priority > this.active.priority) {
      if (this.active.outstanding > 0) return null
      this.active = first
    }
    return this.active.canTake() ? this.active : null
  }

  /** The first in the order in which they are served. */
  first(): Consumer<Q> | null {
    return this.list[0] ?? null
  }

  private endOfPriority(from: number): number {
    const priority = this.list[from].priority
    let to = from + 1
    while (to < this.list.length && this.list[to].priority === priority) to++
    return to
  }
}
