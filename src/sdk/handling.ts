import type { Clock } from './clock.ts'
import type { Named } from './codecs.ts'
import { type Context, type Facts, Gathering } from './context.ts'
import type { Features } from './engine.ts'
import { isThenable, type MaybeLater } from './later.ts'
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
  /** Its answer may be a promise. */
  readonly handle: (payload: unknown, context: Context) => unknown
  readonly unit: Unit | null
  readonly retry: RetryPolicy
  readonly outgoing: Outgoing
  readonly clock: Clock
  /** How long one attempt may take, in milliseconds; null: as long as it wants. */
  readonly timeoutMs: number | null
  /** Aborts when patience with a consumer that was told to stop is over. */
  readonly signal: AbortSignal
}

/** An attempt whose end is waited for. */
interface Attempt {
  readonly context: Gathering
  /** When it has failed, whatever it still does. */
  readonly deadline: number
  readonly reject: (reason: unknown) => void
}

/** Decodes a body, calls the handler, and says what becomes of the message: at once, if nothing of that has to be waited for. */
export class Handling {
  private readonly options: HandlingOptions
  /** Those that began first are first: so are their deadlines, for which there is one timer. */
  private readonly running = new Set<Attempt>()
  private isTimed = false

  constructor(options: HandlingOptions) {
    this.options = options
    const { signal } = options
    signal.addEventListener('abort', () => {
      for (const attempt of this.running) end(attempt, signal.reason)
    })
  }

  /** `facts.attempt - 1` failures have come before. */
  run(body: Uint8Array | null, facts: Facts): MaybeLater<Handled> {
    const decoded = this.decode(body, facts)
    return decoded instanceof Promise
      ? decoded.then((decoded) => this.handleDecoded(decoded, facts))
      : this.handleDecoded(decoded, facts)
  }

  private handleDecoded(decoded: Decoded, facts: Facts): MaybeLater<Handled> {
    return decoded.kind === 'payload' ? this.handle(decoded.payload, facts) : decoded
  }

  decode(body: Uint8Array | null, facts: Facts): MaybeLater<Decoded> {
    if (body === null) return { kind: 'payload', payload: null }
    try {
      const payload = this.options.outgoing.codecs.decode(this.options.of, body)
      if (!(payload instanceof Promise)) return { kind: 'payload', payload }
      return payload.then(
        (payload): Decoded => ({ kind: 'payload', payload }),
        (error) => unreadable(facts, error),
      )
    } catch (error) {
      return unreadable(facts, error)
    }
  }

  /** The same with the payload in hand: tries again at once as often as the policy says. */
  handle(payload: unknown, facts: Facts): MaybeLater<Handled> {
    for (let one = facts; ; one = { ...facts, attempt: one.attempt + 1 }) {
      const once = this.once(payload, one)
      if (once instanceof Promise) {
        return once.then(
          (once) => this.verdict(once, one.attempt) ?? this.handle(payload, { ...facts, attempt: one.attempt + 1 }),
        )
      }
      const handled = this.verdict(once, one.attempt)
      if (handled !== null) return handled
    }
  }

  /** One attempt. */
  once(payload: unknown, facts: Facts): MaybeLater<Once> {
    const context = new Gathering(facts, this.options.outgoing)
    try {
      const answer = this.attempt(payload, context)
      if (!(answer instanceof Promise)) return { kind: 'done', answer, context }
      return answer.then(
        (answer): Once => ({ kind: 'done', answer, context }),
        (error) => this.failed(error),
      )
    } catch (error) {
      return this.failed(error)
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

  /** Null: it is tried again at once. */
  private verdict(once: Once, attempt: number): Handled | null {
    if (once.kind !== 'failed') return once
    const { error } = once
    const { kind } = this.options.retry.judge(attempt, Math.random())
    return kind === 'at-once' && isOrdinary(error) ? null : this.judge(error, attempt)
  }

  private failed(error: unknown): Once {
    if (error === ALREADY_HANDLED) return { kind: 'known' }
    return this.options.signal.aborted ? { kind: 'stopped' } : { kind: 'failed', error }
  }

  private attempt(payload: unknown, context: Gathering): unknown {
    const { clock, handle, unit, timeoutMs, signal } = this.options
    if (signal.aborted) {
      context.abort(signal.reason)
      throw signal.reason
    }
    const deadline = timeoutMs === null ? Number.POSITIVE_INFINITY : clock.now() + timeoutMs
    const answer =
      unit === null ? handle(payload, context) : unit(payload, context, async () => handle(payload, context))
    return isThenable(answer) ? this.untilEnd(answer, context, deadline) : answer
  }

  /** One that does not end in time has failed, whatever it still does. */
  private untilEnd(answer: PromiseLike<unknown>, context: Gathering, deadline: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const attempt: Attempt = { context, deadline, reject }
      this.running.add(attempt)
      if (!this.isTimed && this.options.timeoutMs !== null) this.setTimer(deadline)
      answer.then(
        (answer) => {
          this.running.delete(attempt)
          resolve(answer)
        },
        (error: unknown) => {
          this.running.delete(attempt)
          reject(error)
        },
      )
    })
  }

  private setTimer(deadline: number): void {
    const { clock } = this.options
    this.isTimed = true
    clock.after(Math.max(0, deadline - clock.now()), () => {
      this.isTimed = false
      this.expire(clock.now())
    })
  }

  private expire(now: number): void {
    for (const attempt of this.running) {
      const { context, deadline } = attempt
      if (deadline > now) {
        this.setTimer(deadline)
        return
      }
      this.running.delete(attempt)
      const text = `the handler of message '${context.id}' took longer than ${this.options.timeoutMs} ms`
      end(attempt, new PosthornError('TIMED_OUT', text))
    }
  }
}

/** It will not be another one the next time. */
function unreadable({ attempt }: Facts, error: unknown): Decoded {
  return { kind: 'dead', failures: attempt, error }
}

function end({ context, reject }: Attempt, reason: unknown): void {
  context.abort(reason)
  reject(reason)
}

/** An error that a retry may mend. */
function isOrdinary(error: unknown): boolean {
  return !isRejection(error) && !isPermanent(error)
}
