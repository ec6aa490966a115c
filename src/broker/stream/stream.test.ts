import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerRig, RigConsumer } from '../../../sim/broker-rig.ts'
import { Dice } from '../../../sim/random.ts'
import type { Queue } from '../../core/queue/queue.ts'
import type { Start } from '../../core/stream/start.ts'
import type { Field } from '../../wire/amqp/field.ts'
import { deleteQueue } from '../queue/delete.ts'
import { deleteTopic } from '../topic/delete.ts'
import { enforceRetention } from '../topic/retention.ts'
import { messagesIn } from './count.ts'

const text = (value: string): Field => ({ type: 'S', value })

function stream(rig: BrokerRig, name: string, args: Record<string, Field> = {}): Queue {
  return rig.queue(name, { args: { 'x-queue-type': text('stream'), ...args } })
}

function restarted(rig: BrokerRig): BrokerRig {
  return new BrokerRig(2, rig.disk.copy(rig.clock, new Dice(3)))
}

const found = (rig: BrokerRig, name: string) => rig.broker.vhosts.get('/')!.queues.get(name)

function read(rig: BrokerRig, queue: Queue, start: Start = { at: 'first' }, credit = 1000): RigConsumer {
  const consumer = new RigConsumer(credit)
  queue.consumers.add(consumer)
  rig.broker.streams!.attach(queue, consumer, start, null)
  // The disk takes its time.
  rig.run(2000)
  return consumer
}

const names = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `m${from + i}`)

function fill(rig: BrokerRig, queue: Queue, from: number, to: number): void {
  for (const name of names(from, to)) rig.publish([queue], name)
  rig.run()
}

test('what is in a stream is there after a restart, with its offsets', () => {
  const rig = new BrokerRig()
  fill(rig, stream(rig, 's'), 0, 5)
  const second = restarted(rig)
  fill(second, found(second, 's')!, 5, 8)
  const third = restarted(second)
  const consumer = read(third, found(third, 's')!)
  assert.deepEqual(consumer.texts, names(0, 8))
  assert.deepEqual(
    consumer.got.map((one) => one.sequence),
    [0, 1, 2, 3, 4, 5, 6, 7],
  )
})

test('a reader of a long stream gets what only the files have, in order, and another begins where it wants', () => {
  const rig = new BrokerRig()
  const queue = stream(rig, 's')
  for (let i = 0; i < 4000; i += 100) fill(rig, queue, i, i + 100)
  assert.deepEqual(read(rig, queue, { at: 'first' }, 10_000).texts, names(0, 4000))
  assert.deepEqual(read(rig, queue, { at: 'offset', offset: 3990 }).texts, names(3990, 4000))
})

test('a message for a stream and other queues is in each of them', () => {
  const rig = new BrokerRig()
  const [log, queue] = [stream(rig, 's'), rig.queue('q')]
  rig.publish([log, queue], 'm')
  rig.run()
  assert.deepEqual([messagesIn(rig.broker, log), messagesIn(rig.broker, queue)], [1, 1])
})

test('a stream in which nothing is published is empty, and deleted with its log', () => {
  const rig = new BrokerRig()
  const queue = stream(rig, 's')
  assert.equal(messagesIn(rig.broker, queue), 0)
  deleteQueue(rig.broker, rig.broker.vhosts.get('/')!, 1, 's', false, false)
  rig.run()
  assert.equal(rig.topics.byName.has('s'), false)
  assert.equal(restarted(rig).topics.byName.has('s'), false)
})

test('a topic that is a stream goes with its queue', () => {
  const rig = new BrokerRig()
  const queue = stream(rig, 's')
  fill(rig, queue, 0, 3)
  deleteTopic(rig.topics, rig.topics.byName.get('s')!)
  assert.equal(queue.deleted, true)
  rig.run()
  assert.equal(found(restarted(rig), 's'), undefined)
})

test('a stream whose name Kafka could not have is hidden from it, and kept', () => {
  const rig = new BrokerRig()
  const queue = stream(rig, 'über uns')
  fill(rig, queue, 0, 3)
  assert.deepEqual([...rig.topics.byName.keys()], [])
  const second = restarted(rig)
  assert.deepEqual(read(second, found(second, 'über uns')!).texts, names(0, 3))
})

test('segments that are too old, or too much, go', () => {
  const rig = new BrokerRig()
  const int = (value: number): Field => ({ type: 'I', value })
  const old = stream(rig, 'old', { 'x-max-age': text('1m'), 'x-stream-max-segment-size-bytes': int(200) })
  const long = stream(rig, 'long', { 'x-max-length-bytes': int(1000), 'x-stream-max-segment-size-bytes': int(200) })
  for (const name of names(0, 20)) {
    for (const queue of [old, long]) rig.publish([queue], name)
    rig.run()
  }
  rig.run(61_000)
  fill(rig, old, 20, 21)
  rig.broker.turn.start(enforceRetention(rig.topics))
  rig.run()
  assert.deepEqual(read(rig, old, { at: 'offset', offset: 0 }).texts, names(20, 21))
  const left = messagesIn(rig.broker, long)
  assert.ok(left > 0 && left < 10, `${left} are left`)
})
