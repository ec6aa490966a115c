import { EMPTY_TABLE } from '../../src/wire/amqp/field.ts'
import { basic, tx } from '../../src/wire/amqp/methods.ts'
import { SimClient } from '../client.ts'
import { rule } from '../failure.ts'
import type { Wire } from '../net.ts'
import type { World } from '../world.ts'
import { declare } from './declare.ts'
import { AmqpLink, type Incoming } from './link.ts'
import type { AmqpModel, Copy, Holder, Message } from './model.ts'

/** A message acknowledged and another one published in one transaction. */
interface Move {
  readonly from: Copy
  /** How often it had come when it came for this. */
  readonly deliveries: number
  readonly to: Message
}

/** A delivery that is not settled. */
interface Outstanding {
  readonly copy: Copy
  readonly deliveries: number
}

/** Takes messages from one queue and publishes one to another for each, both in one transaction: all of that happens, or nothing. */
export class Mover extends SimClient {
  private readonly model: AmqpModel
  private readonly from: string
  private readonly to: string
  private readonly name: string
  private link: AmqpLink | null = null
  private holder: Holder
  private outstanding = new Map<number, Outstanding>()
  private committing: Move[] | null = null
  /** What was never answered. */
  private readonly open: Move[] = []
  private session = 0
  private sequence = 0

  constructor(world: World, model: AmqpModel, from: string, to: string, name: string) {
    super(world)
    this.model = model
    this.from = from
    this.to = to
    this.name = name
    this.holder = { name, life: 0, alive: () => false }
  }

  override drain(): void {
    this.link?.read(true)
  }

  done(): boolean {
    return this.outstanding.size === 0 && this.committing === null
  }

  override end(): void {
    for (const { from, deliveries, to } of this.open) {
      if (!from.message.persistent || from.message.confirmedIn === 0) continue
      const copy = to.copies.get(this.to)!
      const came = copy.deliveries > 0 || copy.movedIn > 0
      const again = from.deliveries > deliveries || from.movedIn > 0
      rule(came || again, `${this.name}: of a transaction message ${from.message.id} is gone, and ${to.id} never came`)
    }
  }

  override toString(): string {
    return `${this.name}: ${this.outstanding.size} outstanding, committing ${this.committing !== null}`
  }

  protected dial(): Wire | null {
    return this.model.connect()
  }

  protected connected(wire: Wire): void {
    const { life } = this.world
    this.session = this.model.session()
    this.sequence = 0
    const link = new AmqpLink(wire, {
      ready: () => {
        declare(link, this.model)
        link.send(tx.select, {})
        link.send(basic.qos, { prefetchSize: 0, prefetchCount: 5, global: false })
        const flags = { ticket: 0, noLocal: false, noAck: false, exclusive: false, nowait: false }
        link.send(basic.consume, { ...flags, queue: this.from, consumerTag: '', arguments: EMPTY_TABLE })
        this.later(() => this.act(link))
      },
      received: (incoming) => this.received(incoming),
      closed: () => {
        if (this.link !== link) return
        this.link = null
        if (this.committing !== null) this.open.push(...this.committing)
        this.committing = null
        this.outstanding.clear()
        this.comeBack()
      },
    })
    this.link = link
    const alive = () => link.open && !link.closing && life === this.world.life
    this.holder = { name: `${this.name} (life ${life})`, life, alive }
  }

  private received({ method, args, body, headers }: Incoming): void {
    if (method === basic.deliver) {
      const copy = this.model.delivered(this.from, body, args.redelivered as boolean, this.holder, headers)
      this.outstanding.set(args.deliveryTag as number, { copy, deliveries: copy.deliveries })
    } else if (method === tx.commitOk && this.committing !== null) {
      for (const { from, to } of this.committing) {
        this.model.settled(from)
        this.model.confirmed(to, this.world.life)
      }
      this.world.add('messages moved in transactions', this.committing.length)
      this.committing = null
    }
  }

  private act(link: AmqpLink): void {
    if (this.link !== link || !link.open || link.closing) return
    const { dice } = this.world
    if (dice.chance(0.01) && !this.world.draining) link.break(dice.pick(['reset', 'end', 'close'] as const))
    else if (!link.blocked && this.committing === null && this.outstanding.size > 0) this.move(link)
    this.later(() => this.act(link))
  }

  private move(link: AmqpLink): void {
    const number = this.model.transaction()
    this.committing = []
    for (const [deliveryTag, { copy: from, deliveries }] of [...this.outstanding].slice(
      0,
      this.world.dice.between(1, 3),
    )) {
      this.outstanding.delete(deliveryTag)
      const { message: to, body } = this.model.create(this.session, this.sequence++, [this.to], true, 8, number)
      this.model.acknowledged(from)
      this.committing.push({ from, deliveries, to })
      link.publish('', this.to, { deliveryMode: 2 }, body)
      link.send(basic.ack, { deliveryTag, multiple: false })
    }
    link.send(tx.commit, {})
    link.flush()
  }
}
