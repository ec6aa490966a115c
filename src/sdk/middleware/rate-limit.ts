import { type Duration, durationMs } from '../duration.ts'
import type { Middleware } from '../handling.ts'
import { PosthornError } from '../posthorn-error.ts'
import { pause } from './wait.ts'

export interface RateLimitOptions {
  /** So many messages … */
  readonly limit: number
  /** … in this time; 1 s unless given. */
  readonly per?: Duration
}

/**
 * Handles no more than so many messages in a time; the others wait. One limit may be around several handlers.
 *
 * @example
 * ```ts
 * import { rateLimit } from 'posthorn'
 *
 * const options = { middleware: [rateLimit({ limit: 100, per: '1s' })], concurrency: 10 }
 * ```
 */
export function rateLimit({ limit, per = '1s' }: RateLimitOptions): Middleware {
  const perMs = durationMs(per, 'per of the rate limit')
  if (!(limit > 0))
    throw new PosthornError('INVALID_OPTION', `limit of the rate limit is ${limit}, but must be above 0`)
  const stepMs = perMs / limit
  /** When everything that was let through would be even: a bucket, counted in time. */
  let even = 0
  return (next) => async (payload, context) => {
    const now = context.clock.now()
    even = Math.max(even, now - perMs) + stepMs
    const waitMs = even - now
    if (waitMs > 0) await pause(context.clock, waitMs, context.signal)
    return next(payload, context)
  }
}
