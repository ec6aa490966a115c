import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimClock } from '../../sim/clock.ts'
import { SimCompute } from '../../sim/compute.ts'
import { SimDisk } from '../../sim/disk.ts'
import { SimNet } from '../../sim/net.ts'
import { Dice } from '../../sim/random.ts'
import { headersOf } from '../core/exchange/bindings.ts'
import type { Consumer } from '../core/queue/consumer.ts'
import type { Queue } from '../core/queue/queue.ts'
import { Arena } from '../std/arena.ts'
import { EMPTY_TABLE, type Table, tableOf } from '../wire/amqp/field.ts'
import type { Broker } from './broker.ts'
import { bindExchange, unbindExchange } from './exchange/bind.ts'
import { declareExchange } from './exchange/declare.ts'
import { deleteExchange } from './exchange/delete.ts'
import { openBroker } from './open.ts'
import { bindQueue, unbindQueue } from './queue/bind.ts'
import { declarePassively, declareQueue } from './queue/declare.ts'
import { deleteQueue } from './queue/delete.ts'
import { consumerLeft, releaseExclusive } from './queue/lease.ts'
import { publish } from './queue/publish.ts'
import { purgeQueue } from './queue/purge.ts'
import { Part } from './records.ts'
import type { Outcome } from './refusal.ts'
import type { VHost } from './vhost.ts'

class World {
  readonly clock: SimClock
  readonly disk: SimDisk
  readonly broker: Broker
  readonly vhost: VHost

  /** With `before`, what a new process finds when the power came back after a failure. */
  constructor(before?: World) {
    const dice = new Dice(1)
    this.clock = before?.clock ?? new SimClock(dice)
    this.disk = before?.disk ?? new SimDisk(this.clock, dice)
    const arena = new Arena(8 * 2 ** 20)
    this.broker = openBroker({
      env: {
        clock: this.clock.process(),
        disk: this.disk,
        net: new SimNet(this.clock, dice, arena, { keep: 1024, region: 1024, stuffed: 1024, slowest: 1 }),
        random: dice,
        compute: new SimCompute(this.clock, () => 0),
      },
      arena,
      broker: { outputRegions: 1, maxMessageSize: 2 ** 20, memory: 2 ** 30 },
      store: { journalRing: 2 ** 21, spillRing: 2 ** 21, fileSize: 2 ** 21, reserve: 2 ** 21 },
      register: [],
      onFatal: (error) => assert.fail(error),
      report: () => {},
    })
    this.vhost = this.broker.vhosts.get('/')!
  }

  run(ms: number): void {
    const end = this.clock.time + ms
    while (this.clock.next() <= end && this.clock.step());
  }

  queue(name: string, given: { exclusive?: true; autoDelete?: true; transient?: true; args?: Table } = {}, owner = 1) {
    const { exclusive = false, autoDelete = false, transient = false, args = EMPTY_TABLE } = given
    const declaration = { name, durable: !transient, exclusive, autoDelete, args }
    return good(declareQueue(this.broker, this.vhost, owner, declaration)).queue
  }

  exchange(name: string, given: { autoDelete?: true; transient?: true } = {}): void {
    const { autoDelete = false, transient = false } = given
    const rest = { type: 'fanout', durable: !transient, autoDelete, internal: false, args: EMPTY_TABLE }
    good(declareExchange(this.broker, this.vhost, { name, ...rest }))
  }

  bind(exchange: string, queue: string, args: Table = EMPTY_TABLE): void {
    good(bindQueue(this.broker, this.vhost, 1, { exchange, queue, key: 'k', args }))
  }

  publish(queue: string, persistent = false): void {
    const bytes = Uint8Array.of(0, 1, 65, 0xce, 1, 2, 3, 4)
    const message = {
      bytes,
      keysAt: 0,
      keysLength: 3,
      contentAt: 3,
      contentLength: 5,
      persistent,
      expiry: 0,
      priority: -1,
    }
    publish(this.broker, [this.vhost.queues.get(queue)!], message)
  }

  definitions(): unknown[] {
    const slices = [Part.definitions, Part.topology].flatMap((kind) => [...this.slices(kind)])
    return slices.flatMap((bytes) => JSON.parse(Buffer.from(bytes).toString()))
  }

  slices(kind: number): Iterable<Uint8Array> {
    return this.broker.parts.find((one) => one.kind === kind)!.snapshot()
  }
}

function good<T>(outcome: Outcome<T>): { readonly ok: true } & T {
  assert.ok(outcome.ok, JSON.stringify(outcome))
  return outcome
}

function consumer(): Consumer<Queue> & { told: number } {
  return {
    tag: 't',
    noAck: false,
    exclusive: false,
    priority: 0,
    outstanding: 0,
    told: 0,
    canTake: () => false,
    deliver: () => assert.fail('it can take nothing'),
    cancelled() {
      this.told++
    },
  }
}

