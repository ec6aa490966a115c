import { type Field, type Table, tableOf } from '../../src/wire/amqp/field.ts'
import { basic } from '../../src/wire/amqp/methods.ts'
import { AmqpLink, type Incoming } from '../amqp/link.ts'
import { SimClient } from '../client.ts'
import { rule } from '../failure.ts'
import { recordId } from '../kafka/batch.ts'
import type { Wire } from '../net.ts'
import type { World } from '../world.ts'
import { declareStreams } from './declare.ts'
import type { StreamKind, StreamModel } from './model.ts'
import { FILTERS } from './publisher.ts'

/** Where a consumer begins, and what of it can be said beforehand. */
interface Beginning {
  readonly field: Field | null
  /** It gets nothing below. */
  readonly least: number
  /** It gets what is there, or the first that is left above; -1 if that is not known. */
  readonly exactly: number
}

/** Reads one stream over AMQP, from anywhere, again and again; in the end from its beginning to its end. */
export class StreamReader extends SimClient {
  private readonly model: StreamModel
  private readonly kind: StreamKind
  private readonly name: string
  private readonly prefetch: number
  private link: AmqpLink | null = null
  private outstanding: number[] = []
  private lastTag = 0
  private beginning: Beginning = { field: null, least: 0, exactly: -1 }
  /** What it wants to see; null for everything. */
  private filter: string | null = null
  /** One above what came last, -1 before anything has. */
  private next = -1
  /** All of it is being read, once the faults are over. */
  private whole = false

  constructor(world: World, model: StreamModel, kind: StreamKind, name: string) {
    super(world)
    this.model = model
    this.kind = kind
    this.name = name
    this.prefetch = world.dice.pick([1, 5, 50, 200])
  }

  override drain(): void {
    this.link?.read(true)
    this.link?.break('reset')
  }

  done(): boolean {
    const { model, kind, next } = this
    // All that is known of may have been let go of.
    const read = Math.max(next, model.logs.get(kind.name)!.start) >= model.end(kind.name)
    return this.whole && read && this.outstanding.length === 0 && model.missing().length === 0
  }

  override end(): void {
    this.model.checkAll()
  }

  override toString(): string {
    const { model, kind, next } = this
    const some = model.missing().slice(0, 5)
    return `${this.name}: read up to ${next} of ${model.end(kind.name)}; missing ${some.map(({ id }) => id)}`
  }

  protected dial(): Wire | null {
    return this.world.net.connect(5672)
  }

  protected connected(wire: Wire): void {
    this.outstanding = []
    this.lastTag = 0
    this.next = -1
    this.whole = this.world.draining
    const link = new AmqpLink(wire, {
      ready: () => {
        declareStreams(link, this.model)
        link.send(basic.qos, { prefetchSize: 0, prefetchCount: this.prefetch, global: false })
        this.consume(link)
        this.later(() => this.act(link))
      },
      received: (incoming) => this.received(incoming),
      closed: () => {
        if (this.link !== link) return
        this.link = null
        this.comeBack()
      },
    })
    this.link = link
  }

  private consume(link: AmqpLink): void {
    const { dice } = this.world
    this.beginning = this.whole ? { field: text('first'), least: 0, exactly: 0 } : this.draw()
    this.filter = !this.whole && dice.chance(0.3) ? dice.pick(FILTERS) : null
    const { field } = this.beginning
    const args: Record<string, Field> = {}
    if (field !== null) args['x-stream-offset'] = field
    if (this.filter !== null) args['x-stream-filter'] = text(this.filter)
    this.world.tell(
      () => `${this.name} begins at ${JSON.stringify(field, (_, v) => (typeof v === 'bigint' ? Number(v) : v))}`,
    )
    const flags = { ticket: 0, noLocal: false, noAck: false, exclusive: false, nowait: false, consumerTag: '' }
    link.send(basic.consume, { ...flags, queue: this.kind.name, arguments: tableOf(args) })
  }

