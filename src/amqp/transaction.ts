import type { Message } from '../broker/queue/message.ts'
import { settlementBytes } from '../broker/queue/queue-facts.ts'
import type { Exchange } from '../core/exchange/exchange.ts'
import type { Keep } from '../core/exchange/router.ts'
import type { Queue } from '../core/queue/queue.ts'
import type { Recipient } from './consumer.ts'
import type { Disposal } from './disposal.ts'
import type { Front } from './front.ts'
import type { Unacked } from './unacked.ts'

/** A message that waits for tx.commit; it was routed when it came. */
export interface PendingPublish {
  readonly message: Message
  readonly queues: Queue[]
  readonly keeps: readonly Keep[]
  readonly more: readonly string[]
  readonly mandatory: boolean
  readonly replyToken: string | null
  readonly exchange: Exchange | null
  readonly checked: boolean
}

/** A delivery whose settlement waits for tx.commit. */
export interface PendingSettlement {
  readonly tag: number
  readonly recipient: Recipient
  readonly sequence: number
  readonly disposal: Disposal
}

export const TOO_LARGE = 'the transaction is larger than a journal entry may be'

/** What a channel has done since tx.select, or the last commit or rollback. */
export class Transaction {
  publishes: PendingPublish[] = []
  settlements: PendingSettlement[] = []
  private readonly front: Front
  private bytes = 0
  /** Queues with settlements. */
  private readonly touched = new Set<Queue>()

  constructor(front: Front) {
    this.front = front
  }

  /** Keeps a copy of the message. */
  publish(publish: PendingPublish, bytes: number): void {
    this.front.reserve(bytes)
    this.bytes += bytes
    this.publishes.push(publish)
  }

  /** A delivery is to be settled when the transaction is committed. */
  settle(settlement: PendingSettlement): void {
    this.settlements.push(settlement)
    this.touched.add(settlement.recipient.queue)
  }

  /** Whether the logs can ever have the room that a commit takes, with `more` bytes and one settlement more. */
  fits(more: number): boolean {
    const { journal, spill } = this.front.broker.store
    return this.sizeWith(more) <= Math.min(journal.longest, spill.longest)
  }

  /** Log room that a commit takes, with `more` bytes and one settlement more. */
  sizeWith(more: number): number {
    return this.bytes + more + settlementBytes(this.settlements.length + 1, this.touched.size + 1)
  }

  /** Forgets everything, after a commit. */
  clear(): void {
    this.front.assembling -= this.bytes
    this.bytes = 0
    this.publishes = []
    this.settlements = []
    this.touched.clear()
  }

  /** Undoes everything: deliveries wait for their acknowledgement again. */
  drop(channel: { readonly unacked: Unacked<Recipient> }): void {
    channel.unacked.restore(this.settlements.map(({ tag, recipient, sequence }) => [tag, recipient, sequence] as const))
    this.clear()
  }
}
