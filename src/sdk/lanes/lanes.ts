interface Lane<T> {
  /** What waits behind the one that runs, or that is ready to run. */
  readonly waiting: T[]
  next: number
}

interface Ready<T> {
  /** Null stands for none of a lane. */
  readonly key: string | null
  readonly item: T
}

/**
 * Runs items, so many at a time: those of one key one after the other, in the order in which they came; others side by side. A key
 * costs something only while it has items.
 */
export class Lanes<T> {
  private readonly concurrency: number
  private readonly run: (item: T) => Promise<void> | void
  /** Null: one of the key runs, or is ready to, and nothing waits behind it. */
  private readonly lanes = new Map<string, Lane<T> | null>()
  /** Items that may run as soon as there is a place. */
  private ready: Ready<T>[] = []
  private readyFrom = 0
  private running = 0
  private filling = false
  private idle: (() => void)[] = []

  /** `run` never fails. An item is done when it returns, or when the promise that it returns resolves. */
  constructor(concurrency: number, run: (item: T) => Promise<void> | void) {
    this.concurrency = concurrency
    this.run = run
  }

  /** Items that run or wait. */
  size = 0

  /** Adds an item; those without a key (null) wait for nobody. */
  add(key: string | null, item: T): void {
    this.size++
    if (key !== null) {
      const lane = this.lanes.get(key)
      if (lane !== undefined) {
        if (lane === null) this.lanes.set(key, { waiting: [item], next: 0 })
        else lane.waiting.push(item)
        return
      }
      this.lanes.set(key, null)
    }
    this.ready.push({ key, item })
    this.fill()
  }

  /** Resolves when nothing runs or waits any more. */
  drained(): Promise<void> {
    return this.size === 0 ? Promise.resolve() : new Promise((resolve) => this.idle.push(resolve))
  }

  private fill(): void {
    // What ends at once makes room for the next: in this loop, not in one within it.
    if (this.filling) return
    this.filling = true
    while (this.running < this.concurrency && this.readyFrom < this.ready.length) {
      const { key, item } = this.ready[this.readyFrom++]!
      this.running++
      const running = this.run(item)
      if (running === undefined) this.ended(key)
      else {
        running.then(() => {
          this.ended(key)
          this.fill()
        })
      }
    }
    this.filling = false
    if (this.readyFrom >= 1024 || this.readyFrom === this.ready.length) {
      this.ready = this.ready.slice(this.readyFrom)
      this.readyFrom = 0
    }
    if (this.size === 0 && this.idle.length > 0) for (const resolve of this.idle.splice(0)) resolve()
  }

  /** The next of its lane is ready, behind those of other lanes that have waited. */
  private ended(key: string | null): void {
    this.running--
    this.size--
    if (key === null) return
    const lane = this.lanes.get(key)
    if (lane == null || lane.next === lane.waiting.length) this.lanes.delete(key)
    else this.ready.push({ key, item: lane.waiting[lane.next++]! })
  }
}
