import type { Timers } from './timers.ts'

/** How often what is held is added up, in milliseconds. */
const SAMPLE_MS = 200

/** Blocked publishers do not keep clients from opening channels or declaring queues: so far above the limit that is refused, too. */
const CRITICAL = 1.25

/**
 * What the broker holds for its clients beside its fixed buffers: indexes, unfinished messages, bytes kept aside, pending output, and
 * connections, channels, queues and what else they make of objects. Added up
 * a few times a second, as RabbitMQ does; above the limit publishers wait until it is below nine tenths of it.
 */
export class Memory {
  readonly limit: number
  /** Each tells the bytes that it holds. */
  readonly holders: (() => number)[] = []
  /** Bytes of what is many and small, told as it comes and goes with `hold`. */
  private standing = 0
  /** Bytes held when they were last added up. */
  used = 0
  /** So much is held that nothing more is taken that costs memory for long. */
  critical = false
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

  /** So many bytes more are held, or fewer. */
  hold(bytes: number): void {
    this.standing += bytes
  }

  /** Begins to add up, and goes on while the broker lives. */
  watch(): void {
    this.sample()
    this.timers.after(SAMPLE_MS, () => this.watch())
  }

  sample(): void {
    let used = this.standing
    for (const holder of this.holders) used += holder()
    this.used = used
    const alarm = used > (this.alarm ? this.limit * 0.9 : this.limit)
    const critical = used > (this.critical ? this.limit : this.limit * CRITICAL)
    if (alarm === this.alarm && critical === this.critical) return
    this.alarm = alarm
    this.critical = critical
    this.changed()
  }
}
