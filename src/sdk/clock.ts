/** Time, as the SDK sees it: in tests it moves when it is told to. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /**
   * Calls `run` once, `delayMs` from now; the function that is returned takes that back. A timer does not keep the process alive unless it is asked to, which
   * only the machine's clock can.
   */
  after(delayMs: number, run: () => void, options?: { readonly keepsAlive?: boolean }): () => void
}

/** The longest delay that a timer of the runtime takes. */
const LONGEST_MS = 2 ** 31 - 1

/** The machine's clock. */
export const machineClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run, { keepsAlive = false } = {}) {
    const deadline = Date.now() + delayMs
    let timer: NodeJS.Timeout
    const set = () => {
      const left = Math.max(0, deadline - Date.now())
      timer = setTimeout(left > LONGEST_MS ? set : run, Math.min(left, LONGEST_MS))
      if (!keepsAlive) timer.unref()
    }
    set()
    return () => clearTimeout(timer)
  },
}
