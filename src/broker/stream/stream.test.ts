import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerRig, RigConsumer } from '../../../sim/broker-rig.ts'
import { Dice } from '../../../sim/random.ts'
import type { Queue } from '../../core/queue/queue.ts'
import type { Start } from '../../core/stream/start.ts'
import type { Field } from '../../wire/amqp/field.ts'
import { clearPolicy, setPolicy } from '../policy/parameter.ts'
import { declareQueue } from '../queue/declare.ts'
import { deleteQueue } from '../queue/delete.ts'
import { deleteTopic } from '../topic/delete.ts'
import { enforceRetention } from '../topic/retention.ts'
import { setVHost } from '../vhost/create.ts'
import { deleteVHost } from '../vhost/delete.ts'
import { messagesIn } from './count.ts'

const STREAM = new Map<string, Field>([['x-queue-type', { type: 'S', value: 'stream' }]])
const deadTo = (key: string) => ({ 'x-dead-letter-exchange': text(''), 'x-dead-letter-routing-key': text(key) })
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

test('a reader that begins at a time gets what was on its way to the disk when it came', () => {
  const rig = new BrokerRig()
  const queue = stream(rig, 's')
  const time = rig.broker.env.clock.now() - 1000
  for (const name of names(0, 4)) rig.publish([queue], name)
  assert.deepEqual(read(rig, queue, { at: 'time', time }).texts, names(0, 4))
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

test('the last batch is where the last turn’s messages are, also when it has become part of a longer run', () => {
  const rig = new BrokerRig()
  const queue = stream(rig, 's')
  for (let i = 0; i < 3000; i += 3) fill(rig, queue, i, i + 3)
  // A run that was moved to a segment is one entry of the index.
  const { index } = rig.topics.byName.get('s')!.partitions[0]!
  const joined = () => index.lastOffset(index.lastEntry()) - index.baseOffset(index.lastEntry()) > 3
  const other = rig.queue('other')
  for (let n = 0; n < 200 && !joined(); n++) {
    for (let i = 0; i < 20; i++) rig.publish([other], 'x'.repeat(500))
    rig.run()
    other.consumers.add(new RigConsumer(Number.POSITIVE_INFINITY, true))
    rig.broker.wake(other)
    rig.run()
  }
  assert.ok(joined(), 'the end of the log was never moved')
  assert.deepEqual(read(rig, queue, { at: 'last' }).texts, names(2997, 3000))
})

test('many consumers of a long stream get it piece by piece, turn by turn, and all of it', () => {
  const rig = new BrokerRig()
  const queue = stream(rig, 's')
  for (let i = 0; i < 1000; i += 100) fill(rig, queue, i, i + 100)
  const consumers = Array.from({ length: 8 }, () => new RigConsumer(10_000))
  for (const consumer of consumers) {
    queue.consumers.add(consumer)
    rig.broker.streams!.attach(queue, consumer, { at: 'first' }, null)
  }
  let before = 0
  let most = 0
  rig.broker.turn.stages.push(() => {
    const now = consumers.reduce((sum, { got }) => sum + got.length, 0)
    most = Math.max(most, now - before)
    before = now
  })
  rig.run(2000)
  for (const { texts } of consumers) assert.deepEqual(texts, names(0, 1000))
  assert.ok(most > 0 && most <= 512, `${most} in one turn`)
})

test('a stream in another vhost is one, though Kafka does not see it', () => {
  const rig = new BrokerRig()
  setVHost(rig.broker, { name: 'v' })
  const vhost = rig.broker.vhosts.get('v')!
  const declaration = { name: 's', durable: true, exclusive: false, autoDelete: false, args: STREAM }
  for (const where of [vhost, rig.broker.vhosts.get('/')!]) {
    assert.equal(declareQueue(rig.broker, where, 1, declaration).ok, true)
  }
  fill(rig, vhost.queues.get('s')!, 0, 3)
  assert.equal(messagesIn(rig.broker, found(rig, 's')!), 0)
  assert.deepEqual([...rig.topics.byName.keys()], ['s'])
  const again = restarted(rig)
  const kept = again.broker.vhosts.get('v')!.queues.get('s')!
  assert.deepEqual(read(again, kept).texts, names(0, 3))
  deleteVHost(again.broker, 'v', () => {})
  again.run()
  assert.deepEqual([again.topics.streams.size, restarted(again).topics.streams.size], [1, 1])
})

test('dead letters go into a stream, each once, whenever the broker dies', () => {
  const rig = new BrokerRig()
  stream(rig, 's')
  const args = { 'x-message-ttl': { type: 'I', value: 5 }, ...deadTo('s') } as Record<string, Field>
  const source = rig.queue('q', { args })
  for (const name of names(0, 50)) rig.publish([source], name)
  for (let i = 0; source.index.live > 25 || i < 3; i++) rig.clock.step()
  const second = restarted(rig)
  second.run(100)
  assert.equal(found(second, 'q')!.index.live, 0)
  const { texts } = read(second, found(second, 's')!)
  assert.deepEqual(texts.sort(), names(0, 50).sort())
})

test('a policy limits a stream, and one that goes gives back what the stream was declared with', () => {
  const rig = new BrokerRig()
  stream(rig, 's', { 'x-max-age': text('1h'), 'x-stream-max-segment-size-bytes': { type: 'I', value: 300 } })
  const retention = () => {
    const { retentionMs, retentionBytes } = rig.topics.byName.get('s')!.settings
    return [retentionMs, retentionBytes]
  }
  assert.deepEqual(retention(), [3_600_000, Number.POSITIVE_INFINITY])
  const definition = { 'max-age': '1m', 'max-length-bytes': 1000 }
  setPolicy(rig.broker, '/', 'policy', 'p', { pattern: '^s$', definition, 'apply-to': 'streams' }, () => {})
  assert.deepEqual(retention(), [60_000, 1000])
  rig.run(100)
  const again = restarted(rig)
  assert.equal(again.topics.byName.get('s')!.settings.retentionMs, 60_000)
  clearPolicy(rig.broker, '/', 'policy', 'p', () => {})
  assert.deepEqual(retention(), [3_600_000, Number.POSITIVE_INFINITY])
})
