import { tableOf } from '../../src/wire/amqp/field.ts'
import { basic, queue } from '../../src/wire/amqp/methods.ts'
import { rule } from '../failure.ts'
import { recordId } from '../kafka/batch.ts'
import type { World } from '../world.ts'
import type { AmqpLink } from './link.ts'
import { PassingClient } from './passing-client.ts'

const MOST = 200

/**
 * It fills its queue, takes some, purges it, deletes it and declares it again. What has gone must never come again.
 */
export class PassingQueue extends PassingClient {
  /** What is ready, and what we have by delivery tag: all of it is durable. */
  private ready = new Set<number>()
  private taken = new Map<number, number>()

  constructor(world: World, name: string) {
    super(world, name, tableOf(world.dice.chance(0.5) ? { 'x-queue-type': 'quorum', 'x-delivery-limit': -1 } : {}))
  }

  override toString(): string {
    return `${this.name}: ${this.ready.size} ready, ${this.taken.size} taken, ${this.maybe.size} perhaps there`
  }

  /** What we had comes back. */
  protected disconnected(): void {
    for (const id of this.taken.values()) this.ready.add(id)
    this.taken.clear()
  }

  protected choose(link: AmqpLink): void {
    const { dice, draining, swarm } = this.world
    const what = draining ? 50 : dice.below(100)
    if (what < 45 && this.ready.size < MOST && !link.blocked) {
      this.publish(link, { deliveryMode: 2 }, Math.min(2000, swarm.largest))
    } else if (what < 75) this.get(link)
    else if (what < 85 && this.taken.size > 0) this.settle(link)
    else if (what < 96) this.purge(link)
    else this.remove(link)
  }

  protected declared(told: number): void {
    const [least, most] = [this.ready.size, this.ready.size + this.maybe.size]
    rule(told >= least && told <= most, `${this.name}: declare tells ${told} messages, not ${least} to ${most}`)
  }

  protected stands(id: number): void {
    this.ready.add(id)
  }

  private get(link: AmqpLink): void {
    this.idle = false
    this.answer = ({ method, args, body }) => {
      this.answer = null
      this.idle = true
      if (method === basic.getEmpty) this.empty()
      else this.got(args.deliveryTag as number, recordId(body))
    }
    link.send(basic.get, { ticket: 0, queue: this.name, noAck: false })
  }

  private empty(): void {
    rule(this.ready.size === 0, `${this.name} is empty, but ${[...this.ready].slice(0, 5)} have to be there`)
    this.maybe.clear()
    if (this.world.draining) this.drained = true
  }

  private got(tag: number, id: number): void {
    const known = this.ready.delete(id) || this.maybe.delete(id)
    rule(known, `${this.name}: ${id} came, which is taken, or gone for good`)
    this.taken.set(tag, id)
    this.world.add('passing messages taken')
  }

  /** What is acknowledged may come back until something behind it was answered. */
  private settle(link: AmqpLink): void {
    const [tag, id] = this.world.dice.pick([...this.taken])
    this.taken.delete(tag)
    if (this.world.dice.chance(0.3)) {
      this.ready.add(id)
      link.send(basic.reject, { deliveryTag: tag, requeue: true })
    } else {
      this.maybe.add(id)
      link.send(basic.ack, { deliveryTag: tag, multiple: false })
    }
  }

  /** All that is ready goes. */
  private purge(link: AmqpLink): void {
    const before = new Set([...this.ready, ...this.maybe])
    for (const id of this.ready) this.maybe.add(id)
    const least = this.ready.size
    this.ready.clear()
    this.ask(queue.purgeOk, ({ args }) => {
      const told = args.messageCount as number
      rule(told >= least && told <= before.size, `${this.name}: ${told} purged, not ${least} to ${before.size}`)
      this.maybe.clear()
      this.world.add('queues purged')
    })
    link.send(queue.purge, { ticket: 0, queue: this.name, nowait: false })
  }

  /** Everything goes, and what is declared again is empty. */
  private remove(link: AmqpLink): void {
    const least = this.ready.size
    const most = least + this.maybe.size
    for (const id of [...this.ready, ...this.taken.values()]) this.maybe.add(id)
    this.ready.clear()
    this.taken.clear()
    this.ask(queue.deleteOk, ({ args }) => {
      const told = args.messageCount as number
      rule(told >= least && told <= most, `${this.name}: ${told} deleted, not ${least} to ${most}`)
      this.maybe.clear()
      this.world.add('queues deleted')
      this.declare(link)
    })
    link.send(queue.delete, { ticket: 0, queue: this.name, ifUnused: false, ifEmpty: false, nowait: false })
  }
}
