import { basic, confirm, tx } from '../../src/wire/amqp/methods.ts'
import { SimClient } from '../client.ts'
import { drawRoute } from '../exchange/routes.ts'
import { rule } from '../failure.ts'
import type { Wire } from '../net.ts'
import type { World } from '../world.ts'
import { declare } from './declare.ts'
import { AmqpLink, type Incoming } from './link.ts'
import type { AmqpModel, Message } from './model.ts'

/** Publishes with confirms or in transactions, breaks its connection now and then, and comes back. */
export class Publisher extends SimClient {
  private readonly model: AmqpModel
  private readonly name: string
  private readonly transactional: boolean
  private readonly persistence: number
  private readonly window: number
  private link: AmqpLink | null = null
  private session = 0
  private sequence = 0
  /** By delivery tag of this channel. */
  private unconfirmed = new Map<number, Message>()
  private nextTag = 1
  private committing: Message[] | null = null
  private prepared = false
  private life = 0

  constructor(world: World, model: AmqpModel, name: string) {
    super(world)
    this.model = model
    this.name = name
    this.transactional = world.dice.chance(0.2)
    this.persistence = world.dice.pick([0, 0.5, 1, 1, 1])
    this.window = world.dice.pick([1, 10, 100])
  }

  done(): boolean {
    if (this.world.life !== this.life || this.link === null || !this.prepared) return false
    return this.unconfirmed.size === 0 && this.committing === null
  }

  override toString(): string {
    const state = this.link === null ? 'not connected' : `ready ${this.prepared}, blocked ${this.link.blocked}`
    return `${this.name}: ${state}, ${this.unconfirmed.size} unconfirmed, committing ${this.committing !== null}`
  }

  protected dial(): Wire | null {
    return this.model.connect()
  }

  protected connected(wire: Wire): void {
    this.life = this.world.life
    this.prepared = false
    this.unconfirmed = new Map()
    this.committing = null
    this.nextTag = 1
    this.session = this.model.session()
    this.sequence = 0
    const link = new AmqpLink(wire, {
      ready: () => {
        declare(link, this.model)
        if (this.transactional) link.send(tx.select, {})
        else link.send(confirm.select, { nowait: false })
      },
      received: (incoming) => this.received(incoming),
      closed: () => {
        if (this.link === link) this.link = null
        this.comeBack()
      },
    })
    this.link = link
  }

  private received({ method, args }: Incoming): void {
    if (method === confirm.selectOk || method === tx.selectOk) {
      this.prepared = true
      const { link } = this
      if (link !== null) this.later(() => this.act(link))
    } else if (method === basic.ack) {
      this.confirmed(args.deliveryTag as number, args.multiple as boolean)
    } else if (method === tx.commitOk) {
      rule(this.committing !== null, `${this.name}: a commit-ok came unasked`)
      for (const message of this.committing) this.model.confirmed(message, this.world.life)
      this.world.add('transactions committed')
      this.committing = null
    } else {
      rule(!method.name.startsWith('basic.'), `${this.name} got ${method.name}`)
    }
  }

  private confirmed(tag: number, multiple: boolean): void {
    rule(tag < this.nextTag, `${this.name}: tag ${tag} was confirmed, which was never used`)
    const first = multiple ? (this.unconfirmed.keys().next().value ?? tag) : tag
    rule(this.unconfirmed.has(tag), `${this.name}: tag ${tag} was confirmed twice`)
    for (let each = first; each <= tag; each++) {
      const message = this.unconfirmed.get(each)
      if (message === undefined) continue
      this.model.confirmed(message, this.life)
      this.unconfirmed.delete(each)
    }
  }

  private act(link: AmqpLink): void {
    const { world } = this
    const { dice } = world
    if (this.link !== link || !link.open || link.closing || world.draining) return
    if (dice.chance(0.01)) {
      link.break(dice.pick(['reset', 'end', 'close'] as const))
      return
    }
    if (!link.blocked) {
      if (this.transactional) this.transact(link)
      else if (this.unconfirmed.size < this.window) this.publish(link)
    }
    this.later(() => this.act(link))
  }

  private publish(link: AmqpLink): void {
    const n = this.world.dice.between(1, Math.max(1, Math.floor(this.window / 4)))
    for (let i = 0; i < n; i++) {
      this.unconfirmed.set(this.nextTag++, this.one(link, 0))
      if (this.world.dice.chance(0.3)) link.flush()
    }
    link.flush()
  }

  private transact(link: AmqpLink): void {
    if (this.committing !== null) return
    const number = this.model.transaction()
    const n = this.world.dice.between(1, Math.max(1, Math.min(5, Math.floor(10_000 / this.world.swarm.largest))))
    this.committing = Array.from({ length: n }, () => this.one(link, number))
    link.send(tx.commit, {})
    link.flush()
  }

  private one(link: AmqpLink, transaction: number): Message {
    const { dice, swarm } = this.world
    if (swarm.longestDelay > 0 && dice.chance(0.5)) return this.other(link, transaction)
    const fan = dice.chance(0.3)
    const to = fan ? this.model.fanned : [dice.pick(this.model.sources)]
    const persistent = dice.chance(this.persistence)
    const length = dice.chance(0.9) ? dice.skewed(swarm.largest) : swarm.largest
    const priority = dice.chance(0.5) ? -1 : dice.between(0, 12)
    const plain = { delay: 0, one: false }
    const of = [this.session, this.sequence++, to, persistent, length, transaction, plain, priority] as const
    const { message, body } = this.model.create(...of)
    const properties = {
      deliveryMode: persistent ? 2 : undefined,
      priority: priority < 0 ? undefined : priority,
    }
    link.publish(fan ? 'fan' : '', fan ? 'any' : to[0]!, properties, body)
    return message
  }

  /** One that goes by another exchange, where nothing is said about its place among the others of this channel. */
  private other(link: AmqpLink, transaction: number): Message {
    const { world, model } = this
    const { dice, swarm } = world
    const { exchange, key, headers, to, one, delay } = drawRoute(world, model.sources, model.fanned)
    const persistent = dice.chance(this.persistence)
    // Twice in one entry, where an exchange keeps it, too.
    const length = dice.skewed(Math.min(swarm.largest, 4000))
    const { message, body } = model.create(model.session(), 0, to, persistent, length, transaction, { delay, one })
    link.publish(exchange, key, { headers, ...(persistent ? { deliveryMode: 2 } : {}) }, body)
    return message
  }
}
