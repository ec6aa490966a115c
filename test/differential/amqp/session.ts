import type { Method } from '../../../src/wire/amqp/method.ts'
import { basic, confirm, exchange, queue, tx } from '../../../src/wire/amqp/methods.ts'
import type { Properties } from '../../../src/wire/amqp/properties.ts'
import type { Admin } from './admin.ts'
import { type Command, SEATS, type Seat, showTable } from './command.ts'
import { type Arrived, Link, type Listener } from './link.ts'
import type { Names } from './names.ts'

/** What one seat has seen since it was last asked. Deliveries are kept apart by consumer: who of two queues is first is nobody's promise. */
interface Seen {
  deliveries: Record<string, string[]>
  returns: string[]
  confirmed: number[]
  refused: number[]
  others: string[]
}

/** What there is to see after a command: what was answered, what came, and how long the queues are. */
export interface Observation {
  readonly answer: string
  readonly seats: Record<string, Seen>
  readonly queues: Record<string, string>
}

const MONITOR = 1

/** A delivery that waits for its settlement. */
interface Delivery {
  readonly tag: number
  /** By these two it is found again on the other broker, whatever its tag is there. */
  readonly consumer: string
  readonly body: string
}

/** One of the two sides: three seats on two connections, and a third connection that looks at the queues. */
export class Session {
  private readonly links: Readonly<Record<'a' | 'b' | 'monitor', Link>>
  private readonly seats = new Map<Seat, SeatState>()
  private readonly admin: Admin
  /** How many messages and consumers a stream has is a matter of statistics with RabbitMQ: they come some seconds later. */
  private readonly streams = new Set<string>()

  constructor(host: string, port: number, admin: Admin) {
    this.admin = admin
    this.links = { a: new Link(host, port), b: new Link(host, port), monitor: new Link(host, port) }
    for (const seat of SEATS) {
      const state = new SeatState()
      this.seats.set(seat, state)
      this.linkOf(seat).listen(numberOf(seat), state)
    }
  }

  /** Does what the command says and returns the answer. */
  async run(command: Command): Promise<string> {
    const link = this.linkOf(command.seat)
    const number = numberOf(command.seat)
    const state = this.seats.get(command.seat)!
    const byOperator = await this.operate(link, command)
    if (byOperator !== null) return byOperator
    if (!link.isOpen(number)) state.reset()
    await link.ensure(number)
    const answer = await perform(link, number, state, command)
    if (command.verb !== 'queue.declare' && command.verb !== 'queue.delete') return answer
    const { queue: name } = command
    if (command.verb === 'queue.declare' && !command.passive && answer.startsWith('queue.declare-ok')) {
      if (command.args.get('x-queue-type')?.value === 'stream') this.streams.add(name)
      else this.streams.delete(name)
    }
    return this.withoutCount(name, answer)
  }

  private async operate(link: Link, command: Command): Promise<string | null> {
    switch (command.verb) {
      case 'log in':
        await link.close()
        link.user = command.user
        return 'ready'
      case 'policy.set':
        return this.admin.setPolicy(command)
      case 'policy.clear':
        return this.admin.clearPolicy(command.name, command.operator)
      default:
        return null
    }
  }

  private withoutCount(name: string, answer: string): string {
    return this.streams.has(name) ? answer.replace(/(messageCount|consumerCount)=\d+/g, '$1=(a stream)') : answer
  }

  /** What has come since `forget`, and the queues' lengths. */
  async observe(answer: string, queues: readonly string[]): Promise<Observation> {
    const lengths: Record<string, string> = {}
    for (const name of queues) {
      await this.links.monitor.ensure(MONITOR)
      const declared = { ticket: 0, durable: false, exclusive: false, autoDelete: false, nowait: false }
      const there = { ...declared, passive: true, queue: name, arguments: new Map() }
      lengths[name] = this.withoutCount(name, await this.links.monitor.ask(MONITOR, queue.declare, there))
    }
    const seats: Record<string, Seen> = {}
    for (const seat of SEATS) {
      const link = this.linkOf(seat)
      if (link.isOpen(numberOf(seat))) await link.barrier(numberOf(seat))
      seats[seat] = this.seats.get(seat)!.seen()
    }
    return { answer, seats, queues: lengths }
  }

  /**
   * A mistake that ends a connection first ends the channel that made it, in RabbitMQ: what that had goes to the other channels' consumers, who are about to go as
   * well, and comes back again, counted. Ours comes back once. What has been counted differs from then on.
   */
  isPastComparing(seat: Seat, answer: string): boolean {
    if (!answer.startsWith('connection ')) return false
    const link = this.linkOf(seat)
    return SEATS.some((one) => one !== seat && this.linkOf(one) === link && this.seats.get(one)!.consumed)
  }

  /** What has come so far was compared: from now on only what comes later counts. */
  forget(): void {
    for (const state of this.seats.values()) state.forget()
  }