test('an auto-delete exchange goes with its last binding, and takes along those that only led to it', () => {
  const world = new World()
  const { broker, vhost } = world
  for (const name of ['a', 'b', 'c']) world.exchange(name, { autoDelete: true })
  world.exchange('keeps')
  good(bindExchange(broker, vhost, { source: 'a', destination: 'b', key: '', args: EMPTY_TABLE }))
  good(bindExchange(broker, vhost, { source: 'b', destination: 'c', key: '', args: EMPTY_TABLE }))
  good(bindExchange(broker, vhost, { source: 'keeps', destination: 'b', key: '', args: EMPTY_TABLE }))
  world.queue('q')
  world.bind('c', 'q')
  world.bind('c', 'q', tableOf({ x: 1 }))
  good(unbindQueue(broker, vhost, 1, { exchange: 'c', queue: 'q', key: 'k', args: EMPTY_TABLE }))
  assert.ok(vhost.router.exchanges.has('c'))
  good(deleteQueue(broker, vhost, 1, 'q', false, false))
  for (const name of ['a', 'b', 'c']) assert.ok(!vhost.router.exchanges.has(name), name)
  assert.ok(vhost.router.exchanges.has('keeps'))
  assert.equal(vhost.bindingsById.size, 0)
})

test('exchanges in a circle that delete themselves end', () => {
  const world = new World()
  const { broker, vhost } = world
  for (const name of ['a', 'b']) world.exchange(name, { autoDelete: true })
  for (const [source, destination] of [
    ['a', 'b'],
    ['b', 'a'],
    ['a', 'a'],
  ] as const) {
    good(bindExchange(broker, vhost, { source, destination, key: '', args: EMPTY_TABLE }))
  }
  good(unbindExchange(broker, vhost, { source: 'b', destination: 'a', key: '', args: EMPTY_TABLE }))
  assert.deepEqual([...vhost.router.exchanges.keys()].sort().slice(0, 2), ['', 'a'])
  assert.ok(!vhost.router.exchanges.has('b'))
  good(deleteExchange(broker, vhost, 'a', false))
  assert.equal(vhost.bindingsById.size, 0)
})

test('a deleted queue tells its consumers, answers how many messages were ready, and gives them up bit by bit', () => {
  const world = new World()
  const queue = world.queue('q')
  for (let i = 0; i < 40_000; i++) world.publish('q')
  queue.take(queue.peek())
  const one = consumer()
  queue.consumers.add(one)
  assert.equal(good(deleteQueue(world.broker, world.vhost, 1, 'q', false, false)).messages, 39_999)
  assert.equal(one.told, 1)
  assert.ok(!world.vhost.queues.has('q') && !world.broker.queuesById.has(queue.id))
  assert.ok(queue.index.live > 10_000)
  world.run(10)
  assert.equal(queue.index.live, 0)
})

test('a purge takes what is ready when it begins, in bounded steps, and leaves deliveries and newer messages alone', () => {
  const world = new World()
  const queue = world.queue('q')
  for (let i = 0; i < 40_000; i++) world.publish('q')
  queue.take(queue.peek())
  let purged = -1
  purgeQueue(world.broker, queue, (messages) => {
    purged = messages
  })
  assert.equal(purged, -1)
  world.publish('q')
  world.run(10)
  assert.equal(purged, 39_999)
  assert.equal(queue.ready, 1)
  assert.equal(queue.unacked, 1)
})

test('an auto-delete queue goes when its last consumer has left, and not before it had one', () => {
  const world = new World()
  const queue = world.queue('q', { autoDelete: true })
  world.run(100_000)
  const [one, two] = [consumer(), consumer()]
  queue.consumers.add(one)
  queue.consumers.add(two)
  queue.consumers.remove(one)
  consumerLeft(world.broker, queue)
  assert.ok(world.vhost.queues.has('q'))
  queue.consumers.remove(two)
  consumerLeft(world.broker, queue)
  assert.ok(!world.vhost.queues.has('q'))
})

test('a queue with x-expires goes when nobody has used it for that long', () => {
  const world = new World()
  const queue = world.queue('q', { args: tableOf({ 'x-expires': 1000 }) })
  world.run(900)
  world.queue('q', { args: tableOf({ 'x-expires': 1000 }) })
  world.run(900)
  assert.ok(declarePassively(world.broker, world.vhost, 1, 'q').ok)
  world.run(900)
  const one = consumer()
  queue.consumers.add(one)
  world.run(5000)
  assert.ok(world.vhost.queues.has('q'))
  queue.consumers.remove(one)
  consumerLeft(world.broker, queue)
  world.run(900)
  assert.ok(world.vhost.queues.has('q'))
  world.run(200)
  assert.ok(!world.vhost.queues.has('q'))
})

