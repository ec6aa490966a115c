import type { Clock } from '../env/clock.ts'
import { TimingWheel } from '../std/timing-wheel.ts'

/** One thing to do at a time. */
export interface Timer {
  /** On the clock's `elapsed()` scale, in milliseconds. */
  readonly deadline: number
  readonly run: () => void
  /** Its entry in the wheel, -1 when it has run or was cleared. */
  entry: number
}

/** All time-outs of the broker: a timing wheel behind the clock's one alarm. Nothing here is per message. */
export class Timers {
  private readonly clock: Clock
  private readonly wheel: TimingWheel<Timer>
  private alarmAt = Number.POSITIVE_INFINITY

  constructor(clock: Clock) {
    this.clock = clock
    this.wheel = new TimingWheel(clock.elapsed())
  }

  /** Calls `run` once, `delayMs` from now. */
  after(delayMs: number, run: () => void): Timer {
    const timer: Timer = { deadline: this.clock.elapsed() + delayMs, run, entry: -1 }
    timer.entry = this.wheel.add(timer.deadline, timer)
    this.arm()
    return timer
  }

  /** Nothing happens if it has run. */
  clear(timer: Timer): void {
    if (timer.entry < 0) return
    this.wheel.cancel(timer.entry)
    timer.entry = -1
  }

  /** Nothing runs any more. */
  stop(): void {
    this.alarmAt = Number.NEGATIVE_INFINITY
    this.clock.alarm(Number.POSITIVE_INFINITY, () => {})
  }

  /** The alarm may ring early, when the wheel has only to move entries, or for a timer that was cleared: that costs one call. */
  private arm(): void {
    const next = this.wheel.nextDeadline()
    if (next >= this.alarmAt) return
    this.alarmAt = next
    this.clock.alarm(next, this.ring)
  }

  private readonly ring = (): void => {
    this.alarmAt = Number.POSITIVE_INFINITY
    this.wheel.advance(this.clock.elapsed(), runTimer)
    this.arm()
  }
}

function runTimer(timer: Timer): void {
  timer.entry = -1
  timer.run()
}
