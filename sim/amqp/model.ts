import { rule } from '../failure.ts'
import type { World } from '../world.ts'

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
  /** Copies that came for the first time are numbered: the order in which they stand in their queue. */
  place: number
  /** An acknowledgement was sent; it may still be lost with its connection, or with a crash. */
  acked: boolean
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
  readonly queues: readonly string[]
  /** Queues bound to the fanout exchange. */
  readonly fanned: readonly string[]
  readonly world: World
  private sessions = 0
  private transactions = 0
  private places = 0

  constructor(world: World) {
    this.world = world
    this.queues = Array.from({ length: world.swarm.queues }, (_, i) => `queue-${i}`)
    this.fanned = this.queues.filter((_, i) => i === 0 || world.dice.chance(0.5))
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
  ) {
    const id = this.messages.length
    const copies = new Map<string, Copy>()
    const size = Math.max(HEADER, length)
    const message = {
      id,
      session,
      sequence,
      persistent,
      length: size,
      bornIn: this.world.life,
      confirmedIn: 0,
      transaction,
      notBefore: this.world.clock.now() + delay,
      delayed: delay > 0,
      one,
      copies,
    }
    for (const queue of to) {
      copies.set(queue, {
        message,
        queue,
        holder: null,
        deliveredIn: 0,
        deliveries: 0,
        place: 0,
        acked: false,
        ackedIn: 0,
        settled: false,
      })
    }
    this.messages.push(message)
    this.world.tell(
      () => `${session} publishes ${id} to ${to}, ${persistent ? 'persistent' : 'transient'}, ${size} bytes`,
    )
    this.world.add('messages published')
    return { message, body: bodyOf(message) }
  }

  /** A body came out of a queue: finds the message and checks all that must hold. */
  delivered(queue: string, body: Uint8Array, redelivered: boolean, holder: Holder): Copy {
    const { world } = this
    rule(body.length >= HEADER, `a body of ${body.length} bytes came out of ${queue}`)
    const id = ((body[0]! << 24) | (body[1]! << 16) | (body[2]! << 8) | body[3]!) >>> 0
    const message = this.messages[id]
    rule(message !== undefined, `message ${id} came out of ${queue}, but was never published: bytes are spoilt`)
    rule(Buffer.compare(body, bodyOf(message)) === 0, `the body of message ${id} from ${queue} is spoilt`)
    const copy = message.copies.get(queue)
    rule(copy !== undefined, `message ${id} came out of ${queue}, where it was not sent`)
    if (message.one) for (const other of message.copies.keys()) if (other !== queue) message.copies.delete(other)
    const early = message.notBefore - world.clock.now()
    rule(early <= 0, `message ${id} came out of ${queue} ${early} ms before its time`)
    if (message.delayed) world.add('delayed messages delivered')
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
    copy.deliveredIn = life
    if (copy.deliveries++ === 0) copy.place = ++this.places
    copy.acked = false
    return copy
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
      for (const copy of message.copies.values()) if (!copy.acked) found.push(copy)
    }
    return found
  }

  /** Of a transaction that was never answered, either everything took place or nothing. */
  checkTransactions(): void {
    const seen = new Map<number, { some: boolean; all: boolean }>()
    for (const message of this.messages) {
      if (message.transaction === 0 || !message.persistent) continue
      const state = seen.get(message.transaction) ?? { some: false, all: true }
      for (const copy of message.copies.values()) {
        // A consumer may see what a power loss takes back; what comes in a later life was on the disk.
        if (copy.deliveries === 0) state.all = false
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
