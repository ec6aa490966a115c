import { tableOf } from '../../src/wire/amqp/field.ts'
import { basic, confirm, tx } from '../../src/wire/amqp/methods.ts'
import { AmqpLink, type Incoming } from '../amqp/link.ts'
import { SimClient } from '../client.ts'
import { rule } from '../failure.ts'
import { recordValue } from '../kafka/batch.ts'
import type { Wire } from '../net.ts'
import type { World } from '../world.ts'
import { ALL, declareStreams, waitingFor } from './declare.ts'
import type { Published, StreamModel } from './model.ts'

/** What the room for a transaction, or for a message to all streams, lets bodies be here. */
const LARGEST = 400
const MOST_UNCONFIRMED = 60
export const FILTERS = ['a', 'b'] as const

/** Publishes to streams over AMQP: to one or to all, by way of dead letters, with confirms or in transactions. */
export class StreamPublisher extends SimClient {
  private readonly model: StreamModel
  private readonly name: string
  private readonly transactional: boolean
  private link: AmqpLink | null = null
  private session = 0
  private sequence = 0
  private unconfirmed = new Map<number, Published>()
  private nextTag = 1
  private committing: Published[] | null = null
  private life = 0
  private prepared = false

  constructor(world: World, model: StreamModel, name: string) {
    super(world)
    this.model = model
    this.name = name
    this.transactional = world.dice.chance(0.3)
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
    return this.world.net.connect(5672)
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
        declareStreams(link, this.model)
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
      for (const one of this.committing) this.model.confirmed(one)
      this.world.add('stream transactions committed')
      this.committing = null
    } else rule(!method.name.startsWith('basic.'), `${this.name} got ${method.name}`)
  }

  private confirmed(tag: number, multiple: boolean): void {
    rule(this.unconfirmed.has(tag), `${this.name}: tag ${tag} was confirmed twice, or never used`)
    for (const [each, one] of this.unconfirmed) {
      if (each !== tag && !(multiple && each < tag)) continue
      this.model.confirmed(one)
      this.unconfirmed.delete(each)
    }
  }

  private act(link: AmqpLink): void {
    const { dice, draining } = this.world
    if (this.link !== link || !link.open || link.closing || draining) return
    if (dice.chance(0.01)) {
      link.break(dice.pick(['reset', 'end', 'close'] as const))
      return
    }
    if (!link.blocked && this.transactional) this.transact(link)
    else if (!link.blocked && this.unconfirmed.size < MOST_UNCONFIRMED) {
      for (let n = dice.between(1, 15); n > 0; n--) {
        this.unconfirmed.set(this.nextTag++, this.publish(link, 0))
        if (dice.chance(0.2)) link.flush()
      }
      link.flush()
    }
    this.later(() => this.act(link))
  }

  private transact(link: AmqpLink): void {
    if (this.committing !== null) return
    const number = this.model.transaction()
    this.committing = Array.from({ length: this.world.dice.between(1, 3) }, () => this.publish(link, number))
    link.send(tx.commit, {})
    link.flush()
  }

  private publish(link: AmqpLink, transaction: number): Published {
    const { dice } = this.world
    const { model } = this
    const to = dice.pick(model.kinds).name
    const filter = dice.chance(0.5) ? dice.pick(FILTERS) : null
    const headers = filter === null ? {} : { headers: tableOf({ 'x-stream-filter-value': filter, more: 1 }) }
    const filler = dice.skewed(transaction === 0 ? LARGEST : LARGEST / 2)
    if (transaction === 0 && dice.chance(0.15)) {
      // It dies in its queue, at some time: nothing is said about order.
      const one = model.create([to], 0, 0, 0, filter)
      link.publish('', waitingFor(to), { deliveryMode: 2, ...headers }, recordValue(one.id, filler))
      return one
    }
    const all = transaction === 0 && dice.chance(0.2)
    const streams = all ? model.kinds.map(({ name }) => name) : [to]
    const one = model.create(streams, this.session, this.sequence++, transaction, filter)
    const properties = { ...(dice.chance(0.5) ? { deliveryMode: 2 } : {}), ...headers }
    link.publish(all ? ALL : '', to, properties, recordValue(one.id, filler))
    return one
  }
}
