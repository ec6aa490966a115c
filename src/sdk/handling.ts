import type { Clock } from './clock.ts'
import type { Named } from './codecs.ts'
import { type Context, type Facts, Gathering } from './context.ts'
import type { Features } from './engine.ts'
import type { Outgoing } from './outgoing.ts'
import { PosthornError } from './posthorn-error.ts'
import { isPermanent, isRejection, type RetryPolicy } from './retry.ts'

/** What handles messages: gets the payload, and what is known beside it. What it returns is the answer. */
export type Handler<Out, Answer, F extends Features = Features, Tx = unknown> = (
  payload: Out,
  context: Context<F, Tx>,
) => Answer | Promise<Answer>

/** A handler of any payload, as middleware sees it. */
export type Handle = (payload: unknown, context: Context) => Promise<unknown>

/**
 * Something around handlers: it may look at the message before and after, call the next one later or not at all, and turn errors into others.
 *
 * @example
 * ```ts
 * import type { Middleware } from 'posthorn'
 *
 * const timed: Middleware = (next) => async (payload, context) => {
 *   const start = performance.now()
 *   try {
 *     return await next(payload, context)
 *   } finally {
 *     console.log(`${context.source} took ${performance.now() - start} ms`)
 *   }
 * }
 * ```
 */
export type Middleware = (next: Handle) => Handle

/** The first of the list is the outermost. */
export function wrap(handle: Handle, middleware: readonly Middleware[]): Handle {
  return middleware.reduceRight((next, one) => one(next), handle)
}

/** What came of one hand-out. */
export type Handled =
  | { readonly kind: 'done'; readonly answer: unknown; readonly context: Gathering }
  | { readonly kind: 'rejected'; readonly reason: string }
  | { readonly kind: 'again'; readonly delayMs: number; readonly failures: number; readonly error: unknown }
  | { readonly kind: 'dead'; readonly failures: number; readonly error: unknown }
  /** It was handled before. */
  | { readonly kind: 'known' }
  /** Patience with a consumer that was told to stop was over before the handler was. */
  | { readonly kind: 'stopped' }

/** What came of one attempt. */
export type Once =
  | Extract<Handled, { readonly kind: 'done' | 'known' | 'stopped' }>
  | { readonly kind: 'failed'; readonly error: unknown }

export type Decoded =
  | { readonly kind: 'payload'; readonly payload: unknown }
  | Extract<Handled, { readonly kind: 'dead' }>

/** Around each attempt: makes one unit of it and what belongs to it. May throw ALREADY_HANDLED. */
export type Unit = (payload: unknown, context: Gathering, next: () => Promise<unknown>) => Promise<unknown>

/** Thrown by a unit whose message was handled before. */
export const ALREADY_HANDLED = Symbol('already handled')

export interface HandlingOptions {
  readonly of: Named<never, unknown>
  readonly handle: Handle
  readonly unit: Unit | null
  readonly retry: RetryPolicy
  readonly outgoing: Outgoing
  readonly clock: Clock
  /** How long one attempt may take, in milliseconds; null: as long as it wants. */
  readonly timeoutMs: number | null
  /** Aborts when patience with a consumer that was told to stop is over. */
  readonly signal: AbortSignal
}

/** Decodes a body, calls the handler, and says what becomes of the message. */
export class Handling {
  private readonly options: HandlingOptions
  /** What ends each attempt that runs: one listener for all. */
  private readonly running = new Set<(reason: unknown) => void>()

  constructor(options: HandlingOptions) {
    this.options = options
    const { signal } = options
    signal.addEventListener('abort', () => {
      for (const abort of this.running) abort(signal.reason)
    })
  }

  /** `facts.attempt - 1` failures have come before. */
  async run(body: Uint8Array | null, facts: Facts): Promise<Handled> {
    const decoded = await this.decode(body, facts)
    return decoded.kind === 'payload' ? this.handle(decoded.payload, facts) : decoded
  }

  async decode(body: Uint8Array | null, facts: Facts): Promise<Decoded> {
    if (body === null) return { kind: 'payload', payload: null }
    try {
      return { kind: 'payload', payload: await this.options.outgoing.codecs.decode(this.options.of, body) }
    } catch (error) {
      // It will not be another one the next time.
      return { kind: 'dead', failures: facts.attempt, error }
    }
  }

  /** The same with the payload in hand: tries again at once as often as the policy says. */
  async handle(payload: unknown, facts: Facts): Promise<Handled> {
    for (let attempt = facts.attempt; ; attempt++) {
      const once = await this.once(payload, { ...facts, attempt })
      if (once.kind !== 'failed') return once
      const verdict = this.options.retry.judge(attempt, Math.random())
      if (verdict.kind === 'at-once' && isOrdinary(once.error)) continue
      return this.judge(once.error, attempt)
    }
  }

  /** One attempt. */
  async once(payload: unknown, facts: Facts): Promise<Once> {
    const context = new Gathering(facts, this.options.outgoing)
    try {
      return { kind: 'done', answer: await this.attempt(payload, context), context }
    } catch (error) {
      if (error === ALREADY_HANDLED) return { kind: 'known' }
      return this.options.signal.aborted ? { kind: 'stopped' } : { kind: 'failed', error }
    }
  }

  /** What becomes of a message that has failed for the `attempt`-th time. */
  judge(error: unknown, attempt: number): Handled {
    if (isRejection(error)) return { kind: 'rejected', reason: (error as Error).message }
    if (isPermanent(error)) return { kind: 'dead', failures: attempt, error }
    const verdict = this.options.retry.judge(attempt, Math.random())
    if (verdict.kind === 'give-up') return { kind: 'dead', failures: attempt, error }
    return { kind: 'again', delayMs: verdict.kind === 'again' ? verdict.delayMs : 0, failures: attempt, error }
  }

  /** One that does not end in time has failed, whatever it still does. */
  private attempt(payload: unknown, context: Gathering): Promise<unknown> {
    const { clock, handle, unit, timeoutMs, signal } = this.options
    return new Promise((resolve, reject) => {
      const abort = (reason: unknown) => {
        context.abort(reason)
        reject(reason)
      }
      if (signal.aborted) {
        abort(signal.reason)
        return
      }
      const expire = () =>
        abort(new PosthornError('TIMED_OUT', `the handler of message '${context.id}' took longer than ${timeoutMs} ms`))
      const cancel = timeoutMs === null ? null : clock.after(timeoutMs, expire)
      this.running.add(abort)
      const end = () => {
        cancel?.()
        this.running.delete(abort)
      }
      const next = () => handle(payload, context)
      const attempt = unit === null ? next() : unit(payload, context, next)
      attempt.then(
        (answer) => {
          end()
          resolve(answer)
        },
        (error: unknown) => {
          end()
          reject(error)
        },
      )
    })
  }
}

/** An error that a retry may mend. */
function isOrdinary(error: unknown): boolean {
  return !isRejection(error) && !isPermanent(error)
}
