/** What a code means. `docs/errors.md` has the same table. */
interface Kind {
  /** Whether the same call may succeed later. */
  readonly retryable: boolean
  readonly means: string
}

/** Every error of the SDK has one of these codes; a code never changes its meaning. */
export const ERRORS = {
  ABORTED: { retryable: false, means: 'an AbortSignal ended the call' },
  CLOSED: { retryable: false, means: 'the bus, consumer or subscription is closed' },
  CONNECTION_FAILED: { retryable: true, means: 'the broker cannot be reached, or the connection was lost on the way' },
  CONTRACT_INCOMPATIBLE: { retryable: false, means: 'a contract does not fit what is registered or declared' },
  CONTRACT_INVALID: { retryable: false, means: 'a schema is no schema of its kind' },
  CONTRACT_VIOLATED: { retryable: false, means: 'a payload is not what its contract says' },
  DEAD_LETTERED: { retryable: false, means: 'the message was given up and is among the dead letters' },
  DECLARED_DIFFERENTLY: { retryable: false, means: 'the queue or topic is there already, and is another one' },
  DELIVERY_LOST: { retryable: false, means: 'the delivery went back to the queue before it was settled' },
  ENGINE_UNKNOWN: { retryable: false, means: 'no engine has this URL scheme' },
  FEATURE_MISSING: { retryable: false, means: 'this engine cannot do that' },
  INVALID_OPTION: { retryable: false, means: 'an option has no meaning' },
  NOT_FOUND: { retryable: false, means: 'the queue, topic or entry is not there' },
  NOT_INSTALLED: { retryable: false, means: 'an optional package is needed and not installed' },
  REFUSED: { retryable: false, means: 'the broker refuses the operation' },
  REJECTED: { retryable: false, means: 'a consumer refused the message for good' },
  TIMED_OUT: { retryable: true, means: 'there was no answer in time' },
  TOO_LARGE: { retryable: false, means: 'the message is larger than the broker takes' },
  UNAVAILABLE: { retryable: true, means: 'the broker cannot do that now: it is full, or not ready' },
} as const satisfies Record<string, Kind>

export type ErrorCode = keyof typeof ERRORS

/**
 * The one class of errors that the SDK throws.
 *
 * @example
 * ```ts
 * import { PosthornError } from 'posthorn'
 *
 * try {
 *   await bus.request(quotes, { symbol: 'POST' }, { timeout: '2s' })
 * } catch (error) {
 *   if (error instanceof PosthornError && error.retryable) retryLater()
 *   else throw error
 * }
 * ```
 */
export class PosthornError extends Error {
  override readonly name = 'PosthornError'
  /** From the table in docs/errors.md. */
  readonly code: ErrorCode
  /** Whether the same call may succeed later. */
  readonly retryable: boolean

  constructor(code: ErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options)
    this.code = code
    this.retryable = ERRORS[code].retryable
  }
}
