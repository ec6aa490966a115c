import { type Duration, durationMs } from '../duration.ts'
import type { Middleware } from '../handling.ts'
import { PosthornError } from '../posthorn-error.ts'

/**
 * What it is around fails if it takes longer: a limit for all handlers of a bus, where `timeout` of a consumer is one for its own.
 *
 * @example
 * ```ts
 * import { connect, timeLimit } from 'posthorn'
 *
 * await connect('memory:', { middleware: [timeLimit('30s')] })
 * ```
 */
export function timeLimit(duration: Duration): Middleware {
  const ms = durationMs(duration, 'the time limit')
  return (next) => (payload, context) =>
    new Promise((resolve, reject) => {
      const expire = () =>
        reject(new PosthornError('TIMED_OUT', `the handler of '${context.id}' took longer than ${ms} ms`))
      const cancel = context.clock.after(ms, expire)
      next(payload, context).then(resolve, reject).finally(cancel)
    })
}
