import { EMPTY_TABLE } from '../../src/wire/amqp/field.ts'
import { queue } from '../../src/wire/amqp/methods.ts'
import type { Actor, World } from '../world.ts'
import { declare } from './declare.ts'
import { AmqpLink } from './link.ts'
import type { AmqpModel } from './model.ts'

/** So often in a row all queues have to be empty: what was delivered last is still on its way. */
const QUIET = 20
/** How long a delayed message may take beyond its time. */
const LATE_MS = 5000

/** Asks, once everything drains, until all queues are empty, and then whether everything that was promised has come. */
export class AmqpAuditor implements Actor {
  private readonly world: World
  private readonly model: AmqpModel
  private readonly left = new Map<string, number>()
  private quiet = 0

  constructor(world: World, model: AmqpModel) {
    this.world = world
    this.model = model
  }

  begin(): void {}

  drain(): void {
    this.connect()
  }

  done(): boolean {
    // What was never confirmed may have been kept all the same, and come late.
    const late = this.world.clock.now() > this.model.dueBy + LATE_MS
    return late && this.quiet >= QUIET && this.model.missing().length === 0
  }

  end(): void {
    this.model.checkTransactions()
  }

  toString(): string {
    const missing = this.model.missing()
    const some = missing.slice(0, 5).map((copy) => `${copy.message.id} in ${copy.queue}`)
    return `queues with messages: ${JSON.stringify([...this.left])}; ${missing.length} messages that were promised: ${some}`
  }

  private connect(): void {
    const wire = this.model.connect()
    if (wire === null) {
      this.world.clock.after(10, () => this.connect())
      return
    }
    let skip = this.model.queues.length
    const link = new AmqpLink(wire, {
      ready: () => {
        declare(link, this.model)
        this.ask(link)
      },
      received: ({ method, args }) => {
        if (method !== queue.declareOk || --skip >= 0) return
        this.left.set(args.queue as string, args.messageCount as number)
        if (args.queue !== this.model.queues.at(-1)) return
        const empty = this.model.queues.every((name) => this.left.get(name) === 0)
        this.quiet = empty ? this.quiet + 1 : 0
        this.world.clock.after(100, () => this.ask(link))
      },
      closed: () => this.world.clock.after(10, () => this.connect()),
    })
  }

  private ask(link: AmqpLink): void {
    if (!link.open) return
    for (const name of this.model.queues) {
      const flags = { passive: true, durable: true, exclusive: false, autoDelete: false, nowait: false }
      link.send(queue.declare, { ticket: 0, queue: name, ...flags, arguments: EMPTY_TABLE })
    }
    link.flush()
  }
}
