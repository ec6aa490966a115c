import { performance } from 'node:perf_hooks'
import type { Clock } from './clock.ts'

/** The longest delay that a timer of the runtime takes; beyond it the alarm is set again. */
const LONGEST = 2 ** 31 - 1

/** The machine's clock. Its alarm alone does not keep the process alive. */
export class NodeClock implements Clock {
  private timer: NodeJS.Timeout | null = null
  private timerAt = Number.POSITIVE_INFINITY
  private deadline = Number.POSITIVE_INFINITY
  private wake: (() => void) | null = null
  private readonly ring = () => this.onTimer()

  now(): number {
    return Date.now()
  }

  elapsed(): number {
    return performance.now()
  }

  alarm(deadline: number, wake: () => void): void {
    this.deadline = deadline
    this.wake = wake
    // A timer that is set for an earlier instant stays: it finds out when it rings, which is cheaper than a new one.
    if (this.timer === null || deadline < this.timerAt) this.set()
  }

  afterInput(run: () => void): void {
    // The check phase comes after the poll phase, in which all sockets that have bytes are read.
    setImmediate(run)
  }

  private set(): void {
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = null
    this.timerAt = this.deadline
    if (this.deadline === Number.POSITIVE_INFINITY) return
    const delay = Math.ceil(this.deadline - performance.now())
    this.timer = setTimeout(this.ring, Math.min(LONGEST, Math.max(0, delay)))
    this.timer.unref()
  }

  private onTimer(): void {
    this.timer = null
    this.timerAt = Number.POSITIVE_INFINITY
    if (this.wake === null || this.deadline === Number.POSITIVE_INFINITY) return
    // The runtime's timers count whole milliseconds of another clock and may ring a little early.
    if (performance.now() < this.deadline) {
      this.set()
      return
    }
    const wake = this.wake
    this.wake = null
    this.deadline = Number.POSITIVE_INFINITY
    wake()
  }
}