test('an exclusive queue is its connection’s own, and goes with it', () => {
  const world = new World()
  const { broker, vhost } = world
  world.queue('mine', { exclusive: true }, 7)
  world.queue('other', { exclusive: true }, 8)
  const declaration = { name: 'mine', durable: false, exclusive: false, autoDelete: false, args: EMPTY_TABLE }
  for (const connection of [7, 8]) {
    assert.equal((declareQueue(broker, vhost, connection, declaration) as { reason?: string }).reason, 'locked')
  }
  const binding = { queue: 'mine', exchange: 'amq.direct', key: '', args: EMPTY_TABLE }
  assert.equal((bindQueue(broker, vhost, 8, binding) as { reason?: string }).reason, 'locked')
  releaseExclusive(broker, '/', 7)
  assert.deepEqual([...vhost.queues.keys()], ['other'])
})

test('a checkpoint has what is durable and all ids used up, and a broker that loads it has the same', () => {
  const world = new World()
  world.exchange('x')
  world.exchange('gone', { transient: true })
  world.queue('q', { args: tableOf({ 'x-max-length': { type: 'l', value: 5 } }) })
  world.queue('transient', { transient: true })
  world.queue('exclusive', { exclusive: true })
  for (const exchange of ['x', 'gone', 'amq.topic']) {
    for (const queue of ['q', 'transient']) world.bind(exchange, queue, tableOf({ n: { type: 'd', value: 1.5 } }))
  }
  const definitions = world.definitions()
  assert.equal(definitions.length, 1 + 1 + 1 + 2)
  const again = new World()
  const part = again.broker.parts.find((one) => one.kind === Part.definitions)!
  for (let times = 0; times < 2; times++) {
    for (const bytes of [Buffer.from(JSON.stringify(definitions))]) part.load(bytes)
    assert.deepEqual(again.definitions(), definitions)
  }
  assert.equal(again.broker.lastId, world.broker.lastId)
  assert.equal(again.vhost.queues.get('q')!.settings.maxLength, 5)
})

test('after a restart everything durable is there, and nothing else', () => {
  const world = new World()
  world.exchange('x')
  world.exchange('deleted')
  for (const queue of ['q', 'deleted', 'unbound']) world.queue(queue, { args: tableOf({ 'x-max-length': 5 }) })
  world.queue('transient', { transient: true })
  for (const queue of ['q', 'deleted', 'unbound', 'transient']) world.bind('x', queue)
  good(unbindQueue(world.broker, world.vhost, 1, { exchange: 'x', queue: 'unbound', key: 'k', args: EMPTY_TABLE }))
  good(deleteQueue(world.broker, world.vhost, 1, 'deleted', false, false))
  good(deleteExchange(world.broker, world.vhost, 'deleted', false))
  world.publish('q', true)
  let durable = false
  world.broker.turn.hold(world.vhost.changedAt, { release: () => (durable = true) })
  world.run(1000)
  assert.ok(durable)
  const definitions = world.definitions().slice(1)
  const again = new World(world)
  assert.deepEqual(again.definitions().slice(1), definitions)
  assert.deepEqual([...again.vhost.queues.keys()], ['q', 'unbound'])
  assert.equal(again.vhost.queues.get('q')!.ready, 1)
  assert.equal(again.vhost.bindingsById.size, 1)
  const routed: unknown[] = []
  again.vhost.router.route(again.vhost.router.exchanges.get('x')!, '', [], headersOf({}), routed as never)
  assert.deepEqual(routed, [again.vhost.queues.get('q')])
  assert.ok(again.queue('new').id > world.vhost.queues.get('q')!.id)
})

test('a definition that is replayed onto a state that has gone on changes nothing', () => {
  const world = new World()
  const { broker, vhost } = world
  const old = world.queue('q')
  world.bind('amq.topic', 'q')
  const before = world.definitions()
  good(deleteQueue(broker, vhost, 1, 'q', false, false))
  const again = new World()
  const part = again.broker.parts.find((one) => one.kind === Part.definitions)!
  part.load(Buffer.from(JSON.stringify([...before, { kind: 'queue-gone', id: old.id, vhost: '/' }])))
  assert.equal(again.vhost.queues.size, 0)
  assert.equal(again.vhost.bindingsById.size, 0)
  part.load(Buffer.from(JSON.stringify([{ kind: 'queue-gone', id: old.id, vhost: '/' }])))
  assert.ok(again.queue('q').id > old.id)
})

