/** Time, as the broker sees it. In the simulator it moves only when it is told to. */
export interface Clock {
  /** Wall-clock time in whole milliseconds since 1970: for expiry, timestamps, retention. */
  now(): number
  /** Milliseconds that never go back: for time-outs and heartbeats. Fractions allowed. */
  elapsed(): number
  /**
   * The one alarm: `wake` is called once when `elapsed()` reaches `deadline`. A later call replaces an earlier one;
   * `Infinity` switches it off.
   */
  alarm(deadline: number, wake: () => void): void
  /** Calls `run` once after all input that is there now has been read: the end of the turn. */
  afterInput(run: () => void): void
}
