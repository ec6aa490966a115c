import { EMPTY_TABLE, type Table } from '../../wire/amqp/field.ts'
import { type Binding, bindingIdentity } from './binding.ts'
import type { MessageHeaders } from './bindings.ts'
import { DefaultBindings } from './default.ts'
import { delayOf } from './delayed.ts'
import type { Destination } from './destination.ts'
import { Exchange } from './exchange.ts'
import { isRemembered } from './recent-history.ts'

/** An exchange keeps the message: until the delay (in milliseconds) is over, or, if that is 0, for queues that are bound later. */
export interface Keep {
  readonly exchange: Exchange
  readonly delay: number
}

export const NO_KEEPS: readonly Keep[] = []

/** The id of the default exchange, which is nobody's to declare or delete. */
export const DEFAULT_EXCHANGE_ID = 0

/**
 * The exchanges of one vhost with their bindings, and the way of a message through them. `Q` is whatever stands for a queue;
 * `queues` belongs to the caller, who tells the router with `forget` when one goes.
 */
export class Router<Q extends Destination> {
  readonly exchanges = new Map<string, Exchange>()
  /** Grows with every change that may lead a message elsewhere: what was found out before is then void. */
  epoch = 0
  /** Whether the last routing holds for its message only: it looked at headers or properties, or drew by lot. */
  once = false
  /** What the last routing leaves with exchanges on its way; NO_KEEPS if there is nothing. */
  keeps: readonly Keep[] = NO_KEEPS
  /** Bindings that lead to a destination. */
  private readonly incoming = new Map<Destination, Set<Binding<Exchange>>>()
  /** The number of this routing, see `Destination.routed`. */
  private routing = 0
  private readonly reached: Exchange[] = []
  private readonly found: Destination[] = []
  private readonly asked: MessageHeaders = {
    headers: () => this.ask().headers(),
    header: (name) => this.ask().header(name),
    property: (name) => this.ask().property(name),
  }
  private message: MessageHeaders = NO_HEADERS

  constructor(queues: ReadonlyMap<string, Q>) {
    const properties = { name: '', type: 'direct', durable: true, autoDelete: false, internal: false } as const
    const matching = new DefaultBindings(queues)
    this.add(new Exchange(DEFAULT_EXCHANGE_ID, { ...properties, args: EMPTY_TABLE }, 0, matching))
  }

  add(exchange: Exchange): void {
    this.exchanges.set(exchange.name, exchange)
    this.epoch++
  }

  /** Takes an exchange out with all bindings from it and to it, which are returned. */
  remove(exchange: Exchange): Binding<Exchange>[] {
    const gone = [...exchange.bindings.values(), ...this.bindingsTo(exchange)]
    for (const binding of gone) this.unbind(binding)
    if (this.exchanges.get(exchange.name) === exchange) this.exchanges.delete(exchange.name)
    this.epoch++
    return gone
  }

  /** Takes out all bindings to a queue that goes, and returns them. */
  forget(queue: Q): Binding<Exchange>[] {
    const gone = this.bindingsTo(queue)
    for (const binding of gone) this.unbind(binding)
    this.epoch++
    return gone
  }

  bindingsTo(destination: Destination): Binding<Exchange>[] {
    return [...(this.incoming.get(destination) ?? [])]
  }

  binding(source: Exchange, destination: Destination, key: string, args: Table): Binding<Exchange> | undefined {
    return source.bindings.get(bindingIdentity(kindOf(destination), destination.name, key, args))
  }

  /** Puts in a binding that is not there yet (see `binding`). */
  bind(binding: Binding<Exchange>): void {
    const { source, destination, key, args } = binding
    source.bindings.set(bindingIdentity(kindOf(destination), destination.name, key, args), binding)
    source.matching.bind(binding)
    let incoming = this.incoming.get(destination)
    if (incoming === undefined) this.incoming.set(destination, (incoming = new Set()))
    incoming.add(binding)
    this.epoch++
  }

  unbind(binding: Binding<Exchange>): void {
    const { source, destination, key, args } = binding
    if (!source.bindings.delete(bindingIdentity(kindOf(destination), destination.name, key, args))) return
    source.matching.unbind(binding)
    const incoming = this.incoming.get(destination)
    incoming?.delete(binding)
    if (incoming?.size === 0) this.incoming.delete(destination)
    this.epoch++
  }

  /**
   * Pushes to `out` the queues that a message goes to, each once. `more` are further routing keys (the headers CC and BCC).
   * Exchanges bound in a circle are passed once each.
   */
  route(exchange: Exchange, key: string, more: readonly string[], headers: MessageHeaders, out: Q[]): void {
    this.once = false
    this.keeps = NO_KEEPS
    this.message = headers
    const { reached } = this
    reached.length = 0
    const routing = ++this.routing
    exchange.routed = routing
    reached.push(exchange)
    for (let i = 0; i < reached.length; i++) this.pass(reached[i]!, routing, key, more, out)
    this.message = NO_HEADERS
  }

  private pass(exchange: Exchange, routing: number, key: string, more: readonly string[], out: Q[]): void {
    const { found, reached } = this
    const { matching } = exchange
    if (exchange.keeps && this.keep(exchange)) return
    found.length = 0
    if (matching.varies) this.once = true
    const all = more.length > 0 && matching.keys === 'all'
    matching.route(all ? [key, ...more].join('\0') : key, this.asked, found)
    if (matching.keys === 'each') for (const each of more) matching.route(each, this.asked, found)
    if (found.length === 0 && exchange.alternate !== '') {
      const alternate = this.exchanges.get(exchange.alternate)
      if (alternate !== undefined) found.push(alternate)
    }
    for (let i = 0; i < found.length; i++) {
      const destination = found[i]!
      if (destination.routed === routing) continue
      destination.routed = routing
      if (destination instanceof Exchange) reached.push(destination)
      else out.push(destination as Q)
    }
  }

  /** Notes what an exchange keeps of the message; true if it goes no further now. */
  private keep(exchange: Exchange): boolean {
    const delay = exchange.delays ? delayOf(this.asked) : 0
    if (delay > 0 || (exchange.history > 0 && isRemembered(this.asked))) {
      this.keeps = [...this.keeps, { exchange, delay }]
    }
    return delay > 0
  }

  private ask(): MessageHeaders {
    this.once = true
    return this.message
  }
}

const NO_HEADERS: MessageHeaders = { headers: () => EMPTY_TABLE, header: () => undefined, property: () => undefined }

function kindOf(destination: Destination): 'queue' | 'exchange' {
  return destination instanceof Exchange ? 'exchange' : 'queue'
}
