import type { ConsumeMessage } from 'amqplib'
import type { Channel } from './client.ts'
import type { Link } from './link.ts'

/**
 * Acknowledges the deliveries of a channel: those of one round of the event loop together, as far as they lie side by side. A tag is settled once. A
 * `multiple` names one that is not acknowledged yet: brokers refuse others, or take them for all there are.
 */
export class Acknowledgements {
  private readonly link: Link
  private readonly channel: Channel
  /** Everything below is settled. */
  private next = 1
  /** Settled from `next` on. */
  private readonly settled = new Set<number>()
  private waiting: ConsumeMessage[] = []

  constructor(link: Link, channel: Channel) {
    this.link = link
    this.channel = channel
  }

  add(message: ConsumeMessage): void {
    if (this.waiting.length === 0) setImmediate(this.flush)
    this.waiting.push(message)
    this.settled.add(message.fields.deliveryTag)
  }

  /** It was given back. */
  gaveBack({ fields }: ConsumeMessage): void {
    this.settled.add(fields.deliveryTag)
  }

  /** The channel is gone: what waits comes again. */
  drop(): void {
    this.waiting = []
  }

  /** Writes what waits. */
  readonly flush = (): void => {
    const { waiting, channel } = this
    if (waiting.length === 0) return
    this.waiting = []
    this.link.hold()
    while (this.settled.delete(this.next)) this.next++
    let last: ConsumeMessage | null = null
    let count = 0
    for (const message of waiting) {
      const tag = message.fields.deliveryTag
      if (tag >= this.next) channel.ack(message)
      else {
        count++
        if (last === null || tag > last.fields.deliveryTag) last = message
      }
    }
    if (last !== null) channel.ack(last, count > 1)
  }
}
