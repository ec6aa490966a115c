import { type Effects, NO_EFFECTS, type OutgoingMessage, type OutgoingRecord } from '../../../sdk/engine.ts'
import { PosthornError } from '../../../sdk/posthorn-error.ts'
import type { Outgoing } from '../client/records.ts'
import type { GroupWriter } from '../group-writer.ts'
import type { KafkaDelivery } from './delivery.ts'
import type { Part } from './part.ts'

/** Settlements that are one write. */
const MOST_TOGETHER = 500
/**
 * How long acknowledgements wait for others: nobody waits for them, and each commit is a write of the broker's. What has effects, and who stops, takes
 * them along at once.
 */
const LINGER_MS = 100

/** What becomes of messages, or of none: then only where the partition stands is kept. */
export interface Settling {
  readonly part: Part
  readonly offsets: readonly number[]
  /** This consumer goes on with the partition. */
  readonly open: boolean
  readonly effects: Effects
  /** Dead letters. */
  readonly placed: readonly Outgoing[]
}

interface Waiting {
  readonly settling: Settling
  readonly deliveries: readonly KafkaDelivery[]
  readonly resolve: () => void
  readonly reject: (error: PosthornError) => void
}

/** Acknowledgements of one partition, and nothing else, that are one write: a promise for all of them. */
interface Acknowledged {
  readonly offsets: number[]
  readonly deliveries: KafkaDelivery[]
  readonly stored: Promise<void>
}

export interface SettlerHooks {
  /** What is below `offset` is settled. */
  stored(part: Part, offset: number): void
  /** These are settled, or, with an error, are not. */
  ended(deliveries: readonly KafkaDelivery[], error: PosthornError | null): void
}

/** Stores settlements: those that come while one write is under way are the next. */
export class Settler {
  private readonly queue: string
  private readonly writer: GroupWriter
  private readonly hooks: SettlerHooks
  private waiting: Waiting[] = []
  private readonly acknowledged = new Map<Part, Acknowledged>()
  /** Settlements in `acknowledged`. */
  private together = 0
  private running = false
  /** Ends the wait for others. */
  private hurry = () => {}
  private isHurried = false

  constructor(queue: string, writer: GroupWriter, hooks: SettlerHooks) {
    this.queue = queue
    this.writer = writer
    this.hooks = hooks
  }

  settle(settling: Settling, deliveries: readonly KafkaDelivery[] = []): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ settling, deliveries, resolve, reject })
      this.hurry()
      this.start()
    })
  }

  /** The same for a message with which nothing leaves; `delivery` is null if it was never handed out. */
  acknowledge(part: Part, offset: number, delivery: KafkaDelivery | null): Promise<void> {
    const { offsets, deliveries, stored } = this.acknowledged.get(part) ?? this.openAcknowledged(part)
    offsets.push(offset)
    if (delivery !== null) deliveries.push(delivery)
    if (++this.together === MOST_TOGETHER) this.hurry()
    return stored
  }

  private openAcknowledged(part: Part): Acknowledged {
    const offsets: number[] = []
    const deliveries: KafkaDelivery[] = []
    const stored = new Promise<void>((resolve, reject) => {
      const settling = { part, offsets, open: true, effects: NO_EFFECTS, placed: [] }
      this.waiting.push({ settling, deliveries, resolve, reject })
    })
    const acknowledged = { offsets, deliveries, stored }
    this.acknowledged.set(part, acknowledged)
    this.start()
    return acknowledged
  }

  private start(): void {
    if (this.running) return
    this.running = true
    setImmediate(() => this.run())
  }

  /** From now on nobody waits for others. */
  noMore(): void {
    this.isHurried = true
    this.hurry()
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) {
      if (!this.isHurried && this.waits()) await this.linger()
      // What is acknowledged from now on is another write.
      this.acknowledged.clear()
      this.together = 0
      await this.store(this.waiting.splice(0, MOST_TOGETHER))
    }
    this.running = false
  }

  /** There are acknowledgements, not many, and nothing else. */
  private waits(): boolean {
    return this.waiting.length === this.acknowledged.size && this.together < MOST_TOGETHER
  }

  private linger(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LINGER_MS)
      this.hurry = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** Never throws: each is told. */
  private async store(all: readonly Waiting[]): Promise<void> {
    let left = all
    let stored: readonly (readonly [Part, number])[] = []
    const compose = () => {
      // Those that have gone to others meanwhile are theirs to handle.
      for (const one of left) if (one.settling.part.gone) this.refuse(one, lost(this.queue))
      left = left.filter(({ settling }) => !settling.part.gone)
      if (left.length === 0) return null
      const parts = new Map<Part, boolean>()
      const messages: OutgoingMessage[] = []
      const records: OutgoingRecord[] = []
      const placed: Outgoing[] = []
      for (const { settling } of left) {
        const { part, offsets, open, effects } = settling
        for (const offset of offsets) part.ledger.settle(offset)
        parts.set(part, open)
        messages.push(...effects.messages)
        records.push(...effects.records)
        placed.push(...settling.placed)
      }
      const commits = [...parts].map(([part, open]) => ({
        ...part.source.place,
        ...part.ledger.position(open),
      }))
      stored = [...parts.keys()].map((part, index) => [part, commits[index]!.offset] as const)
      return { commits, messages, records, placed }
    }
    try {
      await this.writer.write(`settling messages of queue '${this.queue}'`, compose)
      for (const [part, offset] of stored) this.hooks.stored(part, offset)
      for (const { deliveries, resolve } of left) {
        this.hooks.ended(deliveries, null)
        resolve()
      }
    } catch (error) {
      for (const { settling } of left) {
        for (const offset of settling.offsets) settling.part.ledger.unsettle(offset)
      }
      // One of them is the reason: each by itself.
      if (left.length > 1) for (const one of left) await this.store([one])
      else for (const one of left) this.refuse(one, error as PosthornError)
    }
  }

  private refuse({ deliveries, reject }: Waiting, error: PosthornError): void {
    this.hooks.ended(deliveries, error)
    reject(error)
  }
}

export function lost(queue: string): PosthornError {
  return new PosthornError(
    'DELIVERY_LOST',
    `a delivery of queue '${queue}' is settled already, or went to another consumer`,
  )
}
