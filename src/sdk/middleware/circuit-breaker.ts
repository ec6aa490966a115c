import { type Duration, durationMs } from '../duration.ts'
import type { Middleware } from '../handling.ts'
import { isPermanent, isRejection } from '../retry.ts'
import { pause } from './wait.ts'

export interface CircuitBreakerOptions {
  /** So many failures in a row open the circuit; 5 unless given. */
  readonly failures?: number
  /** How long it stays open before one message is let through to see; 30 s unless given. */
  readonly pause?: Duration
  /** Which errors count; all but permanent ones and rejections, which are about their message, unless given. */
  readonly counts?: (error: unknown) => boolean
}

/**
 * Stops handling for a while when what handlers need is down. Messages are held back, not failed: none uses up an attempt because a database is away.
 * One breaker may be around several handlers that need the same thing.
 *
 * @example
 * ```ts
 * import { circuitBreaker } from 'posthorn'
 *
 * const database = circuitBreaker({ failures: 3, pause: '10s' })
 * await bus.consume(orders, async (order) => console.log(order.id), { middleware: [database] })
 * ```
 */
export function circuitBreaker(options: CircuitBreakerOptions = {}): Middleware {
  const most = options.failures ?? 5
  const pauseMs = durationMs(options.pause ?? '30s', 'pause of the circuit breaker')
  const counts = options.counts ?? ((error: unknown) => !isPermanent(error) && !isRejection(error))
  let inARow = 0
  let openUntil = 0
  /** One message tries while the others wait. */
  let trying = false
  return (next) => async (payload, context) => {
    const { clock, signal } = context
    while (inARow >= most) {
      const left = openUntil - clock.now()
      if (left <= 0 && !trying) break
      await pause(clock, Math.max(left, pauseMs / 10), signal)
    }
    const isTrial = inARow >= most
    if (isTrial) trying = true
    try {
      const answer = await next(payload, context)
      inARow = 0
      return answer
    } catch (error) {
      if (!counts(error)) inARow = isTrial ? 0 : inARow
      else if (++inARow >= most) openUntil = clock.now() + pauseMs
      throw error
    } finally {
      if (isTrial) trying = false
    }
  }
}
