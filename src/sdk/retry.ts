import { type Duration, durationMs } from './duration.ts'
import { PosthornError } from './posthorn-error.ts'

export interface RetryOptions {
  /** How often a message is handled at most, the first time included; 3 unless asked for. */
  readonly attempts?: number
  /** How many of these follow at once, in this process, before the message is put back with a delay; none unless asked for. */
  readonly immediate?: number
  /** How delays grow: twice as long each time (the default), by the first delay each time, not at all, or as a function says. */
  readonly backoff?: 'exponential' | 'linear' | 'fixed' | ((attempt: number) => Duration)
  /** The first delay; 1 s unless asked for. */
  readonly delay?: Duration
  /** No delay is longer; 5 min unless asked for. */
  readonly maxDelay?: Duration
  /** Delays are longer or shorter by up to this part of them, by chance, so that what failed together does not come together; 0.2 unless asked for. */
  readonly jitter?: number
}

/** What becomes of a message whose handler has failed. */
export type Verdict =
  | { readonly kind: 'again'; readonly delayMs: number }
  /** In this process, with the delivery in hand. */
  | { readonly kind: 'at-once' }
  | { readonly kind: 'give-up' }

export interface RetryPolicy {
  readonly attempts: number
  /** `attempt` has failed, counting from 1; `dice` is between 0 and 1. */
  judge(attempt: number, dice: number): Verdict
}

export function retryPolicy(options: RetryOptions = {}): RetryPolicy {
  const { attempts = 3, immediate = 0, backoff = 'exponential', jitter = 0.2 } = options
  const first = durationMs(options.delay ?? '1s', 'retry.delay')
  const most = durationMs(options.maxDelay ?? '5m', 'retry.maxDelay')
  if (!Number.isInteger(attempts) || attempts < 1) throw invalid('attempts', attempts, '1 or more')
  if (!Number.isInteger(immediate) || immediate < 0) throw invalid('immediate', immediate, '0 or more')
  if (!(jitter >= 0 && jitter <= 1)) throw invalid('jitter', jitter, 'between 0 and 1')
  const delayOf = (n: number): number => {
    if (typeof backoff === 'function') return durationMs(backoff(n), 'what retry.backoff returns')
    if (backoff === 'fixed') return first
    return backoff === 'linear' ? first * n : first * 2 ** (n - 1)
  }
  return {
    attempts,
    judge(attempt, dice) {
      if (attempt >= attempts) return { kind: 'give-up' }
      if (attempt <= immediate) return { kind: 'at-once' }
      const delay = Math.min(most, delayOf(attempt - immediate))
      return { kind: 'again', delayMs: Math.round(delay * (1 + jitter * (2 * dice - 1))) }
    },
  }
}

function invalid(name: string, value: number, allowed: string): PosthornError {
  return new PosthornError('INVALID_OPTION', `retry.${name} is ${value}, but must be ${allowed}`)
}

const PERMANENT = Symbol.for('posthorn.permanent')
const REJECTION = Symbol.for('posthorn.rejection')

/**
 * Marks an error as one that no retry will mend: the message goes to the dead letters at once.
 *
 * @example
 * ```ts
 * import { permanent } from 'posthorn'
 *
 * await bus.consume(orders, async (order) => {
 *   if (order.total < 0) throw permanent(new Error('a total is not negative'))
 * })
 * ```
 */
export function permanent(error: unknown): Error {
  const marked = error instanceof Error ? error : new Error(String(error))
  Object.defineProperty(marked, PERMANENT, { value: true })
  return marked
}

/** An error with a property `permanent` counts, too: libraries need not know of Posthorn. */
export function isPermanent(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  return PERMANENT in error || (error as { permanent?: unknown }).permanent === true
}

/**
 * An error that refuses the message for good: it is settled and kept nowhere, and its sender is told.
 *
 * @example
 * ```ts
 * import { reject } from 'posthorn'
 *
 * await bus.consume(orders, async (order) => {
 *   if (await isSoldOut(order.id)) throw reject('sold out')
 * })
 * ```
 */
export function reject(reason: string): Error {
  return Object.defineProperty(new Error(reason), REJECTION, { value: true })
}

export function isRejection(error: unknown): boolean {
  return typeof error === 'object' && error !== null && REJECTION in error
}
