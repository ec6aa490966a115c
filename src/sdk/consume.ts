import { BatchConsumer, type BatchMessage } from './batch-consumer.ts'
import { Consumer } from './consumer.ts'
import type { Context } from './context.ts'
import { type Duration, durationMs } from './duration.ts'
import type { Engine, Features } from './engine.ts'
import { requireFeature } from './features.ts'
import { type Handler, Handling, type Middleware, type Unit, wrap } from './handling.ts'
import type { Logger } from './logger.ts'
import { type InboxUse, inStore } from './once.ts'
import type { Store } from './outbox/store.ts'
import type { Outgoing } from './outgoing.ts'
import { Patience } from './patience.ts'
import { PosthornError } from './posthorn-error.ts'
import type { AnyQueue } from './queue.ts'
import type { Telemetry } from './telemetry/telemetry.ts'

export interface Idempotency<Out> {
  /** What a message is known by; its id unless given. */
  readonly key?: (payload: Out, message: { readonly id: string; readonly key: string | null }) => string
  /** How long it is known; 1 day unless given. */
  readonly window?: Duration
  /** Who knows it: consumers of one name share what they know; the queue's name unless given. */
  readonly consumer?: string
}

/** What consumers and subscriptions have in common. */
export interface HandlingChoices<Out = unknown> {
  /**
   * Handles each message once, known by its id or by a key. With a `store` in a transaction of the application's database, else in the engine's
   * inbox.
   */
  readonly idempotent?: boolean | Idempotency<Out>
  /** Runs the handler in a transaction of the bus's `store`: see `Context.tx`. What is idempotent is so anyway. */
  readonly transactional?: boolean
  /** Handlers that run at a time; 1 unless given. Messages of one key are handled one after the other all the same. */
  readonly concurrency?: number
  /** How long a handler may take before its attempt counts as failed; for ever unless given. */
  readonly timeout?: Duration
  /** Around this handler, inside that of the bus. */
  readonly middleware?: readonly Middleware[]
  /** How long stopping waits for handlers that run before their messages go back; 30 s unless given. */
  readonly patience?: Duration
  /** Stops it. */
  readonly signal?: AbortSignal
}

export interface ConsumeOptions<Out = unknown> extends HandlingChoices<Out> {
  /** Messages that may be on the way to this consumer; twice its concurrency, but at least 32, unless given. */
  readonly prefetch?: number
}

export interface BatchOptions extends Omit<HandlingChoices, 'idempotent' | 'transactional'> {
  /** Messages of a batch, at most; 100 unless given. */
  readonly size?: number
  /** How long a batch that is not full waits for more; 100 ms unless given. */
  readonly wait?: Duration
}

/** What handles batches: `context.send` and `context.publish` leave with the batch's acknowledgement. */
export type BatchHandler<Out, F extends Features = Features> = (
  messages: readonly BatchMessage<Out>[],
  context: Context<F>,
) => void | Promise<void>

/** Something that handles messages until it is stopped. */
export interface Consuming extends AsyncDisposable {
  /** Takes no more, finishes what has begun, gives back the rest. */
  stop(): Promise<void>
  /** Settles when it has ended: by `stop`, or, rejecting, because it could not go on. */
  readonly ended: Promise<void>
}

/** What handlers run on. */
export interface Ground {
  readonly engine: Engine
  readonly outgoing: Outgoing
  readonly log: Logger
  readonly middleware: readonly Middleware[]
  readonly telemetry: Telemetry
  /** The application's database; null without one. */
  readonly store: Store<unknown> | null
  /** Something was put into its outbox. */
  readonly relay: () => void
}

const LEAST_PREFETCH = 32
const WINDOW: Duration = '1d'
const PATIENCE: Duration = '30s'
const BATCH_SIZE = 100
const BATCH_WAIT: Duration = '100ms'

export async function startConsumer(
  ground: Ground,
  queue: AnyQueue,
  handler: Handler<unknown, unknown>,
  options: ConsumeOptions,
): Promise<Consuming> {
  const { engine, outgoing, log } = ground
  const where = `the consumer of queue '${queue.name}'`
  const concurrency = positive(options.concurrency ?? 1, `concurrency of ${where}`)
  const prefetch = positive(options.prefetch ?? Math.max(LEAST_PREFETCH, 2 * concurrency), `prefetch of ${where}`)
  const { inbox, unit } = unitOf(ground, queue.name, options, where)
  const patience = patienceOf(engine, options, where)
  const handling = handlingOf(ground, queue, handler, options, unit, patience.signal, where)
  const settings = { queue, concurrency, prefetch, inbox, isRetryQueue: false }
  const consumer = new Consumer(engine, settings, handling, outgoing, log)
  const consuming = ending(() => consumer.stop(patience), options.signal)
  await consumer.start(consuming.fail)
  return consuming.handle
}

