/** What a contract came to at one queue, exchange or topic, since the broker started. */
export class Tally {
  /** Messages or records that were looked at. */
  checked = 0
  /** Those that broke it and were taken. */
  warned = 0
  /** Those that were refused, and of these what went to a dead-letter exchange or was dropped without a word to its publisher. */
  refused = 0
  buried = 0
  dropped = 0
  /** What was wrong with the last one, and when it came; empty before. */
  why = ''
  at = 0
  /** When the operator heard of it last. */
  toldAt = Number.NEGATIVE_INFINITY
}
