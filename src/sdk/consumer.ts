import { type Consumption, type Delivery, type Engine, NO_EFFECTS } from './engine.ts'
import type { Handling } from './handling.ts'
import { Lanes } from './lanes/lanes.ts'
import { type MaybeLater, whenThere } from './later.ts'
import { Leases } from './lease.ts'
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
  private readonly lanes: Lanes<Delivery>
  private readonly leases: Leases
  private consumption: Consumption | null = null
  private stopping = false

  constructor(engine: Engine, settings: ConsumerSettings, handling: Handling, outgoing: Outgoing, log: Logger) {
    this.engine = engine
    this.settings = settings
    this.handling = handling
    this.settler = new Settler(engine, settings.queue, settings.isRetryQueue, outgoing, log)
    this.log = log
    this.leases = new Leases(engine.clock, log)
    this.lanes = new Lanes(settings.concurrency, (delivery) => this.take(delivery))
  }

  async start(onEnd: (error: Error) => void): Promise<void> {
    const { queue, prefetch } = this.settings
    // One at a time are in order anyway, whatever their keys.
    const ordered = this.settings.concurrency > 1
    const onDelivery = (delivery: Delivery) => {
      this.leases.add(delivery)
      this.lanes.add(ordered ? delivery.key : null, delivery)
    }
    this.consumption = await this.engine.consume(queue.name, { prefetch, onDelivery, onEnd })
    this.leases.begin(this.consumption.leaseMs)
  }

  /** Takes no more, finishes what has begun, gives back the rest. */
  async stop(patience: Patience): Promise<void> {
    this.stopping = true
    await this.consumption?.stop()
    await patience.wait(this.lanes.drained())
    await this.settler.done()
    this.leases.close()
    await this.consumption?.close()
  }

  private take(delivery: Delivery): MaybeLater<void> {
    const handled = this.handleOrGiveBack(delivery)
    if (!this.leases.wanted) return handled
    if (handled !== undefined) return handled.then(() => this.leases.end(delivery))
    this.leases.end(delivery)
  }

  private handleOrGiveBack(delivery: Delivery): MaybeLater<void> {
    if (this.stopping) return this.settler.settle(delivery, { kind: 'release' })
    try {
      return this.handle(delivery)?.catch((error: unknown) => this.giveBack(delivery, error))
    } catch (error) {
      this.giveBack(delivery, error)
    }
  }

  /** The error is not the handler's: that is caught where it is called. */
  private giveBack(delivery: Delivery, error: unknown): void {
    this.log.error({ queue: delivery.queue, error }, 'a delivery could not be handled and goes back')
    this.settler.settle(delivery, { kind: 'release' })
  }

  private handle(delivery: Delivery): MaybeLater<void> {
    const { engine, handling, settler, settings } = this
    const { headers } = delivery
    if (settings.isRetryQueue && headers[FAILURE] !== undefined) {
      // A record that was given up where it was read.
      return settler.settle(delivery, { kind: 'dead-letter', headers: {}, effects: NO_EFFECTS })
    }
    const facts = settler.factsOf(delivery)
    const worn = wornOut(delivery)
    if (worn !== null)
      return settler.settleHandled(delivery, facts, { kind: 'dead', failures: facts.attempt - 1, error: worn })
    const body = headers[TOMBSTONE] === undefined ? delivery.body : null
    if (settings.inbox === null) {
      const handled = handling.run(body, facts)
      if (!(handled instanceof Promise)) return settler.settleHandled(delivery, facts, handled)
      return handled.then((handled) => settler.settleHandled(delivery, facts, handled))
    }
    return whenThere(handleOnce(engine, handling, settings.inbox, body, facts), ({ handled, inbox }) =>
      settler.settleHandled(delivery, facts, handled, inbox),
    )
  }
}

/** Why a delivery is given up before anybody has looked at it; null if it is not. */
export function wornOut({ redeliveries }: Delivery): Error | null {
  if (redeliveries < REDELIVERY_LIMIT) return null
  return new Error(`it was handed out ${redeliveries + 1} times, and nobody said what became of it`)
}
