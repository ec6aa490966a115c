import { EMPTY_TABLE, type Table } from '../../src/wire/amqp/field.ts'
import { rule } from '../failure.ts'
import type { Wire } from '../net.ts'
import type { World } from '../world.ts'
import { drawKinds, levelIn, type QueueKind } from './kinds.ts'

/** Who holds a delivery: a consumer's connection in one life of the broker. */
export interface Holder {
  readonly name: string
  readonly life: number
  /** Whether the broker can still believe that the connection is there. */
  alive(): boolean
}

/** One message in one queue, as far as clients know. */
export interface Copy {
  readonly message: Message
  readonly queue: string
  /** Who has it unacknowledged. */
  holder: Holder | null
  /** The life in which it was last handed to a client that the connection lived for. */
  deliveredIn: number
  deliveries: number
  /**
   * Copies that come for the first time in a life are numbered: the order in which they stand in their queue. A power loss takes back what a delayed message did
   * last, and it may come to its queue anew.
   */
  place: number
  /** An acknowledgement was sent; it may still be lost with its connection, or with a crash. */
  acked: boolean
  /** That was a rejection: the message has to come out of the queue of dead letters. */
  rejected: boolean
  /** The life in which it came out of there. */
  movedIn: number
  /** In a queue that counts, what its headers said last. */
  acquired: number
  failed: number
  ackedIn: number
  /** A later reply on the same channel proved that the acknowledgement is durable. */
  settled: boolean
}

export interface Message {
  readonly id: number
  /** Identifies the channel that published it, for order. */
  readonly session: number
  readonly sequence: number
  readonly persistent: boolean
  /** -1: none. */
  readonly priority: number
  readonly length: number
  /** Confirmed in this life; 0 while it is not. */
  confirmedIn: number
  /** The life in which it was sent. */
  readonly bornIn: number
  /** Of a transaction, its number; 0 for none. */
  readonly transaction: number
  readonly delayed: boolean
  /** It must not come earlier, by the broker's clock. */
  readonly notBefore: number
  /** It comes to exactly one of the queues in `copies`: the others are taken out when it is known which. */
  readonly one: boolean
  readonly copies: Map<string, Copy>
}

const HEADER = 8

/** What all AMQP clients together know: what has to be there, and what must not come again. */
export class AmqpModel {
  readonly messages: Message[] = []
  /** All queues, those of dead letters behind those that clients publish to. */
  readonly queues: readonly string[]
  readonly sources: readonly string[]
  readonly kinds: ReadonlyMap<string, QueueKind>
  /** Queues bound to the fanout exchange. */
  readonly fanned: readonly string[]
  readonly world: World
  /** The policies that queues rely on are there for good. */
  lawful = true
  /** When the last of the delayed messages is due. */
  dueBy = 0
  private sessions = 0
  private transactions = 0
  private places = 0

  constructor(world: World) {
    this.world = world
    this.kinds = drawKinds(world.swarm.queues, world.dice, world.swarm.policies)
    this.queues = [...this.kinds.keys()]
    this.sources = this.queues.slice(0, world.swarm.queues)
    this.fanned = this.sources.filter((_, i) => i === 0 || world.dice.chance(0.5))
  }

  /** A connection to the broker; null if it is not there, or the policies that queues rely on are not. */
  connect(): Wire | null {
    return this.lawful ? this.world.net.connect(5672) : null
  }

  session(): number {
    return ++this.sessions
  }

  transaction(): number {
    return ++this.transactions
  }

  /** A new message on its way to these queues, and its body. */
  create(
    session: number,
    sequence: number,
    to: readonly string[],
    persistent: boolean,
    length: number,
    transaction = 0,
    { delay, one } = { delay: 0, one: false },
    priority = -1,
  ) {
    const id = this.messages.length
    const copies = new Map<string, Copy>()
    const size = Math.max(HEADER, length)
    const message = {
      id,
      session,
      sequence,
      persistent,
      priority,
      length: size,
      bornIn: this.world.life,
      confirmedIn: 0,
      transaction,
      notBefore: this.world.clock.now() + delay,
      delayed: delay > 0,
      one,
      copies,
    }
    for (const queue of to) copies.set(queue, makeCopy(message, queue))
    this.messages.push(message)
    if (delay > 0) this.dueBy = Math.max(this.dueBy, message.notBefore)
    this.world.tell(
      () => `${session} publishes ${id} to ${to}, ${persistent ? 'persistent' : 'transient'}, ${size} bytes`,
    )
    this.world.add('messages published')
    return { message, body: bodyOf(message) }
  }

