import type { Clock } from './clock.ts'
import type { Delivery } from './engine.ts'
import type { Logger } from './logger.ts'

/**
 * Renews the deliveries that a consumer has, whether they are being handled or wait for that, as often as the engine wants it. Until the engine has said
 * whether it wants that at all, they are noted.
 */
export class Leases {
  private readonly clock: Clock
  private readonly log: Logger
  private readonly held = new Set<Delivery>()
  private leaseMs: number | null | 'unknown' = 'unknown'
  private cancel: (() => void) | null = null

  constructor(clock: Clock, log: Logger) {
    this.clock = clock
    this.log = log
  }

  /** Whether there is anything to renew, as far as that is known. */
  get wanted(): boolean {
    return this.leaseMs !== null
  }

  /** What the engine wants: `Consumption.leaseMs`. */
  begin(leaseMs: number | null): void {
    this.leaseMs = leaseMs
    if (leaseMs === null) this.held.clear()
    else this.arm(leaseMs)
  }

  add(delivery: Delivery): void {
    const { leaseMs } = this
    if (leaseMs === null) return
    this.held.add(delivery)
    if (leaseMs !== 'unknown') this.arm(leaseMs)
  }

  /** It is settled, or goes back. */
  end(delivery: Delivery): void {
    if (!this.held.delete(delivery) || this.held.size > 0) return
    this.cancel?.()
    this.cancel = null
  }

  /** The consumer has gone, and with it what it had. */
  close(): void {
    this.begin(null)
    this.cancel?.()
  }

  private arm(leaseMs: number): void {
    if (this.held.size === 0) return
    this.cancel ??= this.clock.after(leaseMs / 3, () => {
      this.cancel = null
      for (const delivery of this.held) {
        delivery.renew().catch((error: unknown) => {
          this.log.warn({ queue: delivery.queue, error }, 'a delivery could not be renewed')
        })
      }
      this.arm(leaseMs)
    })
  }
}
