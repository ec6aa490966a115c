import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerRig, RigConsumer } from '../../../sim/broker-rig.ts'
import { Dice } from '../../../sim/random.ts'
import type { Queue } from '../../core/queue/queue.ts'
import type { Field } from '../../wire/amqp/field.ts'
import { declareExchange } from '../exchange/declare.ts'
import { bindQueue } from './bind.ts'
import { PARKING } from './parking.ts'
import { requeue } from './requeue.ts'

const int = (value: number): Field => ({ type: 'I', value })
const text = (value: string): Field => ({ type: 'S', value })

function quorum(rig: BrokerRig, name: string, args: Record<string, Field> = {}): Queue {
  return rig.queue(name, { args: { 'x-queue-type': text('quorum'), ...args } })
}

/** What another broker finds on the disk as it is now. */
function restarted(rig: BrokerRig): BrokerRig {
  return new BrokerRig(2, rig.disk.copy(rig.clock, new Dice(3)))
}

const found = (rig: BrokerRig, name: string) => rig.broker.vhosts.get('/')!.queues.get(name)!

test('a quorum queue keeps what is not persistent', () => {
  const rig = new BrokerRig()
  rig.publish([quorum(rig, 'q')], 'm', { persistent: false })
  rig.run()
  assert.equal(found(restarted(rig), 'q').ready, 1)
})

test('a delivery that the broker dies with has failed, one that was given back has not, and both are remembered', () => {
  const rig = new BrokerRig()
  const queue = quorum(rig, 'q')
  const consumer = new RigConsumer(2)
  queue.consumers.add(consumer)
  for (const name of ['1', '2', '3']) rig.publish([queue], name)
  rig.run()
  requeue(rig.broker, queue, 0)
  rig.run()
  const counts = (of: Queue) => [0, 1, 2].map((one) => [of.index.acquired(one), of.index.failed(one)])
  assert.deepEqual(counts(queue), [
    [1, 0],
    [0, 0],
    [0, 0],
  ])
  const second = restarted(rig)
  const after = [
    [1, 0],
    [1, 1],
    [0, 0],
  ]
  assert.deepEqual(counts(found(second, 'q')), after)
  // Without anything happening the next restart finds the same.
  assert.deepEqual(counts(found(restarted(second), 'q')), after)
})

test('a message that failed too often is parked, durably, and not lost in between', () => {
  const rig = new BrokerRig()
  const queue = quorum(rig, 'q', { 'x-delivery-limit': int(1) })
  const consumer = new RigConsumer()
  queue.consumers.add(consumer)
  rig.publish([queue], 'poison')
  for (let n = 0; n < 2; n++) {
    rig.run()
    requeue(rig.broker, queue, 0, true)
  }
  rig.run()
  assert.equal(consumer.got.length, 2)
  assert.deepEqual([queue.ready, queue.unacked, found(rig, PARKING).ready], [0, 0, 1])
  const second = restarted(rig)
  assert.deepEqual([found(second, 'q').ready, found(second, PARKING).ready], [0, 1])
})

test('what comes back waits as long as the queue says, also over a restart', () => {
  const rig = new BrokerRig()
  const queue = quorum(rig, 'q', {
    'x-delayed-retry-type': text('all'),
    'x-delayed-retry-min': int(1000),
    'x-delayed-retry-max': int(1500),
  })
  const consumer = new RigConsumer(1)
  queue.consumers.add(consumer)
  rig.publish([queue], 'm')
  rig.run()
  requeue(rig.broker, queue, 0, true)
  consumer.credit = 1
  rig.run(500)
  assert.deepEqual([consumer.got.length, queue.delayed.size], [1, 1])
  const second = restarted(rig)
  assert.equal(found(second, 'q').delayed.size, 1)
  rig.run(600)
  assert.deepEqual([consumer.got.length, queue.delayed.size, queue.unacked], [2, 0, 1])
  requeue(rig.broker, queue, 0, true)
  consumer.credit = 1
  rig.run(1400)
  assert.equal(queue.delayed.size, 1)
  rig.run(200)
  assert.equal(consumer.got.length, 3)
})

test('the first message of each priority expires where it stands', () => {
  const rig = new BrokerRig()
  const queue = quorum(rig, 'q')
  rig.publish([queue], 'stays', { priority: 9 })
  rig.publish([queue], 'goes', { priority: 1, expiry: rig.clock.now() + 100 })
  rig.publish([queue], 'goes, too', { priority: 1, expiry: rig.clock.now() + 300 })
  rig.run(200)
  assert.equal(queue.ready, 2)
  rig.run(200)
  assert.equal(queue.ready, 1)
})

test('a quorum queue that refuses publishers takes them again when it is clearly shorter', () => {
  const rig = new BrokerRig()
  const queue = quorum(rig, 'q', { 'x-max-length': int(10), 'x-overflow': text('reject-publish') })
  const outcomes = Array.from({ length: 13 }, () => rig.publish([queue], 'm'))
  assert.deepEqual(outcomes.slice(9), [0, 0, 1, 1])
  const consumer = new RigConsumer(2, true)
  queue.consumers.add(consumer)
  rig.run()
  assert.equal(rig.publish([queue], 'm'), 1)
  consumer.credit = 1
  rig.broker.wake(queue)
  rig.run()
  assert.equal(rig.publish([queue], 'm'), 0)
})

test('dead letters that have to arrive wait while their target is full or is not there, and each arrives once', () => {
  const rig = new BrokerRig()
  const { broker } = rig
  const vhost = broker.vhosts.get('/')!
  const source = quorum(rig, 'q', {
    'x-overflow': text('reject-publish'),
    'x-dead-letter-exchange': text('x'),
    'x-dead-letter-strategy': text('at-least-once'),
    'x-message-ttl': int(20),
  })
  const flags = { type: 'fanout', durable: true, autoDelete: false, internal: false, args: new Map() }
  declareExchange(broker, vhost, { name: 'x', ...flags })
  const letters = { 'x-max-length': int(2), 'x-overflow': text('reject-publish') }
  const state = (of: BrokerRig) => [found(of, 'q').index.live, found(of, 'letters')?.ready ?? 0]
  for (const name of ['1', '2', '3', '4', '5']) rig.publish([source], name)
  rig.run(3000)
  assert.deepEqual(state(rig), [5, 0])
  const full = rig.queue('letters', { args: letters })
  assert.ok(bindQueue(broker, vhost, 1, { exchange: 'x', queue: 'letters', key: '', args: new Map() }).ok)
  rig.run(3000)
  assert.deepEqual(state(rig), [3, 2])
  // A broker that dies meanwhile has lost none, and doubled none.
  const second = restarted(rig)
  second.run(3000)
  assert.deepEqual(state(second), [3, 2])
  const got: string[] = []
  for (let n = 0; n < 3; n++) {
    const consumer = new RigConsumer(2)
    full.consumers.add(consumer)
    rig.broker.wake(full)
    rig.run(3000)
    consumer.ackAll(rig.broker, full)
    full.consumers.remove(consumer)
    got.push(...consumer.texts)
    rig.run(3000)
  }
  assert.deepEqual(got, ['1', '2', '3', '4', '5'])
  assert.deepEqual(state(rig), [0, 0])
})
