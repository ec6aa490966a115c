import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Table, tableOf } from '../../wire/amqp/field.ts'
import type { Properties } from '../../wire/amqp/properties.ts'
import type { Binding } from './binding.ts'
import { headersOf } from './bindings.ts'
import type { Destination } from './destination.ts'
import { Exchange } from './exchange.ts'
import { Router } from './router.ts'
import { type ExchangeType, kindOf } from './types.ts'

class World {
  readonly router = new Router(new Map<string, Destination>())
  readonly exchange: Exchange
  private ids = 1

  constructor(type: ExchangeType, args: Table = tableOf({})) {
    const properties = { name: 'x', type, durable: true, autoDelete: false, internal: false, args }
    this.exchange = new Exchange(this.ids, properties, 7)
    this.router.add(this.exchange)
  }

  bind(name: string, key: string): Binding<Exchange> {
    const destination = { name, routed: 0 }
    const binding = { id: ++this.ids, source: this.exchange, destination, key, args: tableOf({}) }
    this.router.bind(binding)
    return binding
  }

  route(key: string, properties: Properties = {}, more: string[] = []): string[] {
    const out: Destination[] = []
    this.router.route(this.exchange, key, more, headersOf(properties), out)
    return out.map(({ name }) => name)
  }

  /** How many of `count` messages went where. */
  spread(count: number, message: (i: number) => [string, Properties?]): Record<string, number> {
    const sums: Record<string, number> = {}
    for (let i = 0; i < count; i++) {
      const to = this.route(...message(i))
      assert.equal(to.length, 1)
      sums[to[0]!] = (sums[to[0]!] ?? 0) + 1
    }
    return sums
  }
}

test('a consistent hash gives each destination its share, and one routing key always to the same', () => {
  const world = new World('x-consistent-hash')
  for (const [name, weight] of [
    ['a', '1'],
    ['b', '2'],
    ['c', '5'],
  ] as const)
    world.bind(name, weight)
  const sums = world.spread(8000, (i) => [`key ${i}`])
  for (const [name, share] of [
    ['a', 1000],
    ['b', 2000],
    ['c', 5000],
  ] as const) {
    assert.ok(Math.abs(sums[name]! - share) < share / 5, `${name} got ${sums[name]}`)
  }
  assert.equal(world.router.once, false)
  const again = new World('x-consistent-hash')
  for (const [name, weight] of [
    ['a', '1'],
    ['b', '2'],
    ['c', '5'],
  ] as const)
    again.bind(name, weight)
  for (let i = 0; i < 100; i++) assert.deepEqual(again.route(`key ${i}`), world.route(`key ${i}`))
})

test('of a consistent hash only a part moves when a destination comes, and it moves back when it goes', () => {
  const world = new World('x-consistent-hash')
  for (const name of ['a', 'b', 'c', 'd']) world.bind(name, '10')
  const before = Array.from({ length: 2000 }, (_, i) => world.route(`key ${i}`)[0]!)
  const binding = world.bind('e', '10')
  const during = before.map((_, i) => world.route(`key ${i}`)[0]!)
  const moved = during.filter((name, i) => name !== before[i])
  assert.ok(moved.every((name) => name === 'e'))
  assert.ok(moved.length > 200 && moved.length < 600, `${moved.length} moved`)
  world.router.unbind(binding)
  assert.deepEqual(
    before.map((_, i) => world.route(`key ${i}`)[0]!),
    before,
  )
})

test('a consistent hash looks at a header or a property instead if it was declared so, and at the first routing key only', () => {
  const spread = (args: Table, message: (i: number) => [string, Properties?]) => {
    const world = new World('x-consistent-hash', args)
    for (const name of ['a', 'b', 'c']) world.bind(name, '1')
    const used = Object.keys(world.spread(300, message)).length
    return [used, world.router.once]
  }
  const header = tableOf({ 'hash-header': 'h' })
  assert.deepEqual(
    spread(header, (i) => ['same', { headers: tableOf({ h: `v${i}` }) }]),
    [3, true],
  )
  assert.deepEqual(
    spread(header, (i) => ['same', { headers: tableOf({ h: i }) }]),
    [3, true],
  )
  assert.deepEqual(
    spread(header, (i) => [`k${i}`, {}]),
    [1, true],
  )
  for (const [property, of] of [
    ['message_id', (i: number) => ({ messageId: `${i}` })],
    ['correlation_id', (i: number) => ({ correlationId: `${i}` })],
    ['timestamp', (i: number) => ({ timestamp: i })],
  ] as const) {
    const args = tableOf({ 'hash-property': property })
    assert.deepEqual(
      spread(args, (i) => ['same', of(i)]),
      [3, true],
    )
  }
})

