import { MemoryDisk } from '../../env/memory-disk.ts'
import { silent } from '../../sdk/logger.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import type { Log } from '../../server/log.ts'
import type { SettingKey } from '../../server/settings.ts'
import type { EmbeddedEngine } from './engine.ts'
import { Life } from './life.ts'

export interface BrokerOptions {
  /** The data directory; in memory, and gone with the process, unless given. */
  readonly directory?: string
  /** Ports on this machine for clients of RabbitMQ and Kafka, 0 for any free one; none unless given. */
  readonly amqp?: number
  readonly kafka?: number
  /** Settings of `posthorn serve`. */
  readonly settings?: Partial<Readonly<Record<SettingKey, string | number | boolean>>>
  /** Where the broker tells what happens; nowhere unless given. */
  readonly log?: Log
}

/** A broker in this process. */
export interface RunningBroker extends AsyncDisposable {
  /** The ports it listens on; null where it does not. */
  readonly amqpPort: number | null
  readonly kafkaPort: number | null
  /** An engine of the SDK over it: make a bus of it with `busOver`. */
  engine(): EmbeddedEngine
  close(): Promise<void>
}

/**
 * Starts a broker in this process: for an application that brings its own, with ports for other processes.
 *
 * @example
 * ```ts
 * import { busOver } from 'posthorn'
 * import { startBroker } from 'posthorn/broker'
 *
 * const broker = await startBroker({ directory: './data', amqp: 5672, kafka: 9092 })
 * const bus = await busOver(broker.engine())
 * ```
 */
export async function startBroker(options: BrokerOptions = {}): Promise<RunningBroker> {
  const { directory, amqp, kafka, settings = {}, log = silent } = options
  const data = directory ?? new MemoryDisk()
  const onFatal = (error: Error) => {
    log.error({ directory }, `the journal can't be written, so nothing more can be promised: ${error.message}`)
    life.broker.ground.end(new PosthornError('UNAVAILABLE', `the journal can't be written`, { cause: error }))
  }
  const life = await Life.begin({ data, settings, log, onFatal })
  const listen = (protocol: 'amqp' | 'kafka', port: number | undefined) =>
    port === undefined ? Promise.resolve(null) : life.listen(protocol, port, log)
  const [amqpPort, kafkaPort] = [await listen('amqp', amqp), await listen('kafka', kafka)]
  const close = () => life.end()
  return { amqpPort, kafkaPort, engine: () => life.broker.engine(), close, [Symbol.asyncDispose]: close }
}
