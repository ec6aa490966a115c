import { EMPTY_TABLE, type Table } from '../../src/wire/amqp/field.ts'
import { basic, confirm } from '../../src/wire/amqp/methods.ts'
import { SimClient } from '../client.ts'
import { rule } from '../failure.ts'
import type { Wire } from '../net.ts'
import type { World } from '../world.ts'
import { declare } from './declare.ts'
import { AmqpLink, type Incoming } from './link.ts'
import type { AmqpModel, Copy, Holder, Message } from './model.ts'

/** Takes messages from one queue and acknowledges, requeues or rejects them, or vanishes with them. */
export class Consumer extends SimClient {
  private readonly model: AmqpModel
  private readonly queue: string
  private readonly name: string
  /** Nobody else takes from the queue, so that it is known what has to come next. */
  private readonly exclusive: boolean
  private readonly pulls: boolean
  private readonly prefetch: number
  private readonly requeues: number
  private link: AmqpLink | null = null
  private holder: Holder
  /** By delivery tag. */
  private outstanding = new Map<number, Copy>()
  private lastTag = 0
  /** By publisher session and level: the last sequence that came for the first time. */
  private latest = new Map<string, number>()
  /** By publishing tag: acknowledgements that the confirm will prove. */
  private proofs = new Map<number, Proof>()
  private nextProof = 1
  private unproven: Copy[] = []
  /** What has to come next, after everything was requeued. */
  private expected: Copy[] = []
  private session = 0
  private asked = false

  constructor(world: World, model: AmqpModel, queueName: string, name: string, exclusive: boolean) {
    super(world)
    this.model = model
    this.queue = queueName
    this.name = name
    this.exclusive = exclusive
    this.pulls = !exclusive && world.dice.chance(0.15)
    this.prefetch = world.dice.pick([1, 3, 10, 100])
    this.requeues = world.dice.pick([0, 0.05, 0.3])
    this.holder = { name, life: 0, alive: () => false }
  }

  /** Whether nobody else may take from that queue. */
  takesAlone(queue: string): boolean {
    return this.exclusive && this.queue === queue
  }

  override drain(): void {
    this.link?.read(true)
  }

  done(): boolean {
    return this.outstanding.size === 0 && this.proofs.size === 0
  }

  override toString(): string {
    return `${this.name} of ${this.queue}: ${this.link?.ready ? 'ready' : 'not ready'}, ${this.outstanding.size} outstanding`
  }

  protected dial(): Wire | null {
    return this.model.connect()
  }

  protected connected(wire: Wire): void {
    this.outstanding = new Map()
    this.latest = new Map()
    this.lastTag = 0
    this.proofs = new Map()
    this.nextProof = 1
    this.unproven = []
    this.expected = []
    this.asked = false
    this.session = this.model.session()
    const { life } = this.world
    const link = new AmqpLink(wire, {
      ready: () => {
        declare(link, this.model)
        link.send(basic.qos, { prefetchSize: 0, prefetchCount: this.prefetch, global: false })
        if (!this.pulls) {
          link.send(basic.consume, {
            ticket: 0,
            queue: this.queue,
            consumerTag: '',
            noLocal: false,
            noAck: false,
            exclusive: this.exclusive,
            nowait: false,
            arguments: EMPTY_TABLE,
          })
        }
        link.send(confirm.select, { nowait: false })
        this.later(() => this.act(link))
      },
      received: (incoming) => this.received(incoming),
      // Our last connection may still be there, as far as the broker knows.
      refused: (code) => this.exclusive && code === 403,
      closed: () => {
        if (this.link !== link) return
        this.link = null
        this.outstanding.clear()
        this.proofs = new Map()
        this.unproven = []
        this.comeBack()
      },
    })
    this.link = link
    this.holder = {
      name: `${this.name} (life ${life})`,
      life,
      alive: () => link.open && !link.closing && life === this.world.life,
    }
  }

  private received({ method, args, body, headers }: Incoming): void {
    if (method === basic.deliver || method === basic.getOk) {
      this.asked = false
      this.delivered(args.deliveryTag as number, body, args.redelivered as boolean, headers)
    } else if (method === basic.getEmpty) {
      this.asked = false
    } else if (method === basic.ack) {
      this.proven(args.deliveryTag as number, args.multiple as boolean)
    }
  }

  private proven(tag: number, multiple: boolean): void {
    for (const [each, proof] of this.proofs) {
      if (each !== tag && !(multiple && each < tag)) continue
      this.model.confirmed(proof.message, this.holder.life)
      for (const copy of proof.copies) this.model.settled(copy)
      this.proofs.delete(each)
      this.world.add('acknowledgements proven', proof.copies.length)
    }
  }

  private delivered(tag: number, body: Uint8Array, redelivered: boolean, headers: Table): void {
    const { queue: from, outstanding } = this
    rule(tag === this.lastTag + 1, `${this.name}: delivery tag ${tag} came after ${this.lastTag}`)
    this.lastTag = tag
    const copy = this.model.delivered(from, body, redelivered, this.holder, headers)
    const { message } = copy
    outstanding.set(tag, copy)
    rule(this.pulls || outstanding.size <= this.prefetch, `${this.name}: more came than the prefetch allows`)
    // Dead letters come in the order in which they died.
    if (!redelivered && this.model.sources.includes(from)) {
      const line = `${message.session} at level ${this.model.level(from, message)}`
      const before = this.latest.get(line) ?? -1
      rule(before < message.sequence, `${from}: message ${message.id} came after a later one of its channel`)
      this.latest.set(line, message.sequence)
    }
    this.checkExpected(copy, redelivered)
  }

