import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerRig, RigConsumer } from '../../../sim/broker-rig.ts'
import type { Queue } from '../../core/queue/queue.ts'
import { get } from './get.ts'
import { requeue } from './requeue.ts'
import { settle } from './settle.ts'

const int = (value: number) => ({ type: 'I' as const, value })
const text = (value: string) => ({ type: 'S' as const, value })

test('messages go out in order, to consumers in turn, as far as they can take', () => {
  const rig = new BrokerRig()
  const queue = rig.queue('q')
  const [a, b] = [new RigConsumer(2), new RigConsumer()]
  queue.consumers.add(a)
  queue.consumers.add(b)
  for (const name of ['1', '2', '3', '4', '5', '6']) rig.publish([queue], name)
  rig.run()
  assert.deepEqual(a.texts, ['1', '3'])
  assert.deepEqual(b.texts, ['2', '4', '5', '6'])
  assert.deepEqual([queue.ready, queue.unacked], [0, 6])
})

test('a requeued message goes out again before those that come after it, marked redelivered', () => {
  const rig = new BrokerRig()
  const queue = rig.queue('q')
  const consumer = new RigConsumer(2)
  queue.consumers.add(consumer)
  for (const name of ['1', '2', '3']) rig.publish([queue], name)
  rig.run()
  const [one, two] = consumer.got
  requeue(rig.broker, queue, two.sequence)
  requeue(rig.broker, queue, one.sequence)
  consumer.credit = 3
  rig.run()
  assert.deepEqual(consumer.texts, ['1', '2', '1', '2', '3'])
  assert.deepEqual(
    consumer.got.map((got) => got.redelivered),
    [false, false, true, true, false],
  )
  queue.invariants()
})

test('a message expires at the front of its queue, and not while it is handed out', () => {
  const rig = new BrokerRig()
  const queue = rig.queue('q', { args: { 'x-message-ttl': int(1000) } })
  rig.publish([queue], 'short', { expiry: rig.clock.now() + 100 })
  rig.publish([queue], 'long')
  rig.run(50)
  assert.equal(queue.ready, 2)
  rig.run(100)
  assert.equal(queue.ready, 1)
  const consumer = new RigConsumer(1)
  queue.consumers.add(consumer)
  rig.broker.wake(queue)
  rig.run(5000)
  assert.deepEqual(consumer.texts, ['long'])
  requeue(rig.broker, queue, consumer.got[0].sequence)
  rig.run(10)
  assert.deepEqual([queue.ready, queue.unacked], [0, 0])
})

test('what has expired behind a message that is got is gone with it', () => {
  const rig = new BrokerRig()
  const queue = rig.queue('q')
  rig.publish([queue], 'first')
  rig.publish([queue], 'late', { expiry: rig.clock.now() })
  rig.run(100)
  assert.equal(queue.ready, 2)
  const got = get(rig.broker, queue, true, () => {})
  assert.ok(got !== null && got !== 'loading')
  assert.equal(queue.ready, 0)
})

test('a queue that is too long drops its oldest, or refuses, as it was declared', () => {
  const rig = new BrokerRig()
  const drop = rig.queue('drop', { args: { 'x-max-length': int(2) } })
  const refuse = rig.queue('refuse', { args: { 'x-max-length': int(2), 'x-overflow': text('reject-publish') } })
  const outcomes = ['1', '2', '3'].map((name) => rig.publish([drop, refuse], name))
  assert.deepEqual(outcomes, [0, 0, 1])
  const [a, b] = [new RigConsumer(), new RigConsumer()]
  drop.consumers.add(a)
  refuse.consumers.add(b)
  rig.run()
  assert.deepEqual(a.texts, ['2', '3'])
  assert.deepEqual(b.texts, ['1', '2'])
})

