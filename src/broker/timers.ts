import type { Clock } from '../env/clock.ts'

/** One thing to do at a time. */
export interface Timer {
  /** On the clock's `elapsed()` scale, in milliseconds. */
  deadline: number
  readonly run: () => void
  /** Its place in the heap, -1 when it is not set. */
  at: number
}

/**
 * All time-outs of the broker behind the clock's one alarm: a binary heap, ordered by deadline. Setting and clearing cost a few
 * comparisons; nothing here is per message.
 */
export class Timers {
  private readonly clock: Clock
  private readonly heap: Timer[] = []
  private alarmAt = Number.POSITIVE_INFINITY

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Calls `run` once, `delayMs` from now. */
  after(delayMs: number, run: () => void): Timer {
    const timer: Timer = { deadline: this.clock.elapsed() + delayMs, run, at: this.heap.length }
    this.heap.push(timer)
    this.up(timer)
    this.arm()
    return timer
  }

  clear(timer: Timer): void {
    if (timer.at < 0) return
    const last = this.heap.pop() as Timer
    if (last !== timer) {
      last.at = timer.at
      this.heap[last.at] = last
      this.up(last)
      this.down(last)
    }
    timer.at = -1
    this.arm()
  }

  private arm(): void {
    const next = this.heap.length === 0 ? Number.POSITIVE_INFINITY : this.heap[0].deadline
    if (next === this.alarmAt) return
    this.alarmAt = next
    this.clock.alarm(next, () => this.fire())
  }

  private fire(): void {
    this.alarmAt = Number.POSITIVE_INFINITY
    const now = this.clock.elapsed()
    while (this.heap.length > 0 && this.heap[0].deadline <= now) {
      const timer = this.heap[0]
      this.clear(timer)
      timer.run()
    }
    this.alarmAt = Number.NaN
    this.arm()
  }

  private up(timer: Timer): void {
    let at = timer.at
    while (at > 0) {
      const parent = this.heap[(at - 1) >> 1]
      if (parent.deadline <= timer.deadline) break
      this.heap[at] = parent
      parent.at = at
      at = (at - 1) >> 1
    }
    this.heap[at] = timer
    timer.at = at
  }

  private down(timer: Timer): void {
    let at = timer.at
    for (;;) {
      let child = 2 * at + 1
      if (child >= this.heap.length) break
      if (child + 1 < this.heap.length && this.heap[child + 1].deadline < this.heap[child].deadline) child++
      if (this.heap[child].deadline >= timer.deadline) break
      this.heap[at] = this.heap[child]
      this.heap[at].at = at
      at = child
    }
    this.heap[at] = timer
    timer.at = at
  }
}