  /** Deletes what the commands may have left, and ends. */
  async end({ queues, exchanges, policies }: Names): Promise<void> {
    await this.links.a.close()
    await this.links.b.close()
    for (const name of queues) {
      await this.links.monitor.ensure(MONITOR)
      const how = { ticket: 0, ifUnused: false, ifEmpty: false, nowait: false }
      await this.links.monitor.ask(MONITOR, queue.delete, { queue: name, ...how })
    }
    for (const name of exchanges) {
      await this.links.monitor.ensure(MONITOR)
      await this.links.monitor.ask(MONITOR, exchange.delete, {
        ticket: 0,
        exchange: name,
        ifUnused: false,
        nowait: false,
      })
    }
    await this.links.monitor.close()
    for (const name of policies) for (const operator of [true, false]) await this.admin.clearPolicy(name, operator)
  }

  private linkOf(seat: Seat): Link {
    return seat.startsWith('a') ? this.links.a : this.links.b
  }
}

function numberOf(seat: Seat): number {
  return Number(seat[1])
}

class SeatState implements Listener {
  outstanding: Delivery[] = []
  /** It has had a consumer since the channel was opened. */
  consumed = false
  noAck = new Set<string>()
  /** Whether the get that is under way acknowledges by itself. */
  getsWithoutAck = false
  private deliveries = new Map<string, string[]>()
  private returns: string[] = []
  private confirmed: number[] = []
  private refused: number[] = []
  private others: string[] = []
  private lastConfirmed = 0

  /** The channel is a new one. */
  reset(): void {
    this.outstanding = []
    this.noAck.clear()
    this.consumed = false
    this.lastConfirmed = 0
  }

  arrived({ by, args, properties, body }: Arrived): void {
    const text = `${args.exchange}/${args.routingKey} ${body} ${showProperties(properties)}`
    if (by.key === basic.return.key) {
      this.returns.push(`${args.replyCode} ${args.replyText} ${text}`)
      return
    }
    const consumer = by.key === basic.getOk.key ? 'get' : String(args.consumerTag)
    const line = args.redelivered === true ? `again ${text}` : text
    const list = this.deliveries.get(consumer)
    if (list === undefined) this.deliveries.set(consumer, [line])
    else list.push(line)
    const settled = consumer === 'get' ? this.getsWithoutAck : this.noAck.has(consumer)
    if (!settled) this.outstanding.push({ tag: Number(args.deliveryTag), consumer, body })
  }

  told(method: Method, args: Record<string, unknown>): void {
    if (method.key === basic.cancel.key) {
      this.others.push(`cancel ${args.consumerTag}`)
    } else if (method.key === basic.ack.key || method.key === basic.nack.key) {
      const list = method.key === basic.ack.key ? this.confirmed : this.refused
      const tag = Number(args.deliveryTag)
      for (let one = args.multiple === true ? this.lastConfirmed + 1 : tag; one <= tag; one++) list.push(one)
      if (args.multiple === true || tag === this.lastConfirmed + 1) this.lastConfirmed = tag
    } else this.others.push(`${method.name} ${args.text}`)
  }

  /** The unsettled deliveries in an order that is the same on both brokers. */
  inOrder(): Delivery[] {
    const key = ({ consumer, body }: Delivery) => `${consumer} ${body}`
    return [...this.outstanding].sort((x, y) => (key(x) < key(y) ? -1 : key(x) > key(y) ? 1 : x.tag - y.tag))
  }

  seen(): Seen {
    const numbers = (list: readonly number[]) => [...list].sort((x, y) => x - y)
    return {
      deliveries: Object.fromEntries([...this.deliveries].sort(([x], [y]) => (x < y ? -1 : 1))),
      returns: [...this.returns],
      confirmed: numbers(this.confirmed),
      refused: numbers(this.refused),
      others: [...this.others].sort(),
    }
  }

  forget(): void {
    this.deliveries = new Map()
    this.returns = []
    this.confirmed = []
    this.refused = []
    this.others = []
  }
}

/** The properties in words. The instants in a dead letter's history are left out: they differ. */
function showProperties(properties: Properties): string {
  const words = Object.entries(properties).flatMap(([name, value]) => {
    if (value === undefined) return []
    const shown = value instanceof Map ? showTable(value) : JSON.stringify(value)
    return [`${name}=${shown.replace(/time: T [^,}]+/g, 'time')}`]
  })
  return words.join(' ')
}

const NOWAIT = { ticket: 0, nowait: false } as const

