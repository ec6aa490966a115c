/** Failures that an address has for nothing; one more is forgiven every so often. */
const FREE = 10
const FORGIVE_MS = 1000
/** How long each further answer is delayed. */
const DELAY_MS = 1000
/** Addresses that are remembered: the one that failed longest ago is forgotten first. */
const MOST_ADDRESSES = 10_000

interface Score {
  failures: number
  at: number
}

/** Counts failed log-ins by address, so that nobody tries passwords by the thousand. */
export class Failures {
  private readonly scores = new Map<string, Score>()

  /** For how many milliseconds the next answer to this address has to wait. */
  delayMs(address: string, now: number): number {
    const score = this.scores.get(address)
    return score !== undefined && left(score, now) > FREE ? DELAY_MS : 0
  }

  note(address: string, now: number): void {
    const known = this.scores.get(address)
    const failures = (known === undefined ? 0 : left(known, now)) + 1
    this.scores.delete(address)
    this.scores.set(address, { failures, at: now })
    if (this.scores.size <= MOST_ADDRESSES) return
    for (const first of this.scores.keys()) {
      this.scores.delete(first)
      break
    }
  }
}

function left({ failures, at }: Score, now: number): number {
  return Math.max(0, failures - (now - at) / FORGIVE_MS)
}
