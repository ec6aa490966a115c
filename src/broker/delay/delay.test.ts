import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerRig, RigConsumer } from '../../../sim/broker-rig.ts'
import type { SimClock } from '../../../sim/clock.ts'
import type { SimDisk } from '../../../sim/disk.ts'
import { headersOf } from '../../core/exchange/bindings.ts'
import type { Exchange } from '../../core/exchange/exchange.ts'
import type { Queue } from '../../core/queue/queue.ts'
import { type Field, tableOf } from '../../wire/amqp/field.ts'
import { CLASS_BASIC, FRAME_BODY, FRAME_END, FRAME_HEADER, FRAME_PREFIX } from '../../wire/amqp/frame.ts'
import { decodeProperties, type Properties, writeHeader } from '../../wire/amqp/properties.ts'
import { Writer } from '../../wire/amqp/writer.ts'
import { declareExchange } from '../exchange/declare.ts'
import { deleteExchange } from '../exchange/delete.ts'
import { keepMessage } from '../exchange/keep.ts'
import { bindQueue } from '../queue/bind.ts'
import type { Message } from '../queue/message.ts'
import { publish } from '../queue/publish.ts'
import { cancelDelayed } from './cancel.ts'
import { listDelayed } from './list.ts'

class World extends BrokerRig {
  readonly vhost = this.broker.vhosts.get('/')!

  constructor(disk?: SimDisk, clock?: SimClock) {
    super(1, disk, 'fsync', clock)
  }

  exchange(name: string, args: Record<string, string> = {}, durable = true): Exchange {
    const declaration = { name, type: 'x-delayed-message', durable, autoDelete: false, internal: false }
    const table = tableOf({ 'x-delayed-type': 'direct', ...args })
    const outcome = declareExchange(this.broker, this.vhost, { ...declaration, args: table })
    assert.ok(outcome.ok)
    return this.vhost.router.exchanges.get(name)!
  }

  bind(exchange: string, queue: string, key = 'k'): void {
    assert.ok(bindQueue(this.broker, this.vhost, 1, { exchange, queue, key, args: new Map() }).ok)
  }

  /** Publishes as a channel does. */
  send(exchange: string, body: string, delay: number | Field | null, properties: Properties = {}): Queue[] {
    const headers = delay === null ? tableOf({}) : tableOf({ 'x-delay': delay })
    const all = { deliveryMode: 2, ...properties, headers }
    const message = messageOf(exchange, 'k', body, all)
    const queues: Queue[] = []
    const { router } = this.vhost
    router.route(router.exchanges.get(exchange)!, 'k', [], headersOf(all), queues)
    keepMessage(this.broker, router.keeps, [], message)
    if (queues.length > 0) publish(this.broker, queues, message)
    return queues
  }

  /** What has come to a queue: bodies with their `x-delay`. */
  came(name: string): string[] {
    const queue = this.vhost.queues.get(name)!
    const consumer = new BodyConsumer()
    queue.consumers.add(consumer)
    this.broker.wake(queue)
    this.run(20)
    queue.consumers.remove(consumer)
    consumer.ackAll(this.broker, queue)
    return consumer.bodies
  }

  total(exchange: string): number {
    const page = listDelayed(this.broker, '/', exchange)
    assert.ok(page.ok)
    return page.total
  }

  /** Starts again when everything that was said is durable. */
  restart(power: boolean): World {
    let durable = false
    this.broker.turn.hold(this.broker.store.journal.tail, { release: () => (durable = true) })
    this.run(50)
    assert.ok(durable)
    return new World(power ? this.disk.lose() : this.disk.kill(), this.clock)
  }
}

class BodyConsumer extends RigConsumer {
  readonly bodies: string[] = []

  override deliver(
    queue: Queue,
    sequence: number,
    bytes: Uint8Array,
    at: number,
    length: number,
    again: boolean,
  ): void {
    super.deliver(queue, sequence, bytes, at, length, again)
    let frame = at + 1 + bytes[at]!
    frame += 1 + bytes[frame]! + 1
    const size = bytes[frame + 5]! * 256 + bytes[frame + 6]!
    const properties = decodeProperties(bytes, frame + FRAME_PREFIX, frame + FRAME_PREFIX + size)
    const body = frame + FRAME_PREFIX + size + 1 + FRAME_PREFIX
    const text = Buffer.from(bytes.subarray(body, at + length - 1)).toString()
    this.bodies.push(`${text} ${properties.headers?.get('x-delay')?.value ?? 'none'}`)
  }
}

function messageOf(exchange: string, key: string, body: string, properties: Properties): Message {
  const writer = new Writer()
  writer.shortstr(exchange)
  writer.shortstr(key)
  const keysLength = writer.at
  writer.octet(FRAME_END)
  writer.octet(FRAME_HEADER)
  writer.short(1)
  const size = writer.reserve(4)
  writeHeader(writer, CLASS_BASIC, body.length, properties)
  writer.putLong(size, writer.at - size - 4)
  writer.octet(FRAME_END)
  writer.octet(FRAME_BODY)
  writer.short(1)
  writer.long(body.length)
  writer.raw(Buffer.from(body))
  writer.octet(FRAME_END)
  const bytes = new Uint8Array(writer.written())
  const persistent = properties.deliveryMode === 2
  return {
    ...{ bytes, keysAt: 0, keysLength, contentAt: keysLength, contentLength: bytes.length - keysLength },
    ...{ persistent, expiry: 0, priority: -1 },
  }
}

function ready(): World {
  const world = new World()
  world.exchange('d')
  world.queue('q')
  world.bind('d', 'q')
  return world
}

