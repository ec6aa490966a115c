import type { Timers } from './timers.ts'

/** How often what is held is added up, in milliseconds. */
const SAMPLE_MS = 200

/**
 * What the broker holds for its clients beside its fixed buffers: indexes, unfinished messages, bytes kept aside, pending output. Added up
 * a few times a second, as RabbitMQ does; above the limit publishers wait until it is below nine tenths of it.
 */
export class Memory {
  readonly limit: number
  /** Each tells the bytes that it holds. */
  readonly holders: (() => number)[] = []
  /** Bytes held when they were last added up. */
  used = 0
  /** Publishers wait. */
  alarm = false
  private readonly changed: () => void
  private readonly timers: Timers

  /** `changed` is called when the alarm goes on or off. */
  constructor(limit: number, timers: Timers, changed: () => void) {
    this.limit = limit
    this.timers = timers
    this.changed = changed
  }

  /** Begins to add up, and goes on while the broker lives. */
  watch(): void {
    this.sample()
    this.timers.after(SAMPLE_MS, () => this.watch())
  }

  sample(): void {
    let used = 0
    for (const holder of this.holders) used += holder()
    this.used = used
    const alarm = used > (this.alarm ? this.limit * 0.9 : this.limit)
    if (alarm === this.alarm) return
    this.alarm = alarm
    this.changed()
  }
}