test('a consumer that can take them gets all messages of a turn, however many came in', () => {
  const rig = new BrokerRig()
  const queue = rig.queue('q', { durable: false })
  const consumer = new RigConsumer(Number.POSITIVE_INFINITY, true)
  queue.consumers.add(consumer)
  for (let i = 0; i < 5000; i++) rig.publish([queue], 'x', { persistent: false, bare: true })
  rig.clock.step()
  assert.equal(consumer.got.length, 5000)
})

test('what is durable and was not settled is there after a power loss, in order', () => {
  const rig = new BrokerRig()
  const queue = rig.queue('durable')
  const consumer = new RigConsumer(3)
  queue.consumers.add(consumer)
  for (let i = 0; i < 20; i++) rig.publish([queue], `m${i}`, { persistent: i % 2 === 0 })
  rig.run()
  settle(rig.broker, queue, consumer.got[0].sequence)
  settle(rig.broker, queue, consumer.got[2].sequence)
  let durable = false
  rig.broker.turn.hold(rig.broker.store.journal.tail + 1e9, { release: () => {} })
  rig.run()
  rig.broker.turn.hold(rig.broker.store.journal.tail, { release: () => (durable = true) })
  rig.run()
  assert.ok(durable)

  const again = new BrokerRig(2, rig.disk.lose())
  const found = again.broker.vhosts.get('/')!.queues.get('durable')!
  const reader = new RigConsumer()
  found.consumers.add(reader)
  again.broker.wake(found)
  again.run()
  const expected = Array.from({ length: 20 }, (_, i) => `m${i}`).filter((_, i) => i % 2 === 0 && i !== 0 && i !== 2)
  assert.deepEqual(reader.texts, expected)
})

test('settlements that find no room in the journal wait for it, and publishers leave them theirs', () => {
  const rig = new BrokerRig()
  const { broker } = rig
  const [taken, other] = [rig.queue('taken'), rig.queue('other')]
  const consumer = new RigConsumer()
  taken.consumers.add(consumer)
  const publishWhereRoom = (queue: Queue) => {
    if (!broker.hasRoom(100)) return false
    rig.publish([queue], 'x')
    return true
  }
  for (let n = 0; n < 14_000; ) {
    if (publishWhereRoom(taken)) n++
    else rig.run(1)
  }
  rig.run(50)
  assert.equal(consumer.got.length, 14_000)
  // Ranges of one message each, all in one turn: more than the ring of 64 KiB holds, beside a publisher that fills it.
  for (let i = 0; i < 500; i++) settle(broker, taken, consumer.got[2 * i].sequence)
  while (publishWhereRoom(other));
  for (let i = 500; i < 7000; i++) settle(broker, taken, consumer.got[2 * i].sequence)
  assert.equal(publishWhereRoom(other), false)
  rig.run(1000)
  assert.deepEqual([broker.settling, broker.settledQueues.length, broker.store.postponed], [0, 0, false])
  assert.ok(publishWhereRoom(other))

  const again = new BrokerRig(2, rig.disk.lose())
  assert.equal(again.broker.vhosts.get('/')!.queues.get('taken')!.ready, 7000)
})

test('more messages than memory holds come back from the files, transient ones as well', () => {
  const rig = new BrokerRig()
  const [durable, transient] = [rig.queue('durable'), rig.queue('transient', { durable: false })]
  const sent: string[] = []
  for (let i = 0; i < 400; i++) {
    const name = `${i}`.padEnd(1000, '.')
    while (!rig.broker.hasRoom(1100)) rig.run(1)
    rig.publish([durable], name)
    rig.publish([transient], name)
    rig.run(1)
    sent.push(name)
  }
  const [a, b] = [new RigConsumer(), new RigConsumer()]
  durable.consumers.add(a)
  transient.consumers.add(b)
  rig.broker.wake(durable)
  rig.broker.wake(transient)
  rig.run(1000)
  assert.deepEqual(a.texts, sent)
  assert.deepEqual(b.texts, sent)
  a.ackAll(rig.broker, durable)
  assert.equal(durable.unacked, 0)
})
