import type { Message } from '../broker/queue/publish.ts'
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
}

/** A delivery whose settlement waits for tx.commit. */
export interface PendingSettlement {
  readonly tag: number
  readonly recipient: Recipient
  readonly sequence: number
  readonly disposal: Disposal
}

/** What a channel has done since tx.select, or the last commit or rollback. */
export class Transaction {
  publishes: PendingPublish[] = []
  settlements: PendingSettlement[] = []
  private readonly front: Front
  private bytes = 0

  constructor(front: Front) {
    this.front = front
  }

  /** Keeps a copy of the message. */
  publish(publish: PendingPublish, bytes: number): void {
    this.front.reserve(bytes)
    this.bytes += bytes
    this.publishes.push(publish)
  }

  /** Log room that a commit takes. */
  get size(): number {
    return this.bytes
  }

  /** Forgets everything, after a commit. */
  clear(): void {
    this.front.assembling -= this.bytes
    this.bytes = 0
    this.publishes = []
    this.settlements = []
  }

  /** Undoes everything: deliveries wait for their acknowledgement again. */
  drop(channel: { readonly unacked: Unacked<Recipient> }): void {
    channel.unacked.restore(this.settlements.map(({ tag, recipient, sequence }) => [tag, recipient, sequence] as const))
    this.clear()
  }
}
