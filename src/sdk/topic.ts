import type { Contract } from './contract/contract.ts'
import { json } from './contract/json.ts'
import { contractOf, type Input, type Output, type Schema } from './contract/schema.ts'
import { type Duration, durationMs } from './duration.ts'
import { checkName } from './names.ts'
import { PosthornError } from './posthorn-error.ts'
import { type RetryOptions, type RetryPolicy, retryPolicy } from './retry.ts'

/** A topic: every subscriber gets every record. `In` is what publishers give, `Out` what handlers get. */
export interface Topic<In = unknown, Out = unknown> {
  readonly kind: 'topic'
  readonly name: string
  readonly contract: Contract<In, Out>
  readonly key: ((payload: In) => string) | null
  readonly partitions: number
  readonly retentionMs: number | null
  readonly compact: boolean
  readonly retry: RetryPolicy
  readonly native: Readonly<Record<string, unknown>> | undefined
}

/** Any topic. */
// biome-ignore lint/suspicious/noExplicitAny: stands for all payloads at once, in both directions.
export type AnyTopic = Topic<any, any>

export interface TopicOptions<S extends Schema> {
  /** What a record is: a Standard Schema (zod, valibot, arktype), a JSON Schema, `avro(…)`, `json<T>()` or `raw()`. */
  readonly schema: S
  /** The key of a record: those of one key are in one partition, in order. */
  readonly key?: (payload: Input<S>) => string
  /** How many partitions a topic has that is made new: 1 unless asked for. */
  readonly partitions?: number
  /** How long records are kept, if the topic is made new; the broker decides unless asked for. */
  readonly retention?: Duration
  /** Of each key the newest record is kept for good. */
  readonly compact?: boolean
  /** What happens to records whose handler fails in a durable subscription. */
  readonly retry?: RetryOptions
  /** Options of one engine for this topic, by the engine's name. */
  readonly native?: Readonly<Record<string, unknown>>
}

/**
 * Declares a topic and its contract. Nothing happens before it is used with a bus.
 *
 * @example
 * ```ts
 * import { topic } from 'posthorn'
 * import { z } from 'zod'
 *
 * const paid = topic('orders.paid', {
 *   schema: z.object({ orderId: z.string() }),
 *   key: (payment) => payment.orderId,
 *   partitions: 6,
 *   retention: '7d',
 * })
 * ```
 */
export function topic<const S extends Schema>(
  name: string,
  options: TopicOptions<S> & { readonly compact: true },
): Topic<Input<S> | null, Output<S> | null>
export function topic<const S extends Schema>(name: string, options: TopicOptions<S>): Topic<Input<S>, Output<S>>
export function topic<T = unknown>(name: string): Topic<T, T>
export function topic(name: string, options?: TopicOptions<Schema>): AnyTopic {
  checkName('topic', name)
  const partitions = options?.partitions ?? 1
  if (!Number.isInteger(partitions) || partitions < 1) {
    throw new PosthornError('INVALID_OPTION', `topic '${name}': partitions is ${partitions}, but must be 1 or more`)
  }
  return {
    kind: 'topic',
    name,
    contract: options === undefined ? json() : contractOf(options.schema),
    key: options?.key ?? null,
    partitions,
    retentionMs:
      options?.retention === undefined ? null : durationMs(options.retention, `retention of topic '${name}'`),
    compact: options?.compact ?? false,
    retry: retryPolicy(options?.retry),
    native: options?.native,
  }
}
