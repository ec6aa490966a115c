import type { Effects, OutgoingMessage, OutgoingRecord } from '../../../sdk/engine.ts'
import { PosthornError } from '../../../sdk/posthorn-error.ts'
import type { Outgoing } from '../client/records.ts'
import type { GroupWriter } from '../group-writer.ts'
import type { Part } from './part.ts'

/** Settlements that are one write. */
const MOST_TOGETHER = 500
/**
 * How long acknowledgements wait for others: nobody waits for them, and each commit is a write of the broker's. What has effects, and who stops, takes
 * them along at once.
 */
const LINGER_MS = 100

/** What becomes of a message, or of none: then only where the partition stands is kept. */
export interface Settling {
  readonly part: Part
  /** Null: nothing is settled. */
  readonly offset: number | null
  /** This consumer goes on with the partition. */
  readonly open: boolean
  readonly effects: Effects
  /** Dead letters. */
  readonly placed: readonly Outgoing[]
}

interface Waiting {
  readonly settling: Settling
  readonly resolve: () => void
  readonly reject: (error: PosthornError) => void
}

/** Stores settlements: those that come while one write is under way are the next. */
export class Settler {
  private readonly queue: string
  private readonly writer: GroupWriter
  private readonly onStored: (part: Part, offset: number) => void
  private waiting: Waiting[] = []
  private running = false
  /** Ends the wait for others. */
  private hurry = () => {}
  private isHurried = false

  constructor(queue: string, writer: GroupWriter, onStored: (part: Part, offset: number) => void) {
    this.queue = queue
    this.writer = writer
    this.onStored = onStored
  }

  settle(settling: Settling): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = { settling, resolve, reject }
      this.waiting.push(waiting)
      if (this.waiting.length === MOST_TOGETHER || !isBare(waiting)) this.hurry()
      if (this.running) return
      this.running = true
      setImmediate(() => this.run())
    })
  }

  /** From now on nobody waits for others. */
  noMore(): void {
    this.isHurried = true
    this.hurry()
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) {
      if (!this.isHurried && this.waiting.length < MOST_TOGETHER && this.waiting.every(isBare)) await this.linger()
      await this.store(this.waiting.splice(0, MOST_TOGETHER))
    }
    this.running = false
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
      for (const { settling, reject } of left) if (settling.part.gone) reject(lost(this.queue))
      left = left.filter(({ settling }) => !settling.part.gone)
      if (left.length === 0) return null
      const parts = new Map<Part, boolean>()
      const messages: OutgoingMessage[] = []
      const records: OutgoingRecord[] = []
      const placed: Outgoing[] = []
      for (const { settling } of left) {
        const { part, offset, open, effects } = settling
        if (offset !== null) part.ledger.settle(offset)
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
      for (const [part, offset] of stored) this.onStored(part, offset)
      for (const { resolve } of left) resolve()
    } catch (error) {
      for (const { settling } of left) {
        if (settling.offset !== null) settling.part.ledger.unsettle(settling.offset)
      }
      // One of them is the reason: each by itself.
      if (left.length > 1) for (const one of left) await this.store([one])
      else for (const { reject } of left) reject(error as PosthornError)
    }
  }
}

/** An acknowledgement, and nothing else. */
function isBare({ settling: { offset, effects, placed } }: Waiting): boolean {
  return offset !== null && effects.messages.length === 0 && effects.records.length === 0 && placed.length === 0
}

export function lost(queue: string): PosthornError {
  return new PosthornError(
    'DELIVERY_LOST',
    `a delivery of queue '${queue}' is settled already, or went to another consumer`,
  )
}
