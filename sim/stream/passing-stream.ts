import { tableOf } from '../../src/wire/amqp/field.ts'
import { basic, queue } from '../../src/wire/amqp/methods.ts'
import type { AmqpLink, Incoming } from '../amqp/link.ts'
import { PassingClient } from '../amqp/passing-client.ts'
import { rule } from '../failure.ts'
import { recordId } from '../kafka/batch.ts'
import type { World } from '../world.ts'

const MOST = 150
const PREFETCH = 20

/**
 * It fills its stream, reads it from its beginning, deletes it, also while it reads, and declares it again.
 * What was confirmed is at one offset as long as the stream is there; a stream that was deleted never comes back, nor anything of it.
 */
export class PassingStream extends PassingClient {
  /** Of this stream: what was confirmed, and what is at which offset. */
  private confirmed = new Set<number>()
  private at: number[] = []
  /** Somebody has asked to delete it, and has not heard the answer. */
  private deleting = false
  /** The consumer, what it gets next, and how many it has not acknowledged. */
  private reading: { readonly tag: string; next: number; held: number } | null = null
  private readers = 0

  constructor(world: World) {
    // Of one of the two Kafka could have no topic.
    const name = world.dice.pick(['passing-stream', 'passing stream'])
    super(world, name, tableOf({ 'x-queue-type': 'stream', 'x-stream-max-segment-size-bytes': 3000 }))
  }

  protected override prepare(link: AmqpLink): void {
    super.prepare(link)
    link.send(basic.qos, { prefetchSize: 0, prefetchCount: PREFETCH, global: false })
  }

  protected override takes(incoming: Incoming): boolean {
    if (incoming.method !== basic.deliver) return false
    this.delivered(incoming)
    return true
  }

  protected disconnected(): void {
    this.reading = null
  }

  override toString(): string {
    return `${this.name}: ${this.confirmed.size} confirmed, ${this.maybe.size} perhaps there, ${this.at.length} seen`
  }

  protected choose(link: AmqpLink): void {
    const { dice, draining } = this.world
    if (draining) {
      if (this.reading !== null) this.drained = this.at.length >= this.confirmed.size && this.seenAll()
      else if (this.confirmed.size === 0) this.drained = true
      else this.read(link)
      return
    }
    const what = dice.below(100)
    if (what < 60 && this.confirmed.size < MOST && !link.blocked) this.publish(link, {}, 300)
    else if (what < 85) {
      if (this.reading === null) this.read(link)
      else this.stop(link)
    } else if (what < 92) this.remove(link)
  }

  private seenAll(): boolean {
    const seen = new Set(this.at)
    return [...this.confirmed].every((id) => seen.has(id))
  }

  protected declared(told: number): void {
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

  /** It is in the stream as long as that is there. */
  protected stands(id: number): void {
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