  private checkExpected(copy: Copy, redelivered: boolean): void {
    const [next] = this.expected
    if (next === undefined) return
    const { queue: from, model } = this
    const { message } = copy
    // Where there are priorities, something higher may have come meanwhile, or something older may have waited before.
    const { priorities } = model.kinds.get(from)!
    const before = priorities > 0 && model.level(from, message) >= model.level(from, next.message)
    if (before && !this.expected.includes(copy)) return
    this.expected.shift()
    rule(next === copy, `${from}: message ${message.id} came where ${next.message.id}, requeued, has its place`)
    rule(redelivered, `${from}: message ${message.id} was requeued and is not marked as redelivered`)
  }

  private act(link: AmqpLink): void {
    const { world } = this
    const { dice } = world
    if (this.link !== link || !link.open || link.closing) return
    if (world.draining) this.acknowledgeAll(link)
    else if (dice.chance(0.01)) link.break(dice.pick(['reset', 'end', 'close'] as const))
    else if (dice.chance(0.02)) {
      link.read(false)
      world.clock.after(dice.unit() * 200, () => link.read(true))
    } else if (this.outstanding.size > 0) this.settleSome(link)
    if (!link.open || link.closing) return
    if (this.pulls && !this.asked && this.outstanding.size < this.prefetch) {
      this.asked = true
      link.send(basic.get, { ticket: 0, queue: this.queue, noAck: false })
    }
    if (this.unproven.length > 0 && !world.draining && !link.blocked && dice.chance(0.2)) this.prove(link)
    link.flush()
    this.later(() => this.act(link))
  }

  private acknowledgeAll(link: AmqpLink): void {
    const { outstanding } = this
    if (outstanding.size === 0) return
    const deliveryTag = [...outstanding.keys()].at(-1)!
    for (const copy of outstanding.values()) this.settled(copy)
    outstanding.clear()
    link.send(basic.ack, { deliveryTag, multiple: true })
  }

  private settleSome(link: AmqpLink): void {
    const { dice } = this.world
    const { outstanding } = this
    const kind = this.model.kinds.get(this.queue)!
    const full = outstanding.size === this.prefetch && this.expected.length === 0
    // A policy may say meanwhile that a message has failed too often already.
    const mayDie = kind.expires || (kind.policy !== null && kind.limit < Number.POSITIVE_INFINITY)
    if (this.exclusive && full && !mayDie && dice.chance(0.3)) {
      // The window is full, so nothing is on its way: what we give back has to come again, in order.
      this.expected = this.inOrder([...outstanding.values()])
      this.giveBack(link, [...outstanding.keys()].at(-1)!, true)
      return
    }
    const tags = [...outstanding.keys()]
    const tag = dice.chance(0.7) ? tags[0]! : dice.pick(tags)
    const multiple = dice.chance(0.3)
    if (this.expected.length === 0 && dice.chance(this.requeues)) {
      this.giveBack(link, tag, multiple)
      return
    }
    const rejected = dice.chance(kind.dead === null ? 0.03 : 0.1)
    for (const each of tags) {
      if (each !== tag && !(multiple && each < tag)) continue
      const copy = outstanding.get(each)!
      if (rejected && kind.dead !== null) this.model.rejected(copy)
      else this.settled(copy)
      outstanding.delete(each)
    }
    if (rejected) link.send(basic.nack, { deliveryTag: tag, multiple, requeue: false })
    else link.send(basic.ack, { deliveryTag: tag, multiple })
  }

  /** As what was given back comes again: as it came back, or by its priority and age. */
  private inOrder(copies: Copy[]): Copy[] {
    if (this.model.kinds.get(this.queue)!.type === 'quorum') return copies
    const level = (copy: Copy) => this.model.level(this.queue, copy.message)
    return copies.sort((a, b) => level(b) - level(a) || a.place - b.place)
  }

  private giveBack(link: AmqpLink, tag: number, multiple: boolean): void {
    for (const [each, copy] of this.outstanding) {
      if (each !== tag && !(multiple && each < tag)) continue
      this.world.tell(() => `${this.name} gives back ${copy.message.id}`)
      copy.holder = null
      this.outstanding.delete(each)
      this.world.add('messages requeued')
    }
    if (multiple) link.send(basic.nack, { deliveryTag: tag, multiple, requeue: true })
    else link.send(basic.reject, { deliveryTag: tag, requeue: true })
  }

  private settled(copy: Copy): void {
    this.model.acknowledged(copy)
    this.unproven.push(copy)
  }

  /**
   * There is one journal, and a confirm says that it is durable with everything up to the message: so also with the
   * acknowledgements that were sent before on the same channel.
   */
  private prove(link: AmqpLink): void {
    const to = this.world.dice.pick(this.model.sources)
    const { message, body } = this.model.create(this.session, this.nextProof, [to], true, 8)
    this.proofs.set(this.nextProof++, { message, copies: this.unproven })
    this.unproven = []
    link.publish('', to, { deliveryMode: 2 }, body)
  }
}

interface Proof {
  readonly message: Message
  readonly copies: readonly Copy[]
}
