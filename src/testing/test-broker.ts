import { busOver, type ConnectOptions } from '../engines/connect.ts'
import type { EmbeddedEngine } from '../engines/embedded/engine.ts'
import { Life } from '../engines/embedded/life.ts'
import { MemoryDisk } from '../env/memory-disk.ts'
import type { Bus } from '../sdk/bus.ts'
import { type Duration, durationMs } from '../sdk/duration.ts'
import { silent } from '../sdk/logger.ts'
import type { AnyQueue, Queue } from '../sdk/queue.ts'
import type { Topic } from '../sdk/topic.ts'
import type { Protocol } from '../server/listen-address.ts'
import type { Log } from '../server/log.ts'
import type { SettingKey } from '../server/settings.ts'
import { MovableClock } from './movable-clock.ts'
import { type Handling, Spies } from './spies.ts'

export interface TestBrokerOptions {
  /** A data directory; in memory unless given. */
  readonly directory?: string
  /** Ports for clients; any free ones unless given, and none for false. */
  readonly amqp?: number | false
  readonly kafka?: number | false
  /** Settings of `posthorn serve`. */
  readonly settings?: Partial<Readonly<Record<SettingKey, string | number | boolean>>>
  /** Where the broker tells what happens; nowhere unless given. */
  readonly log?: Log
}

/** How long `handled` waits, in time that passes by itself. */
const PATIENCE: Duration = '5s'
/** Turns of the event loop in which what is at hand gets done. */
const TURNS = 12

type EmbeddedFeatures = EmbeddedEngine['features']

/**
 * Starts a broker for a test: in this process, in milliseconds, with real ports for any client of RabbitMQ or Kafka, a clock that can be moved, and
 * faults on demand.
 *
 * @example
 * ```ts
 * import { queue } from 'posthorn'
 * import { testBroker } from 'posthorn/testing'
 *
 * const orders = queue<{ id: string }>('orders')
 * await using broker = await testBroker()
 * const bus = await broker.connect()
 * await bus.consume(orders, (order) => console.log(order.id))
 * await bus.send(orders, { id: 'o-1' }, { delay: '1h' })
 * await broker.advance('1h')
 * await broker.handled(orders, (order) => order.id === 'o-1')
 * ```
 */
export async function testBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const broker = new TestBroker(options)
  await broker.start()
  return broker
}

/** A broker for a test: see `testBroker`. */
export class TestBroker implements AsyncDisposable {
  private readonly options: TestBrokerOptions
  private readonly spies = new Spies()
  private readonly log: Log
  private readonly ports = new Map<Protocol, number>()
  private disk: MemoryDisk | null
  private clock = new MovableClock()
  private life!: Life
  private recovering: Promise<void> | null = null
  private buses: Bus<EmbeddedFeatures>[] = []
  /** What was written when everything at hand was done. */
  private settledAt = -1

  constructor(options: TestBrokerOptions) {
    this.options = options
    this.log = options.log ?? silent
    this.disk = options.directory === undefined ? new MemoryDisk() : null
  }

  /** Called by `testBroker`. */
  async start(): Promise<void> {
    await this.begin()
    const { amqp = 0, kafka = 0 } = this.options
    for (const [protocol, port] of [
      ['amqp', amqp],
      ['kafka', kafka],
    ] as const) {
      if (port !== false) this.ports.set(protocol, await this.life.listen(protocol, port, this.log))
    }
  }

  /** Where clients of RabbitMQ connect to. */
  get amqpUrl(): string {
    return `amqp://guest:guest@127.0.0.1:${this.portOf('amqp')}`
  }

  /** Where clients of Kafka connect to. */
  get kafkaUrl(): string {
    return `kafka://127.0.0.1:${this.portOf('kafka')}`
  }

  /** `host:port` for clients of Kafka. */
  get bootstrapServer(): string {
    return `127.0.0.1:${this.portOf('kafka')}`
  }

  /** A bus of the SDK over this broker, in process. It is closed with the broker. */
  async connect<Tx = unknown>(options: ConnectOptions<Tx> = {}): Promise<Bus<EmbeddedFeatures, Tx>> {
    const middleware = [this.spies.middleware, ...(options.middleware ?? [])]
    const bus = await busOver<EmbeddedFeatures, Tx>(this.life.broker.engine(), { ...options, middleware })
    this.buses.push(bus as Bus<EmbeddedFeatures>)
    return bus
  }