test('a reply about a durable definition waits for the journal, one about a transient definition does not', () => {
  const world = new World()
  const { broker, vhost } = world
  const tail = () => broker.store.journal.tail
  world.queue('transient', { transient: true })
  assert.equal(vhost.changedAt, 0)
  world.queue('q')
  assert.equal(vhost.changedAt, tail())
  const { epoch } = vhost.router
  const position = vhost.changedAt
  world.queue('q')
  world.bind('amq.topic', 'transient')
  assert.equal(vhost.changedAt, position)
  assert.ok(vhost.router.epoch > epoch)
  world.bind('amq.topic', 'q')
  assert.ok(vhost.changedAt > position)
})

test('a checkpoint takes queues and bindings in slices, and what happens meanwhile is not lost', () => {
  const world = new World()
  const { broker, vhost, clock } = world
  const names = Array.from({ length: 1000 }, (_, i) => `q${i}`)
  const make = (name: string) => {
    world.queue(name)
    world.bind('amq.direct', name)
  }
  for (const name of names) make(name)
  for (const bytes of world.slices(Part.topology)) {
    assert.ok(JSON.parse(Buffer.from(bytes).toString()).length <= 128)
  }
  world.run(100)
  let taken = false
  broker.store.checkpoints.request(() => {
    taken = true
  })
  let changes = 0
  for (let i = 0; !taken; i = (i + 7) % names.length) {
    good(deleteQueue(broker, vhost, 1, names[i]!, false, false))
    if (i % 3 > 0) make(names[i]!)
    make(`new ${changes++}`)
    if (i % 2 === 0) world.publish(`new ${changes - 1}`, true)
    for (let n = 0; n < 5 && !taken; n++) clock.step()
    if (i % 3 === 0) make(names[i]!)
  }
  assert.ok(changes > 5, `only ${changes} changes while the checkpoint was taken`)
  world.run(1000)
  const sorted = (of: World) =>
    of
      .definitions()
      .map((one) => JSON.stringify(one))
      .sort()
  const again = new World(world)
  assert.deepEqual(sorted(again), sorted(world))
  assert.equal(broker.queuesById.size, again.broker.queuesById.size)
  for (const { name, id, ready } of broker.queuesById.values()) {
    const other = again.vhost.queues.get(name)!
    assert.deepEqual([other.id, other.ready, again.vhost.router.bindingsTo(other).length], [id, ready, 1])
  }
})

test('an older queue or exchange does not take the name of a newer one', () => {
  const world = new World()
  const { broker, vhost } = world
  const journal = () => world.definitions()
  world.exchange('x')
  const old = [...journal()]
  const first = world.queue('q')
  old.push(...journal().filter((one) => (one as { id: number }).id === first.id))
  good(deleteQueue(broker, vhost, 1, 'q', false, false))
  good(deleteExchange(broker, vhost, 'x', false))
  world.exchange('x')
  world.queue('q')
  const now = journal()
  const again = new World()
  const part = (kind: number) => again.broker.parts.find((one) => one.kind === kind)!
  const load = (facts: unknown[]) => part(Part.definitions).load(Buffer.from(JSON.stringify(facts)))
  load(now)
  load(old)
  load([{ kind: 'queue-gone', id: first.id, vhost: '/' }])
  assert.deepEqual(again.definitions(), now)
  assert.equal(again.vhost.queues.get('q')!.id, vhost.queues.get('q')!.id)
})

test('the default exchange’s bindings are nobody’s to change, whatever the other end is', () => {
  const { broker, vhost } = new World()
  const reasons = [bindExchange, unbindExchange].flatMap((act) =>
    [
      ['', 'nowhere'],
      ['nowhere', ''],
      ['', ''],
    ].map(([source, destination]) => {
      const outcome = act(broker, vhost, { source: source!, destination: destination!, key: '', args: EMPTY_TABLE })
      return outcome.ok ? 'done' : outcome.reason
    }),
  )
  assert.deepEqual(reasons, Array(6).fill('default-exchange'))
})

test('what a stream can’t be is told before what is wrong with its sizes', () => {
  const { broker, vhost } = new World()
  const args = tableOf({ 'x-queue-type': 'stream', 'x-stream-filter-size-bytes': 256 })
  const refusalOf = (more: { autoDelete?: boolean; args?: Table }) => {
    const declaration = { name: 's', durable: true, exclusive: false, autoDelete: false, args, ...more }
    const outcome = declareQueue(broker, vhost, 1, declaration)
    return outcome.ok ? 'done' : outcome.reason
  }
  const ofOtherType = new Map([...args, ...tableOf({ 'x-max-priority': 3 })])
  assert.deepEqual(
    [refusalOf({ args: ofOtherType }), refusalOf({ autoDelete: true }), refusalOf({})],
    ['argument-of-other-type', 'invalid-property', 'unusable-argument'],
  )
})
