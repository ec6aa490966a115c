import { Consumer, type InboxUse } from './consumer.ts'
import { type Duration, durationMs } from './duration.ts'
import type { Engine, Features } from './engine.ts'
import { requireFeature } from './features.ts'
import { type Handler, Handling, type Middleware, wrap } from './handling.ts'
import type { Logger } from './logger.ts'
import type { Outgoing } from './outgoing.ts'
import { Patience } from './patience.ts'
import { PosthornError } from './posthorn-error.ts'
import type { AnyQueue } from './queue.ts'

export interface Idempotency<Out> {
  /** What a message is known by; its id unless given. */
  readonly key?: (payload: Out, message: { readonly id: string; readonly key: string | null }) => string
  /** How long it is known; 1 day unless given. */
  readonly window?: Duration
  /** Who knows it: consumers of one name share what they know; the queue's name unless given. */
  readonly consumer?: string
}

/** What consumers and subscriptions have in common. */
export interface HandlingChoices {
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

export interface ConsumeOptions<Out = unknown, _F extends Features = Features> extends HandlingChoices {
  /** Messages that may be on the way to this consumer; twice its concurrency, but at least 32, unless given. */
  readonly prefetch?: number
  /** Handles each message once, known by its id or by a key. */
  readonly idempotent?: boolean | Idempotency<Out>
}

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
}

const LEAST_PREFETCH = 32
const WINDOW: Duration = '1d'
const PATIENCE: Duration = '30s'

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
  const inbox = inboxUse(engine, queue.name, options.idempotent ?? false, where)
  const patience = patienceOf(engine, options, where)
  const handling = handlingOf(ground, queue, handler, options, patience.signal, where)
  const settings = { queue, concurrency, prefetch, inbox, isRetryQueue: false }
  const consumer = new Consumer(engine, settings, handling, outgoing, log)
  const consuming = ending(() => consumer.stop(patience), options.signal)
  await consumer.start(consuming.fail)
  return consuming.handle
}

export function patienceOf(engine: Engine, { patience = PATIENCE }: HandlingChoices, where: string): Patience {
  return new Patience(engine.clock, durationMs(patience, `patience of ${where}`))
}

export function handlingOf(
  { engine, outgoing, middleware }: Ground,
  of: Pick<AnyQueue, 'contract' | 'retry'>,
  handler: Handler<unknown, unknown>,
  { timeout, middleware: own = [] }: HandlingChoices,
  signal: AbortSignal,
  where: string,
): Handling {
  return new Handling({
    contract: of.contract,
    handle: wrap(async (payload, context) => handler(payload, context), [...middleware, ...own]),
    retry: of.retry,
    outgoing,
    clock: engine.clock,
    timeoutMs: timeout === undefined ? null : durationMs(timeout, `timeout of ${where}`),
    signal,
  })
}

export function inboxUse(
  engine: Engine,
  consumer: string,
  idempotent: boolean | Idempotency<unknown>,
  where: string,
): InboxUse | null {
  if (idempotent === false) return null
  requireFeature(engine, 'inbox', where)
  const options = idempotent === true ? {} : idempotent
  const windowMs = durationMs(options.window ?? WINDOW, `the window of ${where}`)
  return { consumer: options.consumer ?? consumer, windowMs, keyOf: options.key ?? null }
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
