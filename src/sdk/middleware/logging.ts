import type { Middleware } from '../handling.ts'
import type { Logger } from '../logger.ts'

/**
 * Tells of every message that is handled, and how long that took.
 *
 * @example
 * ```ts
 * import { connect, logging } from 'posthorn'
 * import { pino } from 'pino'
 *
 * await connect('memory:', { middleware: [logging(pino())] })
 * ```
 */
export function logging(log: Logger): Middleware {
  return (next) => async (payload, context) => {
    const { source, id, key, attempt, clock } = context
    const began = clock.now()
    try {
      const answer = await next(payload, context)
      log.info({ source, id, key, attempt, ms: clock.now() - began }, 'handled')
      return answer
    } catch (error) {
      log.warn({ source, id, key, attempt, ms: clock.now() - began, error }, 'not handled')
      throw error
    }
  }
}
