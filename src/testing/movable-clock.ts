import type { Clock } from '../env/clock.ts'
import { NodeClock } from '../env/node-clock.ts'

/** The machine's clock, some time ahead of it: it runs as that does, and `advance` takes it further at once. */
export class MovableClock implements Clock {
  private readonly machine = new NodeClock()
  private aheadMs: number
  private deadline = Number.POSITIVE_INFINITY
  private wake: (() => void) | null = null

  constructor(aheadMs = 0) {
    this.aheadMs = aheadMs
  }

  /** How far it is ahead of the machine's clock, in milliseconds. */
  get ahead(): number {
    return this.aheadMs
  }

  now(): number {
    return this.machine.now() + this.aheadMs
  }

  elapsed(): number {
    return this.machine.elapsed() + this.aheadMs
  }

  alarm(deadline: number, wake: () => void): void {
    this.deadline = deadline
    this.wake = wake
    this.machine.alarm(deadline - this.aheadMs, this.ring)
  }

  afterInput(run: () => void): void {
    this.machine.afterInput(run)
  }

  /**
   * Moves on by `ms`, from one deadline to the next: `settle` has resolved, with what was due at each done, before it goes on. What is set on the way and due
   * by then happens, too.
   */
  async advance(ms: number, settle: () => Promise<void>): Promise<void> {
    // What is due then by the one scale may be a millisecond away by the other.
    const end = this.elapsed() + ms + 1
    await settle()
    while (this.deadline <= end) {
      // Whole milliseconds, as wall-clock time has.
      this.skip(Math.max(0, Math.ceil(this.deadline - this.elapsed())))
      await settle()
    }
    this.skip(Math.max(0, Math.ceil(end - this.elapsed())))
    await settle()
  }

  private skip(ms: number): void {
    this.aheadMs += ms
    if (this.elapsed() >= this.deadline) this.ring()
    else if (this.wake !== null) this.machine.alarm(this.deadline - this.aheadMs, this.ring)
  }

  private readonly ring = (): void => {
    const { wake } = this
    this.wake = null
    this.deadline = Number.POSITIVE_INFINITY
    wake?.()
  }
}
