import { wornOut } from './consumer.ts'
import type { Facts, Gathering } from './context.ts'
import { type Consumption, type Delivery, type Engine, NO_EFFECTS } from './engine.ts'
import type { Handling } from './handling.ts'
import { Lanes } from './lanes/lanes.ts'
import { Leases } from './lease.ts'
import type { Logger } from './logger.ts'
import type { Outgoing } from './outgoing.ts'
import type { Patience } from './patience.ts'
import type { AnyQueue } from './queue.ts'
import { Settler } from './settler.ts'

/** One message of a batch. */
export interface BatchMessage<Out> extends Facts {
  readonly payload: Out
  /** This one has failed, with the rest or without: it is retried, or given up, as if a handler of its own had failed. */
  fail(error: unknown): void
}

export interface BatchSettings {
  readonly queue: AnyQueue
  /** Messages of a batch, at most. */
  readonly size: number
  /** How long a batch that is not full waits for more. */
  readonly waitMs: number
  /** Batches that are handled at a time. */
  readonly concurrency: number
}

interface Item {
  readonly delivery: Delivery
  readonly facts: Facts
  readonly payload: unknown
  failure: { readonly error: unknown } | null
}

/** A consumer of a queue whose handler takes several messages at once. */
export class BatchConsumer {
  private readonly engine: Engine
  private readonly settings: BatchSettings
  private readonly handling: Handling
  private readonly settler: Settler
  private readonly log: Logger
  private readonly lanes: Lanes<readonly Delivery[]>
  private readonly leases: Leases
  private consumption: Consumption | null = null
  private waiting: Delivery[] = []
  private cancel = () => {}
  private stopping = false

  constructor(engine: Engine, settings: BatchSettings, handling: Handling, outgoing: Outgoing, log: Logger) {
    this.engine = engine
    this.settings = settings
    this.handling = handling
    this.settler = new Settler(engine, settings.queue, false, outgoing, log)
    this.log = log
    this.leases = new Leases(engine.clock, log)
    this.lanes = new Lanes(settings.concurrency, (deliveries) => this.take(deliveries))
  }

  async start(onEnd: (error: Error) => void): Promise<void> {
    const { queue, size, concurrency } = this.settings
    const prefetch = size * (concurrency + 1)
    this.consumption = await this.engine.consume(queue.name, { prefetch, onDelivery: (one) => this.gather(one), onEnd })
    this.leases.begin(this.consumption.leaseMs)
  }

  async stop(patience: Patience): Promise<void> {
    this.stopping = true
    await this.consumption?.stop()
    this.cancel()
    for (const delivery of this.waiting.splice(0)) this.settler.settle(delivery, { kind: 'release' })
    await patience.wait(this.lanes.drained())
    await this.settler.done()
    this.leases.close()
    await this.consumption?.close()
  }

  private gather(delivery: Delivery): void {
    const { size, waitMs } = this.settings
    this.leases.add(delivery)
    this.waiting.push(delivery)
    if (this.waiting.length === 1) this.cancel = this.engine.clock.after(waitMs, () => this.flush())
    if (this.waiting.length >= size) this.flush()
  }

  private flush(): void {
    this.cancel()
    const deliveries = this.waiting
    this.waiting = []
    if (deliveries.length > 0) this.lanes.add(null, deliveries)
  }

  private async take(deliveries: readonly Delivery[]): Promise<void> {
    if (this.stopping) {
      for (const delivery of deliveries) this.settler.settle(delivery, { kind: 'release' })
      return
    }
    try {
      const items = await this.open(deliveries)
      if (items.length > 0) await this.handle(items)
    } catch (error) {
      // Not the handler's: it is caught where it is called.
      this.log.error({ queue: this.settings.queue.name, error }, 'a batch could not be handled and goes back')
      for (const delivery of deliveries) this.settler.settle(delivery, { kind: 'release' })
    } finally {
      for (const delivery of deliveries) this.leases.end(delivery)
    }
  }

  /** Those that can be read; the others are dead letters. */
  private async open(deliveries: readonly Delivery[]): Promise<Item[]> {
    const items: Item[] = []
    for (const delivery of deliveries) {
      const facts = this.settler.factsOf(delivery)
      const worn = wornOut(delivery)
      const decoded =
        worn === null
          ? await this.handling.decode(delivery.body, facts)
          : ({ kind: 'dead', failures: facts.attempt - 1, error: worn } as const)
      if (decoded.kind === 'dead') await this.settler.settleHandled(delivery, facts, decoded)
      else items.push({ delivery, facts, payload: decoded.payload, failure: null })
    }
    return items
  }

  private async handle(items: readonly Item[]): Promise<void> {
    const messages = items.map((item) => ({
      ...item.facts,
      payload: item.payload,
      fail: (error: unknown) => {
        item.failure = { error }
      },
    }))
    // The batch as a whole is tried once: each of its messages counts its own attempts.
    const handled = await this.handling.once(messages, factsOfBatch(items))
    if (handled.kind === 'stopped') {
      for (const { delivery } of items) this.settler.settle(delivery, { kind: 'release' })
      return
    }
    const context = handled.kind === 'done' ? handled.context : null
    const failed = context === null && 'error' in handled ? { error: handled.error } : null
    const last = items.findLast((item) => item.failure === null)
    for (const item of items) {
      const failure = failed ?? item.failure
      if (failure === null) await this.acknowledge(item, item === last ? context : null)
      else
        await this.settler.settleHandled(
          item.delivery,
          item.facts,
          this.handling.judge(failure.error, item.facts.attempt),
        )
    }
  }

  /** What the handler sent leaves with the last message that it has handled. */
  private async acknowledge({ delivery, facts }: Item, context: Gathering | null): Promise<void> {
    if (context === null) this.settler.settle(delivery, { kind: 'ack', effects: NO_EFFECTS })
    else await this.settler.settleHandled(delivery, facts, { kind: 'done', answer: undefined, context })
  }
}

function factsOfBatch(items: readonly Item[]): Facts {
  const { source, sentAt } = items[0]!.facts
  return {
    id: `batch of ${items.length}`,
    key: null,
    headers: {},
    source,
    place: null,
    attempt: 1,
    redelivered: false,
    sentAt,
    batch: items.map(({ facts }) => facts.headers),
  }
}
