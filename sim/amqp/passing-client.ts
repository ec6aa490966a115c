import type { Table } from '../../src/wire/amqp/field.ts'
import { basic, confirm, queue } from '../../src/wire/amqp/methods.ts'
import { SimClient } from '../client.ts'
import { rule } from '../failure.ts'
import { recordValue } from '../kafka/batch.ts'
import type { Wire } from '../net.ts'
import type { World } from '../world.ts'
import { AmqpLink, type Incoming } from './link.ts'

/** One client with a queue that nobody else uses. It does one thing after the other, so that it knows what has to be there, and what may be. */
export abstract class PassingClient extends SimClient {
  protected readonly name: string
  protected readonly args: Table
  protected link: AmqpLink | null = null
  /** Nothing is being waited for. */
  protected idle = false
  protected drained = false
  /** What was published, or given up, without an answer. */
  protected maybe = new Set<number>()
  /** What waits for its confirms, by tag; and what is done when an answer comes. */
  protected unconfirmed = new Map<number, number>()
  protected answer: ((incoming: Incoming) => void) | null = null
  private nextTag = 1
  private nextId = 1

  constructor(world: World, name: string, args: Table) {
    super(world)
    this.name = name
    this.args = args
  }

  done(): boolean {
    return this.drained
  }

  /** Begins something, if it likes to. */
  protected abstract choose(link: AmqpLink): void
  /** The queue is declared, and holds so many messages. */
  protected abstract declared(told: number): void
  /** A message is sure to be in the queue. */
  protected abstract stands(id: number): void
  /** The connection is gone, and with it every answer. */
  protected abstract disconnected(): void

  /** What it asks for before anything else. */
  protected prepare(link: AmqpLink): void {
    link.send(confirm.select, { nowait: false })
  }

  /** What comes unasked is taken. */
  protected takes(_incoming: Incoming): boolean {
    return false
  }

  protected dial(): Wire | null {
    return this.world.net.connect(5672)
  }

  protected connected(wire: Wire): void {
    this.nextTag = 1
    this.idle = false
    const link = new AmqpLink(wire, {
      ready: () => {
        this.prepare(link)
        this.declare(link)
      },
      received: (incoming) => this.received(incoming),
      closed: () => {
        if (this.link !== link) return
        this.link = null
        for (const id of this.unconfirmed.values()) this.maybe.add(id)
        this.unconfirmed.clear()
        this.answer = null
        this.disconnected()
        this.comeBack()
      },
    })
    this.link = link
    this.later(() => this.act(link))
  }

  private act(link: AmqpLink): void {
    const { dice, draining } = this.world
    if (this.link !== link || !link.open || link.closing) return
    if (!draining && dice.chance(0.02)) {
      link.break(dice.pick(['reset', 'end', 'close'] as const))
      return
    }
    if (this.idle) this.choose(link)
    link.flush()
    this.later(() => this.act(link))
  }

  protected declare(link: AmqpLink): void {
    const flags = { ticket: 0, passive: false, durable: true, exclusive: false, autoDelete: false, nowait: false }
    this.ask(queue.declareOk, ({ args }) => this.declared(args.messageCount as number))
    link.send(queue.declare, { ...flags, queue: this.name, arguments: this.args })
    link.flush()
  }

  protected ask(method: Incoming['method'], then: (incoming: Incoming) => void): void {
    this.idle = false
    this.answer = (incoming) => {
      rule(incoming.method === method, `${this.name} got ${incoming.method.name} instead of ${method.name}`)
      this.answer = null
      this.idle = true
      then(incoming)
    }
  }

  protected publish(link: AmqpLink, properties: { readonly deliveryMode?: number }, longest: number): void {
    const { dice } = this.world
    this.idle = false
    for (let n = dice.between(1, 8); n > 0; n--) {
      const id = this.nextId++
      this.unconfirmed.set(this.nextTag++, id)
      link.publish('', this.name, properties, recordValue(id, dice.skewed(longest)))
    }
  }

  private received(incoming: Incoming): void {
    const { method, args } = incoming
    if (method === confirm.selectOk || method === basic.qosOk || this.takes(incoming)) return
    if (method === basic.ack) this.acknowledged(args.deliveryTag as number, args.multiple as boolean)
    else {
      rule(this.answer !== null, `${this.name} got ${method.name} unasked`)
      this.answer(incoming)
    }
  }

  private acknowledged(tag: number, multiple: boolean): void {
    for (const [each, id] of this.unconfirmed) {
      if (each !== tag && !(multiple && each < tag)) continue
      this.stands(id)
      this.unconfirmed.delete(each)
    }
    if (this.unconfirmed.size === 0) this.idle = true
  }
}
