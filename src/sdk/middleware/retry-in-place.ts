import type { Middleware } from '../handling.ts'
import { isPermanent, isRejection, type RetryOptions, retryPolicy } from '../retry.ts'
import { pause } from './wait.ts'

/**
 * Tries again in place, with the message in hand: for failures that pass in moments. What still fails then is the consumer's to retry.
 *
 * @example
 * ```ts
 * import { retryInPlace } from 'posthorn'
 *
 * const options = { middleware: [retryInPlace({ attempts: 3, delay: '50ms' })] }
 * ```
 */
export function retryInPlace(options: RetryOptions): Middleware {
  const policy = retryPolicy(options)
  return (next) => async (payload, context) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await next(payload, context)
      } catch (error) {
        const verdict = policy.judge(attempt, Math.random())
        if (verdict.kind === 'give-up' || isPermanent(error) || isRejection(error)) throw error
        context.discard()
        if (verdict.kind === 'again') await pause(context.clock, verdict.delayMs, context.signal)
      }
    }
  }
}