  private draw(): Beginning {
    const { dice, clock } = this.world
    const end = this.model.end(this.kind.name)
    const offset = dice.below(end + 1)
    return dice.pick<Beginning>([
      { field: null, least: end, exactly: -1 },
      { field: text('next'), least: end, exactly: -1 },
      { field: text('first'), least: 0, exactly: 0 },
      { field: text('last'), least: 0, exactly: -1 },
      { field: text('1h'), least: 0, exactly: 0 },
      { field: { type: 'l', value: offset }, least: offset, exactly: offset },
      { field: { type: 'T', value: Math.floor(clock.now() / 1000) + 3600 }, least: end, exactly: -1 },
    ])
  }

  private received({ method, args, body, headers }: Incoming): void {
    if (method === basic.deliver) this.delivered(args.deliveryTag as number, args.redelivered as boolean, body, headers)
  }

  private delivered(tag: number, redelivered: boolean, body: Uint8Array, headers: Table): void {
    const { model, kind, filter, beginning } = this
    rule(tag === ++this.lastTag && !redelivered, `${this.name}: tag ${tag}, redelivered ${redelivered}`)
    this.outstanding.push(tag)
    rule(this.outstanding.length <= this.prefetch, `${this.name}: more came than the prefetch allows`)
    const offset = Number(headers.get('x-stream-offset')?.value)
    const one = model.found(kind.name, offset, recordId(body), this.name)
    this.world.add('stream messages delivered')
    const said = headers.get('x-stream-filter-value')?.value ?? null
    rule(said === one.filter, `${this.name}: ${one.id} has the filter value ${String(said)}, had ${one.filter}`)
    rule(filter === null || filter === one.filter, `${this.name}: ${one.id} does not pass ${filter}`)
    if (this.next < 0) this.checkFirst(offset, beginning)
    else this.checkNext(offset)
    this.next = offset + 1
  }

  private checkFirst(offset: number, { least, exactly }: Beginning): void {
    rule(offset >= least, `${this.name}: the first that came is at ${offset}, and nothing below ${least} was to come`)
    if (exactly < 0 || this.filter !== null) return
    if (offset === exactly) return
    // What lies between has been let go of.
    rule(this.kind.limited && offset > exactly, `${this.name}: it begins at ${offset} instead of ${exactly}`)
    this.model.begins(this.kind.name, offset)
  }

  private checkNext(offset: number): void {
    const { next, kind, filter, model } = this
    rule(offset >= next, `${this.name}: ${offset} comes after ${next - 1}`)
    if (offset === next) return
    if (filter === null) {
      rule(kind.limited, `${this.name}: ${offset} comes after ${next - 1}`)
      model.begins(kind.name, offset)
      return
    }
    const { at } = model.logs.get(kind.name)!
    for (let between = next; between < offset && !kind.limited; between++) {
      const id = at[between]
      const passes = id !== undefined && model.published[id]!.filter === filter
      rule(!passes, `${this.name}: ${between}, which passes ${filter}, was left out`)
    }
  }

  private act(link: AmqpLink): void {
    const { dice, draining, clock } = this.world
    if (this.link !== link || !link.open || link.closing) return
    if (!draining && dice.chance(0.02)) {
      link.break(dice.pick(['reset', 'end', 'close'] as const))
      return
    }
    if (!draining && dice.chance(0.02)) {
      link.read(false)
      clock.after(dice.unit() * 200, () => link.read(true))
    }
    if (this.outstanding.length > 0) {
      const deliveryTag = draining ? this.outstanding.at(-1)! : dice.pick(this.outstanding)
      this.outstanding = this.outstanding.filter((tag) => tag > deliveryTag)
      link.send(basic.ack, { deliveryTag, multiple: true })
      link.flush()
    }
    this.later(() => this.act(link))
  }
}

function text(value: string): Field {
  return { type: 'S', value }
}
