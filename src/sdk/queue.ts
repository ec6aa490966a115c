import type { Contract } from './contract/contract.ts'
import { json } from './contract/json.ts'
import { contractOf, type Input, type Output, type Schema } from './contract/schema.ts'
import { checkName } from './names.ts'
import { type RetryOptions, type RetryPolicy, retryPolicy } from './retry.ts'

/** A queue: each message is handled by one of its competing consumers. `In` is what senders give, `Out` what handlers get. */
export interface Queue<In = unknown, Out = unknown, AnswerIn = void, AnswerOut = void> {
  readonly kind: 'queue'
  readonly name: string
  readonly contract: Contract<In, Out>
  /** Of what handlers answer; null if they answer nothing. */
  readonly answer: Contract<AnswerIn, AnswerOut> | null
  readonly retry: RetryPolicy
  /** The key of a message: those of one key are handled in order. */
  readonly key: ((payload: In) => string) | null
  readonly native: Readonly<Record<string, unknown>> | undefined
}

/** Any queue. */
// biome-ignore lint/suspicious/noExplicitAny: stands for all payloads at once, in both directions.
export type AnyQueue = Queue<any, any, any, any>

export interface QueueOptions<S extends Schema, A extends Schema> {
  /** What a message is: a Standard Schema (zod, valibot, arktype), a JSON Schema, `avro(…)`, `json<T>()` or `raw()`. */
  readonly schema: S
  /** What a handler answers, for receipts and requests. */
  readonly answer?: A
  /** What happens to messages whose handler fails. */
  readonly retry?: RetryOptions
  /** The key of a message: those of one key are handled one after the other. */
  readonly key?: (payload: Input<S>) => string
  /** Options of one engine for this queue, by the engine's name. */
  readonly native?: Readonly<Record<string, unknown>>
}

/**
 * Declares a queue and its contract. Nothing happens before it is used with a bus.
 *
 * @example
 * ```ts
 * import { queue } from 'posthorn'
 * import { z } from 'zod'
 *
 * const orders = queue('orders', {
 *   schema: z.object({ id: z.string(), total: z.number() }),
 *   retry: { attempts: 5, backoff: 'exponential' },
 * })
 * ```
 */
export function queue<const S extends Schema, const A extends Schema = Contract<void>>(
  name: string,
  options: QueueOptions<S, A>,
): Queue<Input<S>, Output<S>, Input<A>, Output<A>>
export function queue<T = unknown>(name: string): Queue<T, T>
export function queue(name: string, options?: QueueOptions<Schema, Schema>): AnyQueue {
  checkName('queue', name)
  return {
    kind: 'queue',
    name,
    contract: options === undefined ? json() : contractOf(options.schema),
    answer: options?.answer === undefined ? null : contractOf(options.answer),
    retry: retryPolicy(options?.retry),
    key: options?.key ?? null,
    native: options?.native,
  }
}