test('a message waits as long as its x-delay says, and then comes with the delay negated', () => {
  const world = ready()
  assert.deepEqual(world.send('d', 'late', 1000), [])
  assert.equal(world.total('d'), 1)
  world.run(900)
  assert.deepEqual(world.came('q'), [])
  world.run(100)
  assert.deepEqual(world.came('q'), ['late -1000'])
  assert.equal(world.total('d'), 0)
})

test('messages come in the order in which they are due', () => {
  const world = ready()
  for (const [body, delay] of [
    ['c', 300],
    ['a', 100],
    ['b', 200],
    ['d', 300],
  ] as const)
    world.send('d', body, delay)
  world.run(1000)
  assert.deepEqual(world.came('q'), ['a -100', 'b -200', 'c -300', 'd -300'])
})

test('a delay that is absent, negative, zero, too long or no number is none', () => {
  const world = ready()
  const values: (number | Field | null)[] = [
    ...[null, 0, -5, 2 ** 32, { type: 't', value: true } as const],
    ...[{ type: 'S', value: 'soon' } as const, { type: 'V', value: null } as const],
  ]
  for (const value of values) assert.equal(world.send('d', 'now', value).length, 1)
  for (const value of ['50', { type: 'd', value: 50.9 } as const, { type: 'b', value: 50 } as const]) {
    assert.equal(world.send('d', 'later', value as Field).length, 0)
  }
  assert.equal(world.total('d'), 3)
  world.run(100)
  assert.deepEqual(world.came('q').slice(values.length), ['later -50', 'later -50', 'later -50'])
})

test('delayed messages outlast kill -9 and power loss, also transient ones, and those due meanwhile come at once', () => {
  for (const power of [false, true]) {
    const world = ready()
    world.send('d', 'soon', 100)
    world.send('d', 'later', 5000, { deliveryMode: 1 })
    const again = world.restart(power)
    assert.equal(again.total('d'), 2)
    again.run(100)
    assert.deepEqual(again.came('q'), ['soon -100'])
    again.run(6000)
    assert.deepEqual(again.came('q'), ['later -5000'])
    again.run(100)
    const last = again.restart(power)
    last.run(100)
    assert.deepEqual([last.total('d'), last.came('q')], [0, []])
  }
})

test('what a transient exchange delays is kept in memory, and gone after a restart like the exchange', () => {
  const world = new World()
  world.exchange('d', {}, false)
  world.queue('q')
  world.bind('d', 'q')
  world.send('d', 'late', 100)
  world.run(200)
  assert.deepEqual(world.came('q'), ['late -100'])
  world.send('d', 'late', 100)
  world.run(10)
  assert.equal(world.restart(false).vhost.router.exchanges.has('d'), false)
})

test('delayed messages are listed page by page and can be cancelled, also for good', () => {
  const world = ready()
  for (let i = 0; i < 5; i++) world.send('d', `m${i}`, 1000 + i)
  const first = listDelayed(world.broker, '/', 'd', 0, 3)
  assert.ok(first.ok)
  assert.deepEqual(
    first.messages.map(({ sequence, due }) => [sequence, due - world.clock.now()]),
    [
      [0, 1000],
      [1, 1001],
      [2, 1002],
    ],
  )
  assert.deepEqual([first.total, first.next], [5, 3])
  const second = listDelayed(world.broker, '/', 'd', first.next, 3)
  assert.ok(second.ok && second.next === -1 && second.messages.length === 2)
  const cancelled = cancelDelayed(world.broker, '/', 'd', [0, 3, 3, 99])
  assert.ok(cancelled.ok && cancelled.cancelled === 2)
  world.run(50)
  const again = world.restart(true)
  assert.equal(again.total('d'), 3)
  again.run(2000)
  assert.deepEqual(again.came('q'), ['m1 -1001', 'm2 -1002', 'm4 -1004'])
  assert.equal(listDelayed(again.broker, '/', 'amq.direct').ok, false)
  assert.equal(cancelDelayed(again.broker, '/', 'nowhere', [1]).ok, false)
})

test('what an exchange delays goes with it', () => {
  const world = ready()
  world.send('d', 'never', 100)
  assert.ok(deleteExchange(world.broker, world.vhost, 'd', false).ok)
  world.exchange('d')
  world.bind('d', 'q')
  world.run(1000)
  assert.deepEqual(world.came('q'), [])
  world.run(50)
  const again = world.restart(false)
  again.run(1000)
  assert.deepEqual(again.came('q'), [])
})

test('more messages than memory holds wait in the log, are moved and released in bounded steps, and each comes once', () => {
  let world = ready()
  const count = 3000
  let sent = 0
  const pad = 'x'.repeat(200)
  while (sent < count) {
    for (let i = 0; i < 50; i++) {
      while (!world.broker.hasRoom(512)) world.run(5)
      world.send('d', `${sent++}${pad}`, 60_000 + ((sent * 7919) % 5000))
    }
    world.run(20)
  }
  assert.equal(world.total('d'), count)
  world.run(2000)
  world = world.restart(true)
  assert.equal(world.total('d'), count)
  const seen = new Set<string>()
  for (let i = 0; i < 200 && seen.size < count; i++) {
    world.run(1000)
    for (const body of world.came('q')) {
      assert.ok(!seen.has(body), `${body.slice(0, 5)} came twice`)
      seen.add(body)
    }
  }
  assert.equal(seen.size, count)
  assert.equal(world.broker.kept.get(world.vhost.router.exchanges.get('d')!.id)!.index.live, 0)
})
