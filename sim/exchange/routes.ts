import { EMPTY_TABLE, type Table, tableOf } from '../../src/wire/amqp/field.ts'
import { exchange, queue } from '../../src/wire/amqp/methods.ts'
import type { AmqpLink } from '../amqp/link.ts'
import type { World } from '../world.ts'

/** A way that a message can go, and what has to become of it. */
export interface SimRoute {
  readonly exchange: string
  readonly key: string
  readonly headers: Table
  /** The queues it comes to: all of them, or with `one` exactly one. */
  readonly to: readonly string[]
  readonly one: boolean
  /** Milliseconds that it has to wait. */
  readonly delay: number
}

/** A durable exchange that keeps messages for good or for a time: its name, its type and its arguments. */
const EXCHANGES: readonly (readonly [name: string, type: string, args: Table])[] = [
  ['alternate', 'direct', tableOf({ 'alternate-exchange': 'fan' })],
  ['outer', 'topic', EMPTY_TABLE],
  ['hashed', 'x-consistent-hash', EMPTY_TABLE],
  ['drawn', 'x-random', EMPTY_TABLE],
  ['recent', 'x-recent-history', tableOf({ 'x-recent-history-length': 3 })],
  ['delayed', 'x-delayed-message', tableOf({ 'x-delayed-type': 'direct' })],
  ['delayed-recent', 'x-delayed-message', tableOf({ 'x-delayed-type': 'x-recent-history' })],
  ['doomed', 'x-delayed-message', tableOf({ 'x-delayed-type': 'fanout' })],
]

/** Declares the exchanges and what leads from them; doing it again changes nothing. `fan` and the queues are there. */
export function declareRoutes(link: AmqpLink, queues: readonly string[], fanned: readonly string[]): void {
  const flags = { ticket: 0, passive: false, durable: true, autoDelete: false, internal: false, nowait: false }
  for (const [name, type, args] of EXCHANGES) {
    link.send(exchange.declare, { ...flags, exchange: name, type, arguments: args })
  }
  const binding = { ticket: 0, nowait: false, arguments: EMPTY_TABLE }
  link.send(exchange.bind, { ...binding, source: 'outer', destination: 'fan', routingKey: 'to.#' })
  for (const name of queues) {
    link.send(queue.bind, { ...binding, queue: name, exchange: 'hashed', routingKey: '2' })
    link.send(queue.bind, { ...binding, queue: name, exchange: 'drawn', routingKey: '' })
    link.send(queue.bind, { ...binding, queue: name, exchange: 'delayed', routingKey: name })
  }
  for (const name of fanned) {
    link.send(queue.bind, { ...binding, queue: name, exchange: 'recent', routingKey: '' })
    link.send(queue.bind, { ...binding, queue: name, exchange: 'delayed-recent', routingKey: '' })
  }
  link.send(queue.bind, { ...binding, queue: queues[0]!, exchange: 'doomed', routingKey: '' })
}

/** One of the ways, drawn at random. */
export function drawRoute({ dice, swarm }: World, queues: readonly string[], fanned: readonly string[]): SimRoute {
  const delay = dice.between(1, swarm.longestDelay)
  const now = { headers: EMPTY_TABLE, one: false, delay: 0 }
  const later = { headers: tableOf({ 'x-delay': delay }), one: false, delay }
  const one = dice.pick(queues)
  switch (dice.below(7)) {
    case 0:
      return { exchange: 'alternate', key: 'nobody', to: fanned, ...now }
    case 1:
      return { exchange: 'outer', key: 'to.all', to: fanned, ...now }
    case 2:
      return { exchange: 'hashed', key: `${dice.below(100)}`, to: queues, ...now, one: true }
    case 3:
      return { exchange: 'drawn', key: '', to: queues, ...now, one: true }
    case 4:
      return { exchange: 'recent', key: '', to: fanned, ...now }
    case 5:
      return { exchange: 'delayed-recent', key: '', to: fanned, ...later }
    default:
      return { exchange: 'delayed', key: one, to: [one], ...later }
  }
}
