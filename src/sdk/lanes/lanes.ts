/** Something to do; it never rejects. */
type Task = () => Promise<void>

interface Lane {
  /** What waits behind the one that runs, or that is ready to run. */
  readonly waiting: Task[]
  next: number
}

/**
 * Runs tasks, so many at a time: those of one key one after the other, in the order in which they came; others side by side. A key
 * costs something only while it has tasks.
 */
export class Lanes {
  private readonly concurrency: number
  private readonly lanes = new Map<string, Lane>()
  /** Tasks that may run as soon as there is a place; null stands for none of a lane. */
  private ready: { readonly key: string | null; readonly task: Task }[] = []
  private readyFrom = 0
  private running = 0
  private idle: (() => void)[] = []

  constructor(concurrency: number) {
    this.concurrency = concurrency
  }

  /** Tasks that run or wait. */
  size = 0

  /** Adds a task; those without a key (null) wait for nobody. */
  add(key: string | null, task: Task): void {
    this.size++
    const lane = key === null ? undefined : this.lanes.get(key)
    if (lane !== undefined) {
      lane.waiting.push(task)
      return
    }
    if (key !== null) this.lanes.set(key, { waiting: [], next: 0 })
    this.ready.push({ key, task })
    this.fill()
  }

  /** Resolves when nothing runs or waits any more. */
  drained(): Promise<void> {
    return this.size === 0 ? Promise.resolve() : new Promise((resolve) => this.idle.push(resolve))
  }

  private fill(): void {
    while (this.running < this.concurrency && this.readyFrom < this.ready.length) {
      const { key, task } = this.ready[this.readyFrom++]!
      this.running++
      task().then(() => this.finished(key))
    }
    if (this.readyFrom < 1024 && this.readyFrom < this.ready.length) return
    this.ready = this.ready.slice(this.readyFrom)
    this.readyFrom = 0
  }

  private finished(key: string | null): void {
    this.running--
    this.size--
    if (key !== null) this.leave(key)
    this.fill()
    if (this.size > 0) return
    const { idle } = this
    this.idle = []
    for (const resolve of idle) resolve()
  }

  /** The next of the lane is ready, behind those of other lanes that have waited. */
  private leave(key: string): void {
    const lane = this.lanes.get(key)!
    if (lane.next === lane.waiting.length) this.lanes.delete(key)
    else this.ready.push({ key, task: lane.waiting[lane.next++]! })
  }
}