async function perform(link: Link, number: number, state: SeatState, command: Command): Promise<string> {
  switch (command.verb) {
    case 'queue.declare': {
      const { passive, durable, exclusive, autoDelete, args } = command
      const flags = { passive, durable, exclusive, autoDelete }
      return link.ask(number, queue.declare, { ...NOWAIT, queue: command.queue, ...flags, arguments: args })
    }
    case 'queue.delete': {
      const { ifUnused, ifEmpty } = command
      return link.ask(number, queue.delete, { ...NOWAIT, queue: command.queue, ifUnused, ifEmpty })
    }
    case 'queue.purge':
      return link.ask(number, queue.purge, { ...NOWAIT, queue: command.queue })
    case 'queue.bind': {
      const to = { queue: command.queue, exchange: command.exchange, routingKey: command.key, arguments: command.args }
      return link.ask(number, queue.bind, { ...NOWAIT, ...to })
    }
    case 'queue.unbind': {
      const to = { queue: command.queue, exchange: command.exchange, routingKey: command.key, arguments: command.args }
      return link.ask(number, queue.unbind, { ticket: 0, ...to })
    }
    case 'exchange.declare': {
      const { type, passive, durable, autoDelete, internal, args } = command
      const flags = { type, passive, durable, autoDelete, internal }
      return link.ask(number, exchange.declare, { ...NOWAIT, exchange: command.exchange, ...flags, arguments: args })
    }
    case 'exchange.delete':
      return link.ask(number, exchange.delete, { ...NOWAIT, exchange: command.exchange, ifUnused: command.ifUnused })
    case 'exchange.bind':
    case 'exchange.unbind': {
      const { source, destination, key, args } = command
      const method = command.verb === 'exchange.bind' ? exchange.bind : exchange.unbind
      return link.ask(number, method, { ...NOWAIT, source, destination, routingKey: key, arguments: args })
    }
    default:
      return performBasic(link, number, state, command)
  }
}

async function performBasic(link: Link, number: number, state: SeatState, command: Command): Promise<string> {
  switch (command.verb) {
    case 'basic.publish':
      link.publish(number, command.exchange, command.key, command.mandatory, command.properties, command.body)
      return link.barrier(number)
    case 'basic.get':
      state.getsWithoutAck = command.noAck
      return link.ask(number, basic.get, { ticket: 0, queue: command.queue, noAck: command.noAck })
    case 'basic.consume': {
      const { tag, noAck, exclusive, args } = command
      if (noAck) state.noAck.add(tag)
      state.consumed = true
      const flags = { noLocal: false, noAck, exclusive }
      const to = { queue: command.queue, consumerTag: tag, arguments: args }
      return link.ask(number, basic.consume, { ...NOWAIT, ...to, ...flags })
    }
    case 'basic.cancel':
      return link.ask(number, basic.cancel, { consumerTag: command.tag, nowait: false })
    case 'basic.qos':
      return link.ask(number, basic.qos, { prefetchSize: 0, prefetchCount: command.prefetch, global: command.global })
    case 'basic.recover':
      if (command.requeue) state.outstanding = []
      return link.ask(number, basic.recover, { requeue: command.requeue })
    case 'basic.recover-async':
      if (command.requeue) state.outstanding = []
      link.send(number, basic.recoverAsync, { requeue: command.requeue })
      return link.barrier(number)
    case 'basic.ack':
    case 'basic.nack':
    case 'basic.reject':
      return settle(link, number, state, command)
    default:
      return performOther(link, number, command)
  }
}

async function settle(
  link: Link,
  number: number,
  state: SeatState,
  command: Extract<Command, { verb: 'basic.ack' | 'basic.nack' | 'basic.reject' }>,
): Promise<string> {
  const { which, requeue, verb } = command
  const list = state.inOrder()
  const one = typeof which === 'number' && list.length > 0 ? list[which % list.length]! : null
  if (which !== 'unknown' && list.length === 0) return 'nothing to settle'
  const deliveryTag = which === 'all' ? 0 : (one?.tag ?? 4711)
  const multiple = which === 'all' && verb !== 'basic.reject'
  if (which === 'all' && !multiple) return 'a reject is for one'
  state.outstanding = which === 'all' ? [] : state.outstanding.filter((delivery) => delivery !== one)
  if (verb === 'basic.ack') link.send(number, basic.ack, { deliveryTag, multiple })
  else if (verb === 'basic.nack') link.send(number, basic.nack, { deliveryTag, multiple, requeue })
  else link.send(number, basic.reject, { deliveryTag, requeue })
  return link.barrier(number)
}

async function performOther(link: Link, number: number, command: Command): Promise<string> {
  switch (command.verb) {
    case 'confirm.select':
      return link.ask(number, confirm.select, { nowait: false })
    case 'tx.select':
      return link.ask(number, tx.select, {})
    case 'tx.commit':
      return link.ask(number, tx.commit, {})
    case 'tx.rollback':
      return link.ask(number, tx.rollback, {})
    case 'channel.close':
      return link.closeChannel(number)
    case 'connection.close':
      await link.close()
      return 'closed'
    case 'wait':
      await new Promise((resolve) => setTimeout(resolve, command.ms))
      return 'waited'
    default:
      throw new Error(`nobody knows how to do ${command.verb}`)
  }
}