  /** The level at which the message stands in the queue. */
  level(queue: string, message: Message): number {
    return levelIn(this.kinds.get(queue)!, message.priority)
  }

  /** A body came out of a queue: finds the message and checks all that must hold. */
  delivered(queue: string, body: Uint8Array, redelivered: boolean, holder: Holder, headers: Table = EMPTY_TABLE): Copy {
    const { world } = this
    rule(body.length >= HEADER, `a body of ${body.length} bytes came out of ${queue}`)
    const id = ((body[0]! << 24) | (body[1]! << 16) | (body[2]! << 8) | body[3]!) >>> 0
    const message = this.messages[id]
    rule(message !== undefined, `message ${id} came out of ${queue}, but was never published: bytes are spoilt`)
    rule(Buffer.compare(body, bodyOf(message)) === 0, `the body of message ${id} from ${queue} is spoilt`)
    const copy = message.copies.get(queue) ?? this.deadLetter(queue, message)
    rule(copy !== undefined, `message ${id} came out of ${queue}, where it was not sent`)
    if (message.one) this.onlyIn(message, queue)
    const early = message.notBefore - world.clock.now()
    rule(early <= 0, `message ${id} came out of ${queue} ${early} ms before its time`)
    if (message.delayed) world.add('delayed messages delivered')
    this.checkMoves(copy)
    this.checkCounts(copy, headers, redelivered)
    world.add('messages delivered')
    world.tell(() => `${holder.name} got ${id} from ${queue}${redelivered ? ' again' : ''}`)
    rule(!copy.settled, `message ${id} came out of ${queue} again after its acknowledgement was durable`)
    const { life } = world
    if (copy.acked && copy.ackedIn === life && copy.holder?.alive()) {
      rule(false, `message ${id} came out of ${queue} again after it was acknowledged`)
    }
    if (copy.holder !== null && copy.holder.life === life && copy.holder.alive()) {
      rule(false, `message ${id} went to ${holder.name} while ${copy.holder.name} has it unacknowledged`)
    }
    if (copy.deliveredIn === life && !redelivered) {
      rule(false, `message ${id} came out of ${queue} a second time without being marked as redelivered`)
    }
    copy.holder = holder
    if (copy.deliveredIn !== life) copy.place = ++this.places
    copy.deliveredIn = life
    copy.deliveries++
    copy.acked = false
    copy.rejected = false
    return copy
  }

  /** One of several queues got the message, and its dead letters. */
  private onlyIn(message: Message, queue: string): void {
    const beside = (other: string) => this.kinds.get(other)?.dead === queue || this.kinds.get(queue)?.dead === other
    for (const other of message.copies.keys()) if (other !== queue && !beside(other)) message.copies.delete(other)
  }

  /** A message comes out of a queue of dead letters: it must have died, and is gone from where it was. */
  private deadLetter(queue: string, message: Message): Copy | undefined {
    const source = [...message.copies.values()].find((one) => this.kinds.get(one.queue)?.dead === queue)
    if (source === undefined) return undefined
    const { expires, limit } = this.kinds.get(source.queue)!
    const may = source.rejected || expires || limit < Number.POSITIVE_INFINITY
    rule(may, `message ${message.id} came out of ${queue}, but nothing has happened to it in ${source.queue}`)
    this.world.add('dead letters delivered')
    source.movedIn = this.world.life
    const copy = makeCopy(message, queue)
    message.copies.set(queue, copy)
    return copy
  }

  /** What was moved to the dead letters is not in its old queue as well. A power loss may take back what was not durable. */
  private checkMoves(copy: Copy): void {
    const { message, queue } = copy
    const dead = message.copies.get(this.kinds.get(queue)?.dead ?? '')
    if (dead === undefined) return
    const twice = `message ${message.id} came out of ${queue} after it came out of ${dead.queue}`
    rule(copy.movedIn !== this.world.life, twice)
    rule(!dead.settled, `${twice} and was settled there`)
    message.copies.delete(dead.queue)
  }

