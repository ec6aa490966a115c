import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerRig } from '../../../sim/broker-rig.ts'
import { dispose } from '../../amqp/disposal.ts'
import type { Queue } from '../../core/queue/queue.ts'
import { getU32 } from '../../std/bytes.ts'
import { type Field, type Table, tableOf } from '../../wire/amqp/field.ts'
import { FRAME_OVERHEAD, FRAME_PREFIX } from '../../wire/amqp/frame.ts'
import { decodeProperties, type Properties, writeHeader } from '../../wire/amqp/properties.ts'
import { Writer } from '../../wire/amqp/writer.ts'
import { bindQueue } from './bind.ts'
import { deadLetter } from './dead-letter.ts'
import { get } from './get.ts'
import { publish } from './publish.ts'

const text = (value: string): Field => ({ type: 'S', value })
const int = (value: number): Field => ({ type: 'I', value })

class Rig extends BrokerRig {
  /** Declares a queue whose dead letters go to the queue that `key` names. */
  dying(name: string, key: string, more: Record<string, Field> = {}): Queue {
    const args = { 'x-dead-letter-exchange': text(''), 'x-dead-letter-routing-key': text(key), ...more }
    return this.queue(name, { args })
  }

  /** Publishes as a client does on channel 1: to the exchange 'from' with the key 'key'. */
  send(queue: Queue, properties: Properties, body = 'body'): number {
    const writer = new Writer()
    writer.shortstr('from')
    writer.shortstr('key')
    const keysLength = writer.at
    writer.octet(0xce)
    frame(writer, 2, () => writeHeader(writer, 60, body.length, properties))
    frame(writer, 3, () => writer.raw(Buffer.from(body)))
    return this.sendBytes(queue, new Uint8Array(writer.written()), keysLength)
  }

  sendBytes(queue: Queue, bytes: Uint8Array, keysLength: number): number {
    const rest = {
      contentAt: keysLength,
      contentLength: bytes.length - keysLength,
      persistent: true,
      expiry: 0,
      priority: -1,
    }
    return publish(this.broker, [queue], { bytes, keysAt: 0, keysLength, ...rest })
  }

  /** Takes the first message as a client with basic.get, and rejects it. */
  reject(queue: Queue): void {
    dispose(this.broker, queue, this.take(queue).sequence, 'reject')
    this.run()
  }

  take(queue: Queue) {
    const got = get(this.broker, queue, false, () => {})
    assert.ok(got !== null && got !== 'loading')
    const { bytes } = this.broker.arena
    const stored = bytes.slice(got.at, got.at + got.length)
    const exchange = stored.subarray(1, 1 + stored[0])
    const keyAt = 1 + stored[0]
    const key = stored.subarray(keyAt + 1, keyAt + 1 + stored[keyAt])
    const payload = keyAt + 1 + key.length + 1 + FRAME_PREFIX
    const end = payload + getU32(stored, payload - 4)
    return {
      sequence: got.sequence,
      redelivered: got.redelivered,
      exchange: Buffer.from(exchange).toString(),
      key: Buffer.from(key).toString(),
      properties: decodeProperties(stored, payload, end),
      body: Buffer.from(stored.subarray(end + FRAME_OVERHEAD, -1)).toString(),
    }
  }
}

function frame(writer: Writer, type: number, write: () => void): void {
  writer.octet(type)
  writer.short(1)
  const size = writer.reserve(4)
  write()
  writer.putLong(size, writer.at - size - 4)
  writer.octet(0xce)
}

function deaths(headers: Table | undefined): unknown[] {
  const field = headers?.get('x-death')
  assert.ok(field?.type === 'A')
  return field.value.map((one) => {
    assert.ok(one.type === 'F')
    return ['queue', 'reason', 'exchange', 'count'].map((name) => one.value.get(name)?.value)
  })
}

test('a rejected message goes to the dead-letter exchange as it was, but for its headers and its expiration', () => {
  const rig = new Rig()
  const dead = rig.queue('dead')
  const queue = rig.dying('q', 'dead')
  rig.send(queue, { deliveryMode: 2, expiration: '60000', correlationId: 'c', headers: tableOf({ a: 1 }) }, 'a body')
  rig.reject(queue)
  assert.deepEqual([queue.ready, queue.unacked, dead.ready], [0, 0, 1])
  const { exchange, key, properties, body, redelivered } = rig.take(dead)
  assert.deepEqual(
    { exchange, key, body, redelivered },
    { exchange: '', key: 'dead', body: 'a body', redelivered: true },
  )
  assert.deepEqual([properties.expiration, properties.correlationId, properties.deliveryMode], [undefined, 'c', 2])
  assert.equal(properties.headers?.get('a')?.value, 1)
  assert.deepEqual(deaths(properties.headers), [['q', 'rejected', 'from', 1]])
})

test('only a message that was refused, or whose consumer was gone, counts as had before where it comes as a dead letter', () => {
  const rig = new Rig()
  const dead = rig.queue('dead')
  const queue = rig.dying('q', 'dead')
  for (const [first, redelivered] of [
    ['nack-requeue', false],
    ['reject-requeue', true],
  ] as const) {
    rig.send(queue, {})
    dispose(rig.broker, queue, rig.take(queue).sequence, first)
    dispose(rig.broker, queue, rig.take(queue).sequence, 'nack')
    rig.run()
    assert.equal(rig.take(dead).redelivered, redelivered, first)
  }
  const counting = rig.queue('counting', { args: { 'x-queue-type': text('quorum') } })
  const other = rig.dying('other', 'counting')
  rig.send(other, {})
  rig.reject(other)
  assert.deepEqual([counting.index.failed(counting.index.head), counting.handouts(counting.index.head)], [1, 1])
})

