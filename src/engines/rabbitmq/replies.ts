import { randomUUID } from 'node:crypto'
import { NO_EFFECTS, type Replies, type Reply } from '../../sdk/engine.ts'
import { type ConsumeGround, RabbitConsumption } from './consumption.ts'

/** The queue outlives its connection so long: replies that come meanwhile wait. Whoever is gone for good leaves nothing behind. */
const EXPIRES_MS = 300_000
const PREFETCH = 1000

/** Where this process gets answers: a queue of its own, not of its connection. */
export class RabbitReplies implements Replies {
  readonly address = `posthorn.reply.${randomUUID()}`
  private readonly consumption: RabbitConsumption
  private readonly ground: ConsumeGround

  constructor(ground: ConsumeGround, onReply: (reply: Reply) => void) {
    this.ground = ground
    const { address } = this
    const args = { 'x-queue-type': 'classic', 'x-expires': EXPIRES_MS }
    this.consumption = new RabbitConsumption(
      ground,
      address,
      {
        prefetch: PREFETCH,
        onDelivery: (delivery) => {
          onReply(delivery)
          delivery.settle({ kind: 'ack', effects: NO_EFFECTS })
        },
        onEnd: (error) => ground.log.error({ error: error.message }, 'replies come no more'),
      },
      (channel) => channel.assertQueue(address, { durable: true, arguments: args }),
    )
  }

  open(): Promise<void> {
    return this.consumption.start()
  }

  async close(): Promise<void> {
    await this.consumption.close()
    // If that fails it expires.
    const channel = await this.ground.link.channel()
    await channel.deleteQueue(this.address).catch(() => {})
    await channel.close().catch(() => {})
  }
}
