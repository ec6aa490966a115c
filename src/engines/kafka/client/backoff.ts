/** The first pause, and the longest. */
const FIRST_MS = 20
const LONGEST_MS = 1000

/** Pauses that grow, each a little different, so that many who wait do not come at a time. */
export class Backoff {
  private attempt = 0

  reset(): void {
    this.attempt = 0
  }

  pause(): Promise<void> {
    const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.attempt++)
    return pause(most / 2 + (Math.random() * most) / 2)
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
