/** As `quota.window.num` and `quota.window.size.seconds`. */
export const SAMPLES = 11
export const WINDOW_MS = 1000

/**
 * How much a second, over the last ten seconds or so: eleven samples of a second each, of which the oldest is dropped as a whole. Who has just
 * begun is taken to have been silent for ten seconds before, so that a burst costs no more than it would later.
 */
export class Rate {
  private readonly sums = new Float64Array(SAMPLES)
  private readonly starts = new Float64Array(SAMPLES)
  private current = 0
  private filled = 0

  record(value: number, now: number): void {
    if (this.filled === 0) this.begin(0, now)
    else if (now - this.starts[this.current]! >= WINDOW_MS) this.begin((this.current + 1) % SAMPLES, now)
    this.sums[this.current]! += value
  }

  /** For how many milliseconds nothing more may come, so that `perSecond` is kept. */
  throttleMs(perSecond: number, now: number): number {
    let total = 0
    let oldest = now
    for (let i = 0; i < this.filled; i++) {
      if (now - this.starts[i]! >= SAMPLES * WINDOW_MS) continue
      total += this.sums[i]!
      oldest = Math.min(oldest, this.starts[i]!)
    }
    const elapsed = now - oldest
    const missing = Math.max(0, SAMPLES - 1 - Math.floor(elapsed / WINDOW_MS))
    const windowMs = elapsed + missing * WINDOW_MS
    const rate = (total / windowMs) * 1000
    return rate <= perSecond ? 0 : Math.round(((rate - perSecond) / perSecond) * windowMs)
  }

  private begin(at: number, now: number): void {
    this.current = at
    this.filled = Math.max(this.filled, at + 1)
    this.sums[at] = 0
    this.starts[at] = now
  }
}

/** Tokens come in at a rate and are kept up to what eleven seconds bring; they may be overdrawn once. */
export class TokenBucket {
  private tokens = 0
  private at = Number.NEGATIVE_INFINITY

  /** Whether there are any; asked before more are taken. */
  isEmpty(perSecond: number, now: number): boolean {
    this.refill(perSecond, now)
    return this.tokens < 0
  }

  take(count: number, perSecond: number, now: number): void {
    this.refill(perSecond, now)
    this.tokens -= count
  }

  /** For how many milliseconds it stays overdrawn. */
  throttleMs(perSecond: number, now: number): number {
    this.refill(perSecond, now)
    return this.tokens >= 0 ? 0 : Math.round((-this.tokens / perSecond) * 1000)
  }

  private refill(perSecond: number, now: number): void {
    const most = perSecond * SAMPLES * (WINDOW_MS / 1000)
    const came = this.at === Number.NEGATIVE_INFINITY ? most : ((now - this.at) / 1000) * perSecond
    this.tokens = Math.min(most, this.tokens + came)
    this.at = now
  }
}