test('without a routing key of its own the queue keeps the message’s, and those in CC', () => {
  const rig = new Rig()
  const queue = rig.queue('q', { args: { 'x-dead-letter-exchange': text('amq.direct') } })
  const [one, two] = [rig.queue('one'), rig.queue('two')]
  const vhost = rig.broker.vhosts.get('/')!
  for (const [to, key] of [
    ['one', 'key'],
    ['two', 'copy'],
  ]) {
    assert.ok(bindQueue(rig.broker, vhost, 1, { queue: to, exchange: 'amq.direct', key, args: new Map() }).ok)
  }
  rig.send(queue, { headers: new Map([['CC', { type: 'A', value: [text('copy')] }]]) })
  rig.reject(queue)
  assert.deepEqual([one.ready, two.ready], [1, 1])
  assert.equal(rig.take(one).key, 'key')
})

test('what would go round for ever is dropped, unless somebody rejected it', () => {
  const rig = new Rig()
  const queue = rig.dying('q', 'q', { 'x-message-ttl': int(100) })
  rig.send(queue, {})
  rig.run(250)
  assert.equal(queue.index.live, 0)
  rig.send(queue, {})
  rig.reject(queue)
  assert.equal(queue.ready, 1)
  rig.run(250)
  assert.equal(queue.index.live, 0)
})

test('deaths that a client wrote itself are no history', () => {
  const rig = new Rig()
  const dead = rig.dying('dead', 'nowhere')
  const queue = rig.dying('q', 'dead', { 'x-message-ttl': int(100) })
  const forged = tableOf({ queue: 'dead', reason: 'expired', count: 5 })
  rig.send(queue, { headers: new Map([['x-death', { type: 'A', value: [{ type: 'F', value: forged }] }]]) })
  rig.run(250)
  assert.deepEqual(deaths(rig.take(dead).properties.headers), [['q', 'expired', 'from', 1]])
})

test('a message that has died twice in two queues tells both, the last first', () => {
  const rig = new Rig()
  const last = rig.queue('last')
  rig.dying('second', 'last', { 'x-message-ttl': int(50) })
  const first = rig.dying('first', 'second')
  rig.send(first, {})
  rig.reject(first)
  rig.run(100)
  const { headers } = rig.take(last).properties
  assert.deepEqual(deaths(headers), [
    ['second', 'expired', '', 1],
    ['first', 'rejected', 'from', 1],
  ])
  assert.equal(headers?.get('x-first-death-queue')?.value, 'first')
  assert.equal(headers?.get('x-last-death-queue')?.value, 'second')
})

test('a full queue dead-letters what it turns away, if it was declared so', () => {
  const rig = new Rig()
  const dead = rig.queue('dead')
  const queue = rig.dying('q', 'dead', { 'x-max-length': int(1), 'x-overflow': text('reject-publish-dlx') })
  assert.deepEqual(
    ['1', '2'].map((body) => rig.send(queue, {}, body)),
    [0, 1],
  )
  rig.run()
  assert.deepEqual([queue.ready, dead.ready], [1, 1])
  const { body, properties, redelivered } = rig.take(dead)
  assert.deepEqual([body, redelivered], ['2', false])
  assert.deepEqual(deaths(properties.headers), [['q', 'maxlen', 'from', 1]])
})

test('a limit on bytes is about bodies, whatever the messages carry beside', () => {
  const rig = new Rig()
  const queue = rig.queue('q', { args: { 'x-max-length-bytes': int(30) } })
  const refusing = rig.queue('r', { args: { 'x-max-length-bytes': int(30), 'x-overflow': text('reject-publish') } })
  const outcomes: number[] = []
  for (let i = 0; i < 5; i++) {
    rig.send(queue, { headers: tableOf({ long: 'x'.repeat(100) }) }, '0123456789')
    outcomes.push(rig.send(refusing, {}, '0123456789'))
  }
  assert.deepEqual([queue.ready, refusing.ready], [3, 3])
  assert.deepEqual(outcomes, [0, 0, 0, 1, 1])
})

test('a dead letter without a way, or one whose properties nobody can read, is gone', () => {
  const rig = new Rig()
  const queue = rig.queue('q', { args: { 'x-dead-letter-exchange': text('nowhere') } })
  rig.send(queue, {})
  rig.reject(queue)
  assert.equal(queue.index.live, 0)
  const dead = rig.queue('dead')
  const other = rig.dying('other', 'dead')
  const header = [2, 0, 1, 0, 0, 0, 19, 0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x20, 0, 255, 255, 255, 255, 1, 0xce]
  rig.sendBytes(other, Uint8Array.from([0, 0, 0xce, ...header]), 2)
  deadLetter(rig.broker, other, other.peek(), 'rejected')
  rig.run()
  assert.deepEqual([other.index.live, dead.ready], [0, 0])
})