  /** What time it is for the broker and the buses that were connected with `connect`. */
  now(): Date {
    return new Date(this.clock.now())
  }

  /**
   * Moves the clock on: delays, retries, times to live, session time-outs and everything else that waits for it happens at once, in its order. Heartbeats of
   * real clients stay on real time.
   */
  advance(duration: Duration): Promise<void> {
    return this.clock.advance(durationMs(duration, 'duration'), () => this.settle())
  }

  /**
   * Resolves when a handler of a bus of this broker has handled such a message, or has done so already; what a handler failed with counts if `failed` is
   * set. Rejects, and tells what was handled instead, if that does not come within `patience` (5 s unless given, of real time).
   */
  async handled<In, Out>(
    of: Queue<In, Out, never, unknown> | Topic<In, Out>,
    match: (payload: Out) => boolean = () => true,
    options: { readonly failed?: boolean; readonly patience?: Duration } = {},
  ): Promise<Handling<Out>> {
    const patienceMs = durationMs(options.patience ?? PATIENCE, 'patience')
    const fits = ({ payload, error }: Handling) =>
      (error !== null) === (options.failed ?? false) && match(payload as Out)
    return (await this.spies.wait(of.name, fits, patienceMs)) as Handling<Out>
  }

  /** All that handlers of buses of this broker have handled of a queue or topic, failures included. */
  handlings<In, Out>(of: Queue<In, Out, never, unknown> | Topic<In, Out>): readonly Handling<Out>[] {
    return this.spies.of(of.name) as readonly Handling<Out>[]
  }

  /** Cuts the connections of clients, or those of one protocol, without a word. Returns how many. */
  dropConnections(protocol: 'amqp' | 'kafka' | null = null): number {
    return this.life.cut(protocol)
  }

  /** The next time something is written for good that fails: the broker crashes, and recovers. Resolves when it is back. In memory only. */
  async failNextSync(): Promise<void> {
    const { disk } = this
    if (disk === null) throw new Error('failNextSync needs a broker in memory')
    await new Promise<void>((resolve) => {
      disk.fault = (operation) => {
        if (operation !== 'sync') return null
        disk.fault = () => null
        resolve()
        return new Error('EIO: the disk does not write')
      }
    })
    await this.recovering
  }

  /**
   * Ends the broker as kill -9 does, and starts it again on what it had written, at the same ports. Clients reconnect; buses in process are gone with it:
   * connect again.
   */
  crash(): Promise<void> {
    this.recovering ??= this.recover().finally(() => {
      this.recovering = null
    })
    return this.recovering
  }

  /** Takes back what consumers of this process have and have not settled, as if they were gone: it is handed out again. Returns how many deliveries. */
  redeliver(queue: AnyQueue): number {
    return this.life.broker.redeliver(queue.name)
  }

  /** Puts a member out of a group, which comes back by itself: the group's partitions are given out anew. False if it has none. */
  rebalance(group: string): boolean {
    return this.life.broker.rebalance(group)
  }

  async close(): Promise<void> {
    await this.recovering
    await Promise.all(this.buses.map((bus) => bus.close()))
    await this.life.end()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  private portOf(protocol: Protocol): number {
    const port = this.ports.get(protocol)
    if (port === undefined) throw new Error(`this broker does not listen for ${protocol}`)
    return port
  }

  private async begin(): Promise<void> {
    const { directory, settings = {} } = this.options
    this.life = await Life.begin({
      data: this.disk ?? directory!,
      clock: this.clock,
      settings,
      log: this.log,
      mortal: this.disk === null,
      onFatal: () => void this.crash(),
    })
  }

  private async recover(): Promise<void> {
    await this.life.die()
    // They end by themselves: there is nothing left to close.
    this.buses = []
    if (this.disk !== null) this.disk = this.disk.takeOver()
    // The timers of the broker that died ring no more.
    this.clock = new MovableClock(this.clock.ahead)
    await this.begin()
    for (const [protocol, port] of this.ports) await this.life.listen(protocol, port, this.log)
  }

  /** What is at hand is done: turns have ended, what waits for the disk is there, handlers that wait for nothing else have run. */
  private async settle(): Promise<void> {
    const { ground } = this.life.broker
    let at: number
    do {
      at = ground.written
      await turns(1)
      // Nothing was written: a timer rang for the broker's own housekeeping.
      if (ground.written === at && at === this.settledAt) return
      await ground.durable()
      await turns(TURNS)
      this.settledAt = at
    } while (ground.written !== at)
  }
}

async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve))
}
