import { cancelDelayed } from '../../src/broker/delay/cancel.ts'
import { listDelayed } from '../../src/broker/delay/list.ts'
import { tableOf } from '../../src/wire/amqp/field.ts'
import { basic, confirm } from '../../src/wire/amqp/methods.ts'
import { declare } from '../amqp/declare.ts'
import { AmqpLink, type Incoming } from '../amqp/link.ts'
import type { AmqpModel, Message } from '../amqp/model.ts'
import { rule } from '../failure.ts'
import type { Actor, World } from '../world.ts'

/** A message that is due later than this from now is surely still delayed. */
const SURELY_MS = 200

/** Publishes messages that are due much later, and cancels most of them through the broker's own interface. */
export class Operator implements Actor {
  private readonly world: World
  private readonly model: AmqpModel
  private link: AmqpLink | null = null
  private unconfirmed = new Map<number, Message>()
  private nextTag = 1
  private messages: Message[] = []

  constructor(world: World, model: AmqpModel) {
    this.world = world
    this.model = model
  }

  begin(): void {
    this.later(() => this.connect())
  }

  drain(): void {}

  done(): boolean {
    return true
  }

  end(): void {}

  private later(run: () => void): void {
    this.world.clock.after(this.world.dice.unit() * 300, run)
  }

  private connect(): void {
    const wire = this.model.connect()
    if (wire === null) {
      this.later(() => this.connect())
      return
    }
    this.unconfirmed = new Map()
    this.nextTag = 1
    const link = new AmqpLink(wire, {
      ready: () => {
        declare(link, this.model)
        link.send(confirm.select, { nowait: false })
        this.later(() => this.act(link))
      },
      received: (incoming) => this.received(incoming),
      closed: () => {
        if (this.link === link) this.link = null
        this.later(() => this.connect())
      },
    })
    this.link = link
  }

  private received({ method, args }: Incoming): void {
    if (method !== basic.ack) return
    const last = args.deliveryTag as number
    for (const [tag, message] of this.unconfirmed) {
      if (tag !== last && !(args.multiple && tag < last)) continue
      this.model.confirmed(message, this.world.life)
      this.unconfirmed.delete(tag)
    }
  }

  private act(link: AmqpLink): void {
    const { world } = this
    if (this.link !== link || !link.open || world.draining) return
    if (world.dice.chance(0.5)) this.cancel()
    else if (!link.blocked) this.publish(link)
    this.later(() => this.act(link))
  }

  private publish(link: AmqpLink): void {
    const { world, model } = this
    const to = [model.queues[0]!]
    for (let i = world.dice.between(1, 5); i > 0; i--) {
      const delay = world.dice.between(SURELY_MS, 10_000)
      const { message, body } = model.create(model.session(), 0, to, true, 50, 0, { delay, one: false })
      link.publish('doomed', '', { deliveryMode: 2, headers: tableOf({ 'x-delay': delay }) }, body)
      this.messages.push(message)
      this.unconfirmed.set(this.nextTag++, message)
    }
    link.flush()
  }

  /** What is listed and not due soon is cancelled: it may come if that is lost, and must not once it is durable. */
  private cancel(): void {
    const { broker } = this.world.process ?? {}
    if (broker === undefined) return
    const page = listDelayed(broker, '/', 'doomed', 0, 10_000)
    if (!page.ok) return
    const now = broker.env.clock.now()
    const sequences = page.messages.filter(({ due }) => due > now + SURELY_MS).map(({ sequence }) => sequence)
    const cancelled = cancelDelayed(broker, '/', 'doomed', sequences)
    if (!cancelled.ok) return
    rule(cancelled.cancelled === sequences.length, 'what is listed can be cancelled')
    this.world.add('messages cancelled', cancelled.cancelled)
    const { life } = this.world
    for (const message of this.messages) this.model.withdrawn(message)
    // One that may still be on its way to the broker, or that is due soon, is maybe not cancelled.
    const gone = this.messages.filter((one) => one.confirmedIn > 0 && one.notBefore > now + 2 * SURELY_MS)
    this.messages = []
    broker.turn.hold(cancelled.position, {
      release: () => {
        if (life === this.world.life) for (const message of gone) this.model.settledAll(message)
      },
    })
  }
}
