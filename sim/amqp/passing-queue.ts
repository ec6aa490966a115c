import { type Table, tableOf } from '../../src/wire/amqp/field.ts'
import { basic, confirm, queue } from '../../src/wire/amqp/methods.ts'
import { rule } from '../failure.ts'
import { recordId, recordValue } from '../kafka/batch.ts'
import type { Actor, World } from '../world.ts'
import { AmqpLink, type Incoming } from './link.ts'

const MOST = 200

/**
 * One client with a queue that nobody else uses: it fills it, takes some, purges it, deletes it and declares it again. It does one thing after
 * the other, so that it knows what has to be there, what may be, and what must never come again.
 */
export class PassingQueue implements Actor {
  private readonly world: World
  private readonly name: string
  private readonly args: Table
  private link: AmqpLink | null = null
  private idle = false
  /** What is ready, and what we have by delivery tag: all of it is durable. */
  private ready = new Set<number>()
  private taken = new Map<number, number>()
  /** What was published or given up without an answer. */
  private maybe = new Set<number>()
  /** What waits for its confirms, by tag; and what is done when an answer comes. */
  private unconfirmed = new Map<number, number>()
  private nextTag = 1
  private answer: ((args: Incoming) => void) | null = null
  private nextId = 1
  private drained = false

  constructor(world: World, name: string) {
    this.world = world
    this.name = name
    const args = world.dice.chance(0.5) ? { 'x-queue-type': 'quorum', 'x-delivery-limit': -1 } : {}
    this.args = tableOf(args)
  }

  begin(): void {
    this.later(() => this.connect())
  }

  drain(): void {}

  done(): boolean {
    return this.drained
  }

  end(): void {}

  toString(): string {
    return `${this.name}: ${this.ready.size} ready, ${this.taken.size} taken, ${this.maybe.size} perhaps there`
  }

  private later(run: () => void): void {
    this.world.clock.after(this.world.dice.skewed(20) + this.world.dice.unit(), run)
  }

  private connect(): void {
    const wire = this.world.net.connect(5672)
    if (wire === null) {
      this.later(() => this.connect())
      return
    }
    this.nextTag = 1
    this.idle = false
    const link = new AmqpLink(wire, {
      ready: () => {
        link.send(confirm.select, { nowait: false })
        this.declare(link)
      },
      received: (incoming) => this.received(incoming),
      closed: () => {
        if (this.link !== link) return
        this.link = null
        this.lost()
        this.later(() => this.connect())
      },
    })
    this.link = link
    this.later(() => this.act(link))
  }

  /** What we had comes back; of what was not answered nobody knows. */
  private lost(): void {
    for (const id of this.taken.values()) this.ready.add(id)
    for (const id of this.unconfirmed.values()) this.maybe.add(id)
    this.taken.clear()
    this.unconfirmed.clear()
    this.answer = null
  }

  private act(link: AmqpLink): void {
    const { dice, draining } = this.world
    if (this.link !== link || !link.open || link.closing) return
    if (!draining && dice.chance(0.02)) {
      link.break(dice.pick(['reset', 'end', 'close'] as const))
      return
    }
    if (this.idle) {
      const what = draining ? 50 : dice.below(100)
      if (what < 45 && this.ready.size < MOST && !link.blocked) this.publish(link)
      else if (what < 75) this.get(link)
      else if (what < 85 && this.taken.size > 0) this.settle(link)
      else if (what < 96) this.purge(link)
      else this.remove(link)
      link.flush()
    }
    this.later(() => this.act(link))
  }

  private declare(link: AmqpLink): void {
    const flags = { ticket: 0, passive: false, durable: true, exclusive: false, autoDelete: false, nowait: false }
    this.ask(queue.declareOk, ({ args }) => this.counts(args.messageCount as number, 'declare'))
    link.send(queue.declare, { ...flags, queue: this.name, arguments: this.args })
    link.flush()
  }

  private ask(method: Incoming['method'], then: (incoming: Incoming) => void): void {
    this.idle = false
    this.answer = (incoming) => {
      rule(incoming.method === method, `${this.name} got ${incoming.method.name} instead of ${method.name}`)
      this.answer = null
      this.idle = true
      then(incoming)
    }
  }

  private received(incoming: Incoming): void {
    const { method, args } = incoming
    if (method === confirm.selectOk) return
    if (method === basic.ack) this.confirmed(args.deliveryTag as number, args.multiple as boolean)
    else {
      rule(this.answer !== null, `${this.name} got ${method.name} unasked`)
      this.answer(incoming)
    }
  }

  /** A number that we were told. */
  private counts(told: number, how: string): void {
    const [least, most] = [this.ready.size, this.ready.size + this.maybe.size]
    rule(told >= least && told <= most, `${this.name}: ${how} tells ${told} messages, not ${least} to ${most}`)
  }

  private publish(link: AmqpLink): void {
    const { dice, swarm } = this.world
    this.idle = false
    for (let n = dice.between(1, 8); n > 0; n--) {
      const id = this.nextId++
      this.unconfirmed.set(this.nextTag++, id)
      link.publish('', this.name, { deliveryMode: 2 }, recordValue(id, dice.skewed(Math.min(2000, swarm.largest))))
    }
  }

  private confirmed(tag: number, multiple: boolean): void {
    for (const [each, id] of this.unconfirmed) {
      if (each !== tag && !(multiple && each < tag)) continue
      this.ready.add(id)
      this.unconfirmed.delete(each)
    }
    if (this.unconfirmed.size === 0) this.idle = true
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
