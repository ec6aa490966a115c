import { rule } from '../failure.ts'
import type { World } from '../world.ts'

/** One stream: a queue to AMQP's clients, and to Kafka's a topic if they can see it. */
export interface StreamKind {
  readonly name: string
  readonly visible: boolean
  /** What is old goes. */
  readonly limited: boolean
}

/** Something that was published: it comes to one offset in each of its streams, once. */
export interface Published {
  readonly id: number
  readonly streams: readonly string[]
  /** Of one channel, for order; 0 where nothing is said about it. */
  readonly session: number
  readonly sequence: number
  /** Of a transaction, its number; 0 for none. */
  readonly transaction: number
  /** The value that filters look at, if it has one. */
  readonly filter: string | null
  readonly offsets: Map<string, number>
  /** The life in which it was sent, and the one in which that was confirmed; 0 while it is not. */
  readonly bornIn: number
  confirmedIn: number
}

/** What is known of a stream's log. */
class LogModel {
  /** What is at an offset: the same for ever. */
  readonly at: number[] = []
  /** Below here things may be gone. */
  start = 0
  /** Where the log began when somebody was told. */
  told = 0
}

/** What all clients of streams know together, whichever protocol they speak. */
export class StreamModel {
  readonly world: World
  readonly kinds: readonly StreamKind[]
  readonly logs: ReadonlyMap<string, LogModel>
  readonly published: Published[] = []
  private sessions = 0
  private transactions = 0

  constructor(world: World) {
    this.world = world
    const { dice, swarm } = world
    this.kinds = Array.from({ length: swarm.streams }, (_, i) => {
      const visible = dice.chance(0.7)
      // Kafka could have no topic of that name.
      return { name: visible ? `stream-${i}` : `stream ${i}`, visible, limited: dice.chance(0.4) }
    })
    this.logs = new Map(this.kinds.map(({ name }) => [name, new LogModel()]))
  }

  session(): number {
    return ++this.sessions
  }

  transaction(): number {
    return ++this.transactions
  }

  create(
    streams: readonly string[],
    session: number,
    sequence: number,
    transaction = 0,
    filter: string | null = null,
  ): Published {
    const id = this.published.length
    const { life } = this.world
    const one: Published = {
      id,
      streams,
      session,
      sequence,
      transaction,
      filter,
      offsets: new Map(),
      bornIn: life,
      confirmedIn: 0,
    }
    this.published.push(one)
    this.world.add('stream messages published')
    this.world.tell(() => `${session} publishes ${id} to ${streams}`)
    return one
  }

  confirmed(one: Published): void {
    one.confirmedIn = this.world.life
    this.world.add('stream messages confirmed')
  }

  /** One above the highest offset that anybody knows of. */
  end(stream: string): number {
    return this.logs.get(stream)!.at.length
  }

  /** The record is at this offset of this stream, and was and will be. */
  found(stream: string, offset: number, id: number, how: string): Published {
    const { at } = this.logs.get(stream)!
    const one = this.published[id]
    rule(one !== undefined, `${how}: ${stream} has ${id} at ${offset}, which nobody published`)
    rule(one.streams.includes(stream), `${how}: ${stream} has ${id} at ${offset}, which was not published there`)
    const there = at[offset]
    rule(there === undefined || there === id, `${how}: ${stream} has ${id} at ${offset}, where ${there} was`)
    const before = one.offsets.get(stream) ?? offset
    rule(before === offset, `${how}: ${stream} has ${id} at ${offset} and at ${before}`)
    one.offsets.set(stream, offset)
    at[offset] = id
    return one
  }

  /** Somebody got what was left of it, from here on. */
  begins(stream: string, offset: number): void {
    const log = this.logs.get(stream)!
    log.start = Math.max(log.start, offset)
  }

  /** Somebody was told where the log begins: it never begins earlier again. */
  toldStart(stream: string, offset: number): void {
    const log = this.logs.get(stream)!
    rule(offset >= log.told, `the log of ${stream} begins at ${offset}, and began at ${log.told}`)
    log.told = offset
    this.begins(stream, offset)
  }

  /** What has to come and was seen by nobody. What a limited stream has let go of may have been that. */
  missing(): Published[] {
    return this.published.filter((one) => one.confirmedIn > 0 && one.streams.some((stream) => this.lacks(one, stream)))
  }

  private lacks(one: Published, stream: string): boolean {
    return !one.offsets.has(stream) && this.logs.get(stream)!.start === 0
  }

  /** Everything was read to its end. */
  checkAll(): void {
    for (const [stream, { at, start }] of this.logs) {
      const last = new Map<number, Published>()
      for (let offset = start; offset < at.length; offset++) {
        const id = at[offset]
        rule(id !== undefined, `${stream} has nothing at ${offset}`)
        const one = this.published[id]!
        if (one.session === 0) continue
        const before = last.get(one.session)
        rule(
          before === undefined || before.sequence < one.sequence,
          `${stream}: ${id} at ${offset} comes after ${before?.id}, which was published later on its channel`,
        )
        last.set(one.session, one)
      }
    }
    this.checkTransactions()
  }

  /** Of a transaction everything is there or nothing, as far as nothing has been let go of. */
  private checkTransactions(): void {
    const seen = new Map<number, { some: number; lacks: number }>()
    for (const one of this.published) {
      if (one.transaction === 0) continue
      const state = seen.get(one.transaction) ?? { some: -1, lacks: -1 }
      for (const stream of one.streams) {
        if (one.offsets.has(stream)) state.some = one.id
        else if (this.lacks(one, stream)) state.lacks = one.id
      }
      seen.set(one.transaction, state)
    }
    for (const [number, { some, lacks }] of seen) {
      rule(some < 0 || lacks < 0, `transaction ${number} took place in part: ${some} is there, ${lacks} is not`)
    }
  }
}
