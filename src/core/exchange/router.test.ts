import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMPTY_TABLE, type Field, type Table, tableOf } from '../../wire/amqp/field.ts'
import type { Binding } from './binding.ts'
import { headersOf } from './bindings.ts'
import type { Destination } from './destination.ts'
import { Exchange } from './exchange.ts'
import { Router } from './router.ts'
import type { ExchangeType } from './types.ts'

class World {
  readonly queues = new Map<string, Destination>()
  readonly router = new Router(this.queues)
  private ids = 0

  queue(name: string): Destination {
    const queue = { name, routed: 0 }
    this.queues.set(name, queue)
    return queue
  }

  exchange(name: string, type: ExchangeType, args: Record<string, string> = {}): Exchange {
    const properties = { name, type, durable: true, autoDelete: false, internal: false, args: tableOf(args) }
    const exchange = new Exchange(++this.ids, properties, 1)
    this.router.add(exchange)
    return exchange
  }

  bind(source: Exchange, destination: Destination, key = '', args: Table = EMPTY_TABLE): Binding<Exchange> {
    const binding = { id: ++this.ids, source, destination, key, args }
    this.router.bind(binding)
    return binding
  }

  route(exchange: string, key = '', more: string[] = [], headers: Record<string, Field> = {}): string[] {
    const out: Destination[] = []
    const source = this.router.exchanges.get(exchange)!
    this.router.route(source, key, more, headersOf({ headers: new Map(Object.entries(headers)) }), out)
    return out.map((queue) => queue.name).sort()
  }
}

test('the default exchange leads to the queue that the routing key names', () => {
  const world = new World()
  world.queue('a')
  assert.deepEqual(world.route('', 'a'), ['a'])
  assert.deepEqual(world.route('', 'b'), [])
  world.queues.delete('a')
  assert.deepEqual(world.route('', 'a'), [])
})

test('a queue gets a message once, however many bindings, keys and ways lead to it', () => {
  const world = new World()
  const topic = world.exchange('t', 'topic')
  const fanout = world.exchange('f', 'fanout')
  const a = world.queue('a')
  const b = world.queue('b')
  world.bind(topic, a, '#')
  world.bind(topic, a, 'x.*')
  world.bind(topic, fanout, 'x.#')
  world.bind(fanout, a)
  world.bind(fanout, b)
  assert.deepEqual(world.route('t', 'x.y', ['x.z', 'q']), ['a', 'b'])
  assert.deepEqual(world.route('t', 'y'), ['a'])
})

test('exchanges bound in a circle end, and each is passed once', () => {
  const world = new World()
  const one = world.exchange('one', 'fanout')
  const two = world.exchange('two', 'fanout')
  const q = world.queue('q')
  world.bind(one, two)
  world.bind(two, one)
  world.bind(one, one)
  world.bind(two, q)
  assert.deepEqual(world.route('one'), ['q'])
  assert.deepEqual(world.route('two'), ['q'])
})

test('the alternate exchange takes what matches no binding, in a chain, but not what a bound exchange drops', () => {
  const world = new World()
  const main = world.exchange('main', 'direct', { 'alternate-exchange': 'second' })
  world.exchange('second', 'direct', { 'alternate-exchange': 'third' })
  const third = world.exchange('third', 'fanout', { 'alternate-exchange': 'main' })
  const drop = world.exchange('drop', 'direct')
  const q = world.queue('q')
  const binding = world.bind(third, q)
  world.bind(main, drop, 'dropped')
  assert.deepEqual(world.route('main', 'anything'), ['q'])
  assert.deepEqual(world.route('main', 'dropped'), [])
  world.router.unbind(binding)
  assert.deepEqual(world.route('main', 'anything'), [])
  world.router.remove(third)
  assert.deepEqual(world.route('main', 'anything'), [])
})

test('further keys (CC, BCC) count as routing keys in every exchange on the way', () => {
  const world = new World()
  const direct = world.exchange('d', 'direct')
  world.bind(direct, world.queue('a'), 'a')
  world.bind(direct, world.queue('b'), 'b')
  assert.deepEqual(world.route('d', 'a', ['b', 'c']), ['a', 'b'])
  assert.deepEqual(world.route('', 'a', ['b', 'c']), ['a', 'b'])
})

test('only a routing that passes a headers exchange with bindings says that it looked at the headers', () => {
  const world = new World()
  const fanout = world.exchange('f', 'fanout')
  const headers = world.exchange('h', 'headers')
  const q = world.queue('q')
  world.bind(fanout, headers)
  assert.deepEqual(world.route('f'), [])
  assert.equal(world.router.once, false)
  world.bind(headers, q, '', tableOf({ a: 'b' }))
  assert.deepEqual(world.route('f', '', [], { a: { type: 'S', value: 'b' } }), ['q'])
  assert.equal(world.router.once, true)
  assert.deepEqual(world.route('', 'q'), ['q'])
  assert.equal(world.router.once, false)
})

test('bindings are told apart by destination, key and arguments, types included, in whatever order', () => {
  const world = new World()
  const direct = world.exchange('d', 'direct')
  const q = world.queue('same')
  const x = world.exchange('same', 'fanout')
  const ordered = tableOf({ a: 1, b: 'x' })
  world.bind(direct, q, 'k', ordered)
  assert.ok(world.router.binding(direct, q, 'k', tableOf({ b: 'x', a: 1 })))
  assert.equal(world.router.binding(direct, q, 'k', tableOf({ b: 'x', a: { type: 'l', value: 1 } })), undefined)
  assert.equal(world.router.binding(direct, q, 'k', EMPTY_TABLE), undefined)
  assert.equal(world.router.binding(direct, q, 'other', ordered), undefined)
  assert.equal(world.router.binding(direct, x, 'k', ordered), undefined)
})

test('what goes takes its bindings along on both sides, and every change moves the epoch', () => {
  const world = new World()
  const first = world.exchange('first', 'fanout')
  const middle = world.exchange('middle', 'fanout')
  const q = world.queue('q')
  world.bind(first, middle)
  world.bind(middle, q)
  world.bind(middle, q, 'again')
  const before = world.router.epoch
  assert.equal(world.router.remove(middle).length, 3)
  assert.ok(world.router.epoch > before)
  assert.equal(first.bindings.size, 0)
  assert.deepEqual(world.router.bindingsTo(q), [])
  assert.deepEqual(world.route('first'), [])
  world.bind(first, q)
  assert.deepEqual(world.route('first'), ['q'])
  world.queues.delete('q')
  assert.equal(world.router.forget(q).length, 1)
  assert.deepEqual(world.route('first'), [])
})

test('a fanout to a thousand queues forgets any of them', () => {
  const world = new World()
  const fanout = world.exchange('f', 'fanout')
  const queues = Array.from({ length: 1000 }, (_, i) => world.queue(`q${i}`))
  for (const queue of queues) world.bind(fanout, queue)
  for (const [i, queue] of queues.entries()) if (i % 3 === 0) world.router.forget(queue)
  assert.deepEqual(world.route('f'), queues.flatMap((queue, i) => (i % 3 === 0 ? [] : [queue.name])).sort())
})