test('of two bindings to one destination the older one counts, then the other', () => {
  const world = new World('x-consistent-hash')
  const first = world.bind('a', '1')
  const second = { ...first, id: 100, key: '30' }
  world.router.bind(second)
  world.bind('b', '1')
  const even = world.spread(1000, (i) => [`key ${i}`])
  assert.ok(even.a! < 700, `${even.a}`)
  world.router.unbind(first)
  const heavy = world.spread(1000, (i) => [`key ${i}`])
  assert.ok(heavy.a! > 900, `${heavy.a}`)
})

test('a random exchange draws one binding for each message, a modulus exchange always the same one for a key', () => {
  for (const type of ['x-random', 'x-local-random'] as const) {
    const world = new World(type)
    const bindings = ['a', 'b', 'c'].map((name) => world.bind(name, ''))
    const sums = world.spread(3000, () => ['same'])
    assert.ok(
      Object.values(sums).every((n) => n > 800 && n < 1200),
      JSON.stringify(sums),
    )
    assert.equal(world.router.once, true)
    assert.equal(world.route('same', {}, ['a', 'b']).length, 1)
    for (const binding of bindings.slice(0, 2)) world.router.unbind(binding)
    assert.deepEqual(
      world.spread(10, () => ['same']),
      { c: 10 },
    )
  }
  const world = new World('x-modulus-hash')
  for (const name of ['a', 'b', 'c']) world.bind(name, name)
  assert.equal(Object.keys(world.spread(10, () => ['same'])).length, 1)
  assert.equal(Object.keys(world.spread(300, (i) => [`key ${i}`])).length, 3)
  const more = new Set(Array.from({ length: 50 }, (_, i) => world.route('same', {}, [`cc ${i}`])[0]))
  assert.equal(more.size, 3)
  const other = new World('x-modulus-hash')
  for (const name of ['c', 'a', 'b']) other.bind(name, name)
  for (let i = 0; i < 50; i++) assert.deepEqual(other.route(`key ${i}`), world.route(`key ${i}`))
})

test('a recent-history exchange goes everywhere, and keeps what does not say otherwise', () => {
  const world = new World('x-recent-history', tableOf({ 'x-recent-history-length': 5 }))
  world.bind('a', '')
  assert.equal(world.exchange.history, 5)
  assert.deepEqual(world.route('k'), ['a'])
  assert.deepEqual(world.router.keeps, [{ exchange: world.exchange, delay: 0 }])
  world.route('k', { headers: tableOf({ 'x-recent-history-no-store': true }) })
  assert.deepEqual(world.router.keeps, [])
  assert.equal(new World('x-recent-history').exchange.history, 20)
})

test('a delayed exchange holds a message back, and routes it as its type does when the delay is negated', () => {
  const world = new World('x-delayed-message', tableOf({ 'x-delayed-type': 'topic' }))
  world.bind('a', '*.b')
  const delayed = { headers: tableOf({ 'x-delay': 50 }) }
  assert.deepEqual(world.route('a.b', delayed), [])
  assert.deepEqual(world.router.keeps, [{ exchange: world.exchange, delay: 50 }])
  assert.deepEqual(world.route('a.b', { headers: tableOf({ 'x-delay': -50 }) }), ['a'])
  assert.deepEqual([world.router.keeps, world.router.once], [[], true])
})

test('arguments are checked as the plugins check them', () => {
  const problem = (type: ExchangeType, args: Parameters<typeof tableOf>[0]) =>
    kindOf(type).check?.(tableOf(args))?.problem ?? null
  assert.equal(problem('x-delayed-message', {}), 'no-delayed-type')
  assert.equal(problem('x-delayed-message', { 'x-delayed-type': 5 }), 'no-delayed-type')
  assert.equal(problem('x-delayed-message', { 'x-delayed-type': 'x-delayed-message' }), 'delayed-twice')
  assert.equal(problem('x-delayed-message', { 'x-delayed-type': 'no' }), 'unknown-type')
  const inner = { 'x-delayed-type': 'x-consistent-hash', 'hash-property': 'no' }
  assert.equal(problem('x-delayed-message', inner), 'unknown-hash-property')
  assert.equal(problem('x-delayed-message', { 'x-delayed-type': 'direct' }), null)
  assert.equal(problem('x-consistent-hash', { 'hash-header': 'a', 'hash-property': 'message_id' }), 'two-hashes')
  assert.equal(problem('x-recent-history', { 'x-recent-history-length': 0 }), 'bad-history-length')
  assert.equal(problem('x-recent-history', { 'x-recent-history-length': 1 }), null)
})
