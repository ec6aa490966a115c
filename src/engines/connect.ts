import { Bus } from '../sdk/bus.ts'
import type { Engine, Features, OpenEngine } from '../sdk/engine.ts'
import { requireFeature } from '../sdk/features.ts'
import type { Middleware } from '../sdk/handling.ts'
import { type Logger, silent } from '../sdk/logger.ts'
import type { Store } from '../sdk/outbox/store.ts'
import { PosthornError } from '../sdk/posthorn-error.ts'
import type { AnyQueue } from '../sdk/queue.ts'
import type { SchemaRegistry } from '../sdk/registry/registry.ts'
import { openTelemetry } from '../sdk/telemetry/otel.ts'
import { untold } from '../sdk/telemetry/telemetry.ts'
import type { AnyTopic } from '../sdk/topic.ts'
import type { FEATURES as Embedded } from './embedded/engine.ts'
import type { FEATURES as Kafka } from './kafka/features.ts'
import type { FEATURES as RabbitMQ } from './rabbitmq/features.ts'

/** Engines by the scheme of their URLs; what is not used is not loaded. */
const ENGINES: Readonly<Record<string, () => Promise<{ readonly openEngine: OpenEngine }>>> = {
  memory: () => import('./embedded/open.ts'),
  file: () => import('./embedded/open.ts'),
  kafka: () => import('./kafka/open.ts'),
  kafkas: () => import('./kafka/open.ts'),
  amqp: () => import('./rabbitmq/open.ts'),
  amqps: () => import('./rabbitmq/open.ts'),
}

/** What the engine of a URL can do, as far as its type tells. */
export type FeaturesOf<Url> = Url extends `memory:${string}` | `file:${string}`
  ? typeof Embedded
  : Url extends `kafka:${string}` | `kafkas:${string}`
    ? typeof Kafka
    : Url extends `amqp:${string}` | `amqps:${string}`
      ? typeof RabbitMQ
      : Features

export interface ConnectOptions<Tx = unknown> {
  /** Declared, and checked, before `connect` resolves. */
  readonly contracts?: readonly (AnyQueue | AnyTopic)[]
  /** What the engine has to be able to do: else `connect` says what it lacks. */
  readonly requires?: readonly (keyof Features)[]
  /** Where the SDK tells what happens; nowhere unless given. pino's loggers fit. */
  readonly log?: Logger
  /** Around every handler; the first is the outermost. */
  readonly middleware?: readonly Middleware[]
  /** Inbox and outbox in the application's database: what makes effects happen once where the engine can't do it alone. */
  readonly store?: Store<Tx>
  /** Where schemas are registered and looked up; what is sent then carries its schema's id as Confluent's serializers do it. */
  readonly registry?: SchemaRegistry
  /** Traces and metrics by OpenTelemetry, if the application has its API; false for none. */
  readonly telemetry?: boolean
  /** Options of the engine. */
  readonly engine?: Readonly<Record<string, unknown>>
}

/**
 * Connects to a broker: `memory:` and `file:DIRECTORY` are brokers in this process, `amqp:` and `amqps:` are RabbitMQ or our own server (with the package
 * amqplib), `kafka:` and `kafkas:` Kafka or our own server (with @platformatic/kafka).
 *
 * @example
 * ```ts
 * import { connect } from 'posthorn'
 *
 * await using bus = await connect('file:./data')
 * ```
 *
 * @throws PosthornError `ENGINE_UNKNOWN`, `CONNECTION_FAILED`, `FEATURE_MISSING`, and what declaring throws
 */
export async function connect<const Url extends string, Tx = unknown>(
  url: Url,
  options: ConnectOptions<Tx> = {},
): Promise<Bus<FeaturesOf<Url>, Tx>> {
  const scheme = url.slice(0, Math.max(0, url.indexOf(':')))
  const load = Object.hasOwn(ENGINES, scheme) ? ENGINES[scheme] : undefined
  if (load === undefined) {
    const known = Object.keys(ENGINES).map((one) => `${one}:`)
    throw new PosthornError('ENGINE_UNKNOWN', `no engine has URLs like '${url}'; there are ${known.join(', ')}`)
  }
  const log = options.log ?? silent
  const { openEngine } = await load()
  const engine = await openEngine(url, { log, options: options.engine ?? {} })
  return busOver(engine as Engine & { readonly features: FeaturesOf<Url> }, options)
}

/** A bus over an engine that is open: for engines of other makers, and for brokers in this process. */
export async function busOver<F extends Features, Tx = unknown>(
  engine: Engine & { readonly features: F },
  options: ConnectOptions<Tx> = {},
): Promise<Bus<F, Tx>> {
  const { contracts = [], requires = [], log = silent, middleware = [], store = null, registry = null } = options
  const telemetry = options.telemetry === false ? null : await openTelemetry(engine)
  const bus = new Bus<F, Tx>(engine, { log, middleware, store, registry, telemetry: telemetry ?? untold })
  try {
    for (const feature of requires) requireFeature(engine, feature, 'connect')
    await store?.prepare()
    await bus.declare(...contracts)
  } catch (error) {
    await bus.close()
    throw error
  }
  bus.begin()
  return bus
}