  /** In a queue that counts the counts never go back while the broker lives, and no message fails more often than it may. */
  private checkCounts(copy: Copy, headers: Table, redelivered: boolean): void {
    const kind = this.kinds.get(copy.queue)!
    if (kind.type !== 'quorum') return
    const acquired = Number(headers.get('x-acquired-count')?.value ?? 0)
    const failed = Number(headers.get('x-delivery-count')?.value ?? 0)
    const what = `message ${copy.message.id} from ${copy.queue}: handed out ${acquired} times, failed ${failed} times`
    rule(acquired > 0 === redelivered, `${what}, redelivered ${redelivered}`)
    rule(failed <= acquired && failed <= kind.limit, `${what}, of ${kind.limit}`)
    if (copy.deliveredIn === this.world.life) {
      rule(acquired > copy.acquired && failed >= copy.failed, `${what}, after ${copy.acquired} and ${copy.failed}`)
    }
    if (acquired > 0) this.world.add('counted deliveries')
    copy.acquired = acquired
    copy.failed = failed
  }

  /** The broker has taken responsibility for a message. */
  confirmed(message: Message, life: number): void {
    message.confirmedIn = life
    this.world.add('messages confirmed')
  }

  acknowledged(copy: Copy): void {
    this.world.tell(() => `${copy.holder?.name} acknowledges ${copy.message.id} in ${copy.queue}`)
    copy.acked = true
    copy.ackedIn = this.world.life
    this.world.add('messages acknowledged')
  }

  /** The message was refused: it has to come out of the queue of dead letters, or out of its own again. */
  rejected(copy: Copy): void {
    this.acknowledged(copy)
    copy.rejected = true
  }

  settled(copy: Copy): void {
    this.world.tell(() => `${copy.message.id} in ${copy.queue} is durably acknowledged`)
    copy.settled = true
    copy.holder = null
  }

  /** It was cancelled: it need not come, and may until that is durable. */
  withdrawn(message: Message): void {
    for (const copy of message.copies.values()) if (copy.deliveries === 0) copy.acked = true
  }

  /** From now on it must not come. */
  settledAll(message: Message): void {
    for (const copy of message.copies.values()) if (copy.deliveries === 0) this.settled(copy)
  }

  /** Copies that must still come, by what clients were promised. */
  missing(): Copy[] {
    const found: Copy[] = []
    for (const message of this.messages) {
      if (message.confirmedIn === 0) continue
      if (!message.persistent && message.confirmedIn !== this.world.life) continue
      for (const copy of message.copies.values()) if (!this.isDone(copy)) found.push(copy)
    }
    return found
  }

  private isDone(copy: Copy): boolean {
    const dead = copy.message.copies.get(this.kinds.get(copy.queue)?.dead ?? '')
    return dead === undefined ? copy.acked && !copy.rejected : dead.acked
  }

  /** Of a transaction that was never answered, either everything took place or nothing. */
  checkTransactions(): void {
    const seen = new Map<number, { some: boolean; all: boolean }>()
    for (const message of this.messages) {
      if (message.transaction === 0 || !message.persistent) continue
      const state = seen.get(message.transaction) ?? { some: false, all: true }
      for (const copy of message.copies.values()) {
        // A consumer may see what a power loss takes back; what comes in a later life was on the disk.
        if (copy.deliveries === 0 && copy.movedIn === 0) state.all = false
        else if (copy.deliveredIn > message.bornIn || message.bornIn === this.world.life) state.some = true
      }
      seen.set(message.transaction, state)
    }
    for (const [number, { some, all }] of seen) {
      rule(
        !some || all,
        `transaction ${number} took place in part: ${this.messages
          .filter((message) => message.transaction === number)
          .map(tell)
          .join('; ')}`,
      )
    }
  }
}

function makeCopy(message: Message, queue: string): Copy {
  return {
    message,
    queue,
    holder: null,
    deliveredIn: 0,
    deliveries: 0,
    place: 0,
    acked: false,
    rejected: false,
    movedIn: 0,
    acquired: 0,
    failed: 0,
    ackedIn: 0,
    settled: false,
  }
}

/** The message's number, its length, and a pattern that follows from both. */
function bodyOf(message: { id: number; length: number }): Uint8Array {
  const body = new Uint8Array(message.length)
  const { id, length } = message
  for (let i = 0; i < 4; i++) {
    body[i] = id >>> (24 - 8 * i)
    body[4 + i] = length >>> (24 - 8 * i)
  }
  for (let i = HEADER; i < length; i++) body[i] = (id * 31 + i * 7) & 255
  return body
}

function tell({ id, persistent, confirmedIn, copies }: Message): string {
  const each = [...copies.values()].map(
    ({ queue, deliveries, acked }) => `${queue}: came ${deliveries} times, acked ${acked}`,
  )
  return `${persistent ? 'persistent' : 'transient'} message ${id}, confirmed in life ${confirmedIn}: ${each.join(', ')}`
}
