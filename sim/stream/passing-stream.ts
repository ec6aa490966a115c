import { type Table, tableOf } from '../../src/wire/amqp/field.ts'
import { basic, confirm, queue } from '../../src/wire/amqp/methods.ts'
import { AmqpLink, type Incoming } from '../amqp/link.ts'
import { rule } from '../failure.ts'
import { recordId, recordValue } from '../kafka/batch.ts'
import type { Actor, World } from '../world.ts'

const MOST = 150
const PREFETCH = 20

/**
 * One client with a stream that nobody else uses: it fills it, reads it from its beginning, deletes it, also while it reads, and declares it again.
 * What was confirmed is at one offset as long as the stream is there; a stream that was deleted never comes back, nor anything of it.
 */
export class PassingStream implements Actor {
  private readonly world: World
  private readonly name: string
  private readonly args: Table
  private link: AmqpLink | null = null
  private idle = false
  /** Of this stream: what was confirmed, what was sent without an answer, and what is at which offset. */
  private confirmed = new Set<number>()
  private maybe = new Set<number>()
  private at: number[] = []
  /** Somebody has asked to delete it, and has not heard the answer. */
  private deleting = false
  private unconfirmed = new Map<number, number>()
  private nextTag = 1
  private nextId = 1
  private answer: ((incoming: Incoming) => void) | null = null
  /** The consumer, what it gets next, and how many it has not acknowledged. */
  private reading: { readonly tag: string; next: number; held: number } | null = null
  private readers = 0
  private drained = false

  constructor(world: World) {
    this.world = world
    // Of one of the two Kafka could have no topic.
    this.name = world.dice.pick(['passing-stream', 'passing stream'])
    this.args = tableOf({ 'x-queue-type': 'stream', 'x-stream-max-segment-size-bytes': 3000 })
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
    return `${this.name}: ${this.confirmed.size} confirmed, ${this.maybe.size} perhaps there, ${this.at.length} seen`
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
        link.send(basic.qos, { prefetchSize: 0, prefetchCount: PREFETCH, global: false })
        this.declare(link)
      },
      received: (incoming) => this.received(incoming),
      closed: () => {
        if (this.link !== link) return
        this.link = null
        for (const id of this.unconfirmed.values()) this.maybe.add(id)
        this.unconfirmed.clear()
        this.answer = null
        this.reading = null
        this.later(() => this.connect())
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

  private choose(link: AmqpLink): void {
    const { dice, draining } = this.world
    if (draining) {
      if (this.reading !== null) this.drained = this.at.length >= this.confirmed.size && this.seenAll()
      else if (this.confirmed.size === 0) this.drained = true
      else this.read(link)
      return
    }
    const what = dice.below(100)
    if (what < 60 && this.confirmed.size < MOST && !link.blocked) this.publish(link)
    else if (what < 85) {
      if (this.reading === null) this.read(link)
      else this.stop(link)
    } else if (what < 92) this.remove(link)
  }

  private seenAll(): boolean {
    const seen = new Set(this.at)
    return [...this.confirmed].every((id) => seen.has(id))
  }

  private declare(link: AmqpLink): void {
    const flags = { ticket: 0, passive: false, durable: true, exclusive: false, autoDelete: false, nowait: false }
    this.ask(queue.declareOk, ({ args }) => this.declared(args.messageCount as number))
    link.send(queue.declare, { ...flags, queue: this.name, arguments: this.args })
    link.flush()
  }

  private declared(told: number): void {
    // Whether it was deleted whose answer never came is seen by what is there.
    if (this.deleting && told === 0) this.begunAnew()
    this.deleting = false
    const [least, most] = [this.confirmed.size, this.confirmed.size + this.maybe.size]
    rule(told >= least && told <= most, `${this.name} has ${told} messages, not ${least} to ${most}`)
  }

  private begunAnew(): void {
    this.confirmed = new Set()
    this.maybe = new Set()
    this.at = []
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
    if (method === confirm.selectOk || method === basic.qosOk) return
    if (method === basic.ack) this.acknowledged(args.deliveryTag as number, args.multiple as boolean)
    else if (method === basic.deliver) this.delivered(incoming)
    else {
      rule(this.answer !== null, `${this.name} got ${method.name} unasked`)
      this.answer(incoming)
    }
  }

  private publish(link: AmqpLink): void {
    const { dice } = this.world
    this.idle = false
    for (let n = dice.between(1, 8); n > 0; n--) {
      const id = this.nextId++
      this.unconfirmed.set(this.nextTag++, id)
      link.publish('', this.name, {}, recordValue(id, dice.skewed(300)))
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

  /** It is in the stream as long as that is there. */
  private stands(id: number): void {
    this.maybe.delete(id)
    this.confirmed.add(id)
  }

  private read(link: AmqpLink): void {
    const tag = `reader ${++this.readers}`
    const flags = { ticket: 0, noLocal: false, noAck: false, exclusive: false, nowait: false }
    this.ask(basic.consumeOk, () => {})
    this.reading = { tag, next: 0, held: 0 }
    const args = tableOf({ 'x-stream-offset': 'first' })
    link.send(basic.consume, { ...flags, queue: this.name, consumerTag: tag, arguments: args })
  }

  private delivered({ args, body, headers }: Incoming): void {
    const { reading, at } = this
    const [tag, id] = [args.consumerTag, recordId(body)]
    rule(reading !== null && tag === reading.tag, `${this.name}: ${id} came to ${tag}, which is gone`)
    const offset = Number(headers.get('x-stream-offset')?.value)
    rule(offset === reading.next, `${this.name}: ${offset} came instead of ${reading.next}`)
    const known = this.confirmed.has(id) || this.maybe.has(id) || [...this.unconfirmed.values()].includes(id)
    rule(known, `${this.name}: ${id} came at ${offset}, which was not sent there, or went with another stream`)
    rule(at[offset] === undefined || at[offset] === id, `${this.name} has ${id} at ${offset}, where ${at[offset]} was`)
    rule(at.indexOf(id) < 0 || at[offset] === id, `${this.name} has ${id} at ${offset} and at ${at.indexOf(id)}`)
    at[offset] = id
    if (this.maybe.has(id)) this.stands(id)
    reading.next++
    this.world.add('passing stream messages read')
    if (++reading.held < PREFETCH / 2) return
    reading.held = 0
    this.link?.send(basic.ack, { deliveryTag: args.deliveryTag as number, multiple: true })
  }

  private stop(link: AmqpLink): void {
    this.ask(basic.cancelOk, () => {
      this.reading = null
    })
    link.send(basic.cancel, { consumerTag: this.reading!.tag, nowait: false })
  }

  /** Everything goes, who reads it as well, and what is declared again is empty and begins at its first offset. */
  private remove(link: AmqpLink): void {
    this.deleting = true
    this.ask(queue.deleteOk, () => {
      this.reading = null
      this.begunAnew()
      this.deleting = false
      this.world.add('streams deleted')
      this.declare(link)
    })
    link.send(queue.delete, { ticket: 0, queue: this.name, ifUnused: false, ifEmpty: false, nowait: false })
  }
}
