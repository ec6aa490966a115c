import { type Consumption, type Delivery, type Engine, NO_EFFECTS } from './engine.ts'
import type { Handling } from './handling.ts'
import { Lanes } from './lanes/lanes.ts'
import { renewing } from './lease.ts'
import type { Logger } from './logger.ts'
import { handleOnce, type InboxUse } from './once.ts'
import type { Outgoing } from './outgoing.ts'
import type { Patience } from './patience.ts'
import type { AnyQueue } from './queue.ts'
import { Settler } from './settler.ts'
import { FAILURE, TOMBSTONE } from './wire-names.ts'

/** A message that comes back that often without anybody saying why is given up: it may be what ends its consumers. */
const REDELIVERY_LIMIT = 20

export interface ConsumerSettings {
  readonly queue: AnyQueue
  readonly concurrency: number
  readonly prefetch: number
  /** Null unless each key is handled once. */
  readonly inbox: InboxUse | null
  /** Its messages were records of a topic. */
  readonly isRetryQueue: boolean
}

/** A consumer of a queue: takes deliveries through lanes and handlers to their settlement. */
export class Consumer {
  private readonly engine: Engine
  private readonly settings: ConsumerSettings
  private readonly handling: Handling
  private readonly settler: Settler
  private readonly log: Logger
  private readonly lanes: Lanes
  private consumption: Consumption | null = null
  private stopping = false

  constructor(engine: Engine, settings: ConsumerSettings, handling: Handling, outgoing: Outgoing, log: Logger) {
    this.engine = engine
    this.settings = settings
    this.handling = handling
    this.settler = new Settler(engine, settings.queue, settings.isRetryQueue, outgoing, log)
    this.log = log
    this.lanes = new Lanes(settings.concurrency)
  }

  async start(onEnd: (error: Error) => void): Promise<void> {
    const { queue, prefetch } = this.settings
    // One at a time are in order anyway, whatever their keys.
    const ordered = this.settings.concurrency > 1
    const onDelivery = (delivery: Delivery) => this.lanes.add(ordered ? delivery.key : null, () => this.take(delivery))
    this.consumption = await this.engine.consume(queue.name, { prefetch, onDelivery, onEnd })
  }

  /** Takes no more, finishes what has begun, gives back the rest. */
  async stop(patience: Patience): Promise<void> {
    this.stopping = true
    await this.consumption?.stop()
    await patience.wait(this.lanes.drained())
    await this.settler.done()
    await this.consumption?.close()
  }

  private async take(delivery: Delivery): Promise<void> {
    if (this.stopping) {
      this.settler.settle(delivery, { kind: 'release' })
      return
    }
    const stopRenewing = renewing(this.engine.clock, this.consumption?.leaseMs ?? null, [delivery], this.log)
    try {
      await this.handle(delivery)
    } catch (error) {
      // Not the handler's: it is caught where it is called.
      this.log.error({ queue: delivery.queue, error }, 'a delivery could not be handled and goes back')
      this.settler.settle(delivery, { kind: 'release' })
    } finally {
      stopRenewing()
    }
  }

  private async handle(delivery: Delivery): Promise<void> {
    const { engine, handling, settler, settings } = this
    if (settings.isRetryQueue && delivery.headers[FAILURE] !== undefined) {
      // A record that was given up where it was read.
      settler.settle(delivery, { kind: 'dead-letter', headers: {}, effects: NO_EFFECTS })
      return
    }
    const facts = settler.factsOf(delivery)
    const worn = wornOut(delivery)
    if (worn !== null) {
      await settler.settleHandled(delivery, facts, { kind: 'dead', failures: facts.attempt - 1, error: worn })
      return
    }
    const body = delivery.headers[TOMBSTONE] === undefined ? delivery.body : null
    const { handled, inbox } = await handleOnce(engine, handling, settings.inbox, body, facts)
    await settler.settleHandled(delivery, facts, handled, inbox)
  }
}

/** Why a delivery is given up before anybody has looked at it; null if it is not. */
export function wornOut({ redeliveries }: Delivery): Error | null {
  if (redeliveries < REDELIVERY_LIMIT) return null
  return new Error(`it was handed out ${redeliveries + 1} times, and nobody said what became of it`)
}
