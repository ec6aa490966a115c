import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerRig, RigConsumer } from '../../../sim/broker-rig.ts'
import { requeue } from './requeue.ts'

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