export async function startBatchConsumer(
  ground: Ground,
  queue: AnyQueue,
  handler: BatchHandler<unknown>,
  options: BatchOptions,
): Promise<Consuming> {
  const { engine, outgoing, log } = ground
  const where = `the batch consumer of queue '${queue.name}'`
  const concurrency = positive(options.concurrency ?? 1, `concurrency of ${where}`)
  const size = positive(options.size ?? BATCH_SIZE, `size of ${where}`)
  const waitMs = durationMs(options.wait ?? BATCH_WAIT, `wait of ${where}`)
  const patience = patienceOf(engine, options, where)
  const handling = handlingOf(
    ground,
    queue,
    handler as Handler<unknown, unknown>,
    options,
    null,
    patience.signal,
    where,
  )
  const consumer = new BatchConsumer(engine, { queue, size, waitMs, concurrency }, handling, outgoing, log)
  const consuming = ending(() => consumer.stop(patience), options.signal)
  await consumer.start(consuming.fail)
  return consuming.handle
}

export function patienceOf(engine: Engine, { patience = PATIENCE }: HandlingChoices, where: string): Patience {
  return new Patience(engine.clock, durationMs(patience, `patience of ${where}`))
}

export function handlingOf(
  ground: Ground,
  of: Pick<AnyQueue, 'name' | 'contract' | 'retry'>,
  handler: Handler<unknown, unknown>,
  { timeout, middleware: own = [] }: HandlingChoices,
  unit: Unit | null,
  signal: AbortSignal,
  where: string,
): Handling {
  const { engine, outgoing, telemetry } = ground
  const middleware = [...ground.middleware, ...own]
  const wrapped =
    middleware.length === 0 ? handler : wrap(async (payload, context) => handler(payload, context), middleware)
  const told = telemetry.middleware(async (payload, context) => wrapped(payload, context))
  return new Handling({
    of,
    handle: (payload, context) => (telemetry.active ? told(payload, context) : wrapped(payload, context)),
    unit,
    retry: of.retry,
    outgoing,
    clock: engine.clock,
    timeoutMs: timeout === undefined ? null : durationMs(timeout, `timeout of ${where}`),
    signal,
  })
}

/** What makes a unit of a message and what its handler does: the engine's inbox, or a transaction of the store. */
export function unitOf(
  { engine, store, relay }: Ground,
  consumer: string,
  { idempotent = false, transactional = false }: HandlingChoices,
  where: string,
): { readonly inbox: InboxUse | null; readonly unit: Unit | null } {
  const options = idempotent === true ? {} : idempotent
  const windowMs = durationMs((options === false ? undefined : options.window) ?? WINDOW, `the window of ${where}`)
  const use =
    options === false ? null : { consumer: options.consumer ?? consumer, windowMs, keyOf: options.key ?? null }
  if (store !== null)
    return { inbox: null, unit: use !== null || transactional ? inStore(store, engine, use, relay) : null }
  if (transactional)
    throw new PosthornError('INVALID_OPTION', `${where} is transactional, but connect was given no store`)
  if (use !== null) requireFeature(engine, 'inbox', where)
  return { inbox: use, unit: null }
}

/** What the user holds, and how its end comes. */
export function ending(
  stop: () => Promise<void>,
  signal: AbortSignal | undefined,
): { readonly handle: Consuming; readonly fail: (error: Error) => void } {
  let stopped: Promise<void> | null = null
  let settle!: () => void
  let fail!: (error: Error) => void
  const ended = new Promise<void>((resolve, reject) => {
    settle = resolve
    fail = reject
  })
  // Whoever wants to know asks; nobody has to.
  ended.catch(() => {})
  const end = () => {
    stopped ??= stop().then(settle)
    return stopped
  }
  if (signal?.aborted) end()
  else signal?.addEventListener('abort', end, { once: true })
  return { handle: { stop: end, ended, [Symbol.asyncDispose]: end }, fail }
}

export function positive(value: number, what: string): number {
  if (Number.isInteger(value) && value >= 1) return value
  throw new PosthornError('INVALID_OPTION', `${what} is ${value}, but must be 1 or more`)
}
