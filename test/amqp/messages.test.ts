import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Field, type Table, tableOf } from '../../src/wire/amqp/field.ts'
import { basic, channel, confirm, queue, tx } from '../../src/wire/amqp/methods.ts'
import { decodeProperties, type Properties } from '../../src/wire/amqp/properties.ts'
import { openTarget, type Target } from './broker-for-test.ts'
import { type Login, RawClient } from './raw-client.ts'

const NONE: Table = new Map()

interface Message {
  readonly method: string
  readonly args: Record<string, unknown>
  readonly properties: Properties
  readonly body: Buffer
}

let target: Target
const clients: RawClient[] = []

async function client(login: Login = {}): Promise<RawClient> {
  const one = new RawClient(target.host, target.port)
  clients.push(one)
  await one.open(login)
  await one.openChannel(1)
  return one
}

async function declare(on: RawClient, args: Table = NONE, durable = false): Promise<string> {
  const settings = { passive: false, durable, exclusive: false, autoDelete: false, nowait: false }
  on.send(1, queue.declare, { ticket: 0, queue: '', ...settings, arguments: args })
  return (await on.expect(queue.declareOk)).queue
}

async function declareNamed(on: RawClient, name: string, args: Table) {
  const settings = { passive: false, durable: true, exclusive: false, autoDelete: false, nowait: false }
  on.send(1, queue.declare, { ticket: 0, queue: name, ...settings, arguments: args })
  return await on.expect(queue.declareOk)
}

function consume(on: RawClient, name: string, more: { tag?: string; noAck?: boolean; args?: Table } = {}): void {
  const { tag = 't', noAck = false, args = NONE } = more
  const settings = { ticket: 0, noLocal: false, exclusive: false, nowait: true }
  on.send(1, basic.consume, { ...settings, queue: name, consumerTag: tag, noAck, arguments: args })
}

const ack = (on: RawClient, deliveryTag: number, multiple = false) => on.send(1, basic.ack, { deliveryTag, multiple })

/** The next method with its content: deliver, get-ok or return. */
async function message(on: RawClient): Promise<Message> {
  const method = await on.next()
  assert.ok(method.kind === 'method' && method.method.content, `a message was expected: ${JSON.stringify(method)}`)
  const header = await on.next()
  assert.ok(header.kind === 'frame' && header.type === 2)
  const size = Number(header.payload.readBigUInt64BE(4))
  const parts: Buffer[] = []
  for (let left = size; left > 0; ) {
    const part = await on.next()
    assert.ok(part.kind === 'frame' && part.type === 3 && part.channel === method.channel)
    parts.push(part.payload)
    left -= part.payload.length
  }
  const properties = decodeProperties(header.payload, 0, header.payload.length)
  return { method: method.method.name, args: method.args, properties, body: Buffer.concat(parts) }
}

async function counts(on: RawClient, name: string): Promise<number> {
  const settings = { passive: true, durable: false, exclusive: false, autoDelete: false, nowait: false }
  on.send(1, queue.declare, { ticket: 0, queue: name, ...settings, arguments: NONE })
  return (await on.expect(queue.declareOk)).messageCount
}

const bodies = async (on: RawClient, count: number): Promise<string[]> => {
  const got: string[] = []
  for (let i = 0; i < count; i++) got.push((await message(on)).body.toString())
  return got
}

function pattern(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) & 0xff))
}

describe('messages over AMQP', () => {
  before(async () => {
    target = await openTarget()
  })
  after(async () => {
    for (const one of clients) await one.close()
    await target.stop()
  })

  it('a message that arrives byte by byte is the same message', async () => {
    const one = await client()
    const name = await declare(one)
    consume(one, name, { noAck: true })
    const frames: number[] = []
    const collector = { raw: (bytes: Uint8Array) => frames.push(...bytes) }
    const { publish, send, frame, header } = RawClient.prototype
    publish.call(Object.assign(Object.create({ send, frame, header }), collector), 1, '', name, { type: 'x' }, 'slow')
    for (const byte of frames) {
      one.raw(new Uint8Array([byte]))
      await new Promise(setImmediate)
    }
    const { body, properties } = await message(one)
    assert.equal(body.toString(), 'slow')
    assert.equal(properties.type, 'x')
  })

  it('contents of two channels may be interleaved frame by frame', async () => {
    const one = await client()
    await one.openChannel(2)
    const name = await declare(one)
    consume(one, name, { noAck: true })
    for (const number of [1, 2]) {
      one.send(number, basic.publish, { ticket: 0, exchange: '', routingKey: name, mandatory: false, immediate: false })
    }
    for (const number of [2, 1]) one.header(number, 6, { appId: `${number}` })
    for (const part of ['abc', 'def'])
      for (const number of [1, 2]) one.frame(3, number, Buffer.from(part + number).subarray(0, 3))
    const got = [await message(one), await message(one)]
    assert.deepEqual(got.map((each) => [each.properties.appId, each.body.toString()]).sort(), [
      ['1', 'abcdef'],
      ['2', 'abcdef'],
    ])
  })

  for (const size of [0, 1, 8184, 65_000, 130_000, 131_064, 131_065, 300_000, 3_000_000]) {
    it(`a body of ${size} bytes comes through, also in the smallest frames`, async () => {
      const one = await client()
      const small = await client({ tune: { channelMax: 10, frameMax: 8192, heartbeat: 0 } })
      const name = await declare(one)
      const body = pattern(size)
      for (const [from, to, most] of [
        [one, small, 131_064],
        [small, one, 8184],
      ] as const) {
        from.send(1, basic.publish, { ticket: 0, exchange: '', routingKey: name, mandatory: false, immediate: false })
        from.header(1, size, { messageId: 'm' })
        for (let at = 0; at < size; at += most) from.frame(3, 1, body.subarray(at, at + most))
        consume(to, name, { noAck: true })
        const got = await message(to)
        assert.ok(got.body.equals(body))
        assert.equal(got.properties.messageId, 'm')
        to.send(1, basic.cancel, { consumerTag: 't', nowait: false })
        await to.expect(basic.cancelOk)
      }
    })
  }

  it('prefetch holds deliveries back until some are acknowledged', async () => {
    const one = await client()
    const name = await declare(one)
    for (let i = 1; i <= 5; i++) one.publish(1, '', name, {}, `${i}`)
    one.send(1, basic.qos, { prefetchSize: 0, prefetchCount: 2, global: false })
    await one.expect(basic.qosOk)
    consume(one, name)
    assert.deepEqual(await bodies(one, 2), ['1', '2'])
    assert.equal(await counts(one, name), 3)
    ack(one, 2)
    assert.deepEqual(await bodies(one, 1), ['3'])
    ack(one, 3, true)
    assert.deepEqual(await bodies(one, 2), ['4', '5'])
    ack(one, 0, true)
    assert.equal(await counts(one, name), 0)
  })

  it('what was not acknowledged comes again in its old order, marked redelivered', async () => {
    const one = await client()
    const name = await declare(one)
    for (let i = 1; i <= 4; i++) one.publish(1, '', name, {}, `${i}`)
    consume(one, name)
    assert.deepEqual(await bodies(one, 4), ['1', '2', '3', '4'])
    ack(one, 2)
    one.send(1, channel.close, { replyCode: 200, replyText: '', classId: 0, methodId: 0 })
    await one.expect(channel.closeOk)
    await one.openChannel(1)
    for (const expected of ['1', '3', '4']) {
      one.send(1, basic.get, { ticket: 0, queue: name, noAck: true })
      const got = await message(one)
      assert.equal(got.body.toString(), expected)
      assert.equal(got.args.redelivered, true)
    }
  })

  it('a channel with very many deliveries gives all of them back', async () => {
    const one = await client()
    const name = await declare(one)
    const total = 20_000
    for (let i = 0; i < total; i++) one.publish(1, '', name, {}, '')
    consume(one, name)
    for (let i = 0; i < total; i++) await message(one)
    assert.equal(await counts(one, name), 0)
    await one.close()
    const other = await client()
    while ((await counts(other, name)) < total);
    assert.equal(await counts(other, name), total)
  })

  it('reject and nack without requeue drop the message, with requeue they bring it back at once', async () => {
    const one = await client()
    const name = await declare(one)
    for (let i = 1; i <= 3; i++) one.publish(1, '', name, {}, `${i}`)
    consume(one, name)
    await bodies(one, 3)
    one.send(1, basic.reject, { deliveryTag: 1, requeue: false })
    one.send(1, basic.nack, { deliveryTag: 3, multiple: true, requeue: true })
    assert.deepEqual(await bodies(one, 2), ['2', '3'])
  })

  it('confirms cover every message once, after its return if it had one', async () => {
    const one = await client()
    const name = await declare(one, NONE, true)
    one.send(1, confirm.select, { nowait: true })
    const total = 500
    for (let i = 1; i <= total; i++) one.publish(1, '', i % 100 === 0 ? 'nowhere' : name, { deliveryMode: 1 + (i % 2) })
    let confirmed = 0
    let returned = 0
    while (confirmed < total) {
      const heard = await one.next()
      if (heard.kind !== 'method') continue
      if (heard.method.key === basic.return.key) returned++
      else {
        assert.equal(heard.method.name, 'basic.ack')
        const tag = Number(heard.args.deliveryTag)
        assert.ok(tag > confirmed, 'confirms come in order')
        assert.ok(heard.args.multiple === true || tag === confirmed + 1, 'without multiple it is one message')
        confirmed = tag
        assert.ok(returned >= Math.floor(confirmed / 100), 'a return comes before its confirm')
      }
    }
    assert.equal(confirmed, total)
    assert.equal(await counts(one, name), total - total / 100)
  })

  it('a full queue refuses single messages, and confirms the others', async () => {
    const one = await client()
    const name = await declare(one, tableOf({ 'x-max-length': 2, 'x-overflow': 'reject-publish' }))
    one.send(1, confirm.select, { nowait: true })
    for (let i = 1; i <= 4; i++) one.publish(1, '', name, {}, '')
    one.publish(1, '', 'nowhere', {}, '')
    const outcome = new Map<number, string>()
    let ackedUpTo = 0
    while (outcome.size < 5) {
      const heard = await one.next()
      if (heard.kind !== 'method' || heard.method.key === basic.return.key) continue
      const tag = Number(heard.args.deliveryTag)
      for (let each = heard.args.multiple === true ? ackedUpTo + 1 : tag; each <= tag; each++) {
        if (!outcome.has(each)) outcome.set(each, heard.method.name)
      }
      if (heard.method.key === basic.ack.key) ackedUpTo = tag
    }
    assert.deepEqual(
      [1, 2, 3, 4, 5].map((tag) => outcome.get(tag)),
      ['basic.ack', 'basic.ack', 'basic.nack', 'basic.nack', 'basic.ack'],
    )
  })

  it('a transaction shows nothing before its commit, and nothing after its rollback', async () => {
    const one = await client()
    const other = await client()
    const name = await declare(one, NONE, true)
    one.publish(1, '', name, {}, 'before')
    consume(one, name)
    await message(one)
    one.send(1, tx.select, {})
    await one.expect(tx.selectOk)
    ack(one, 1)
    one.publish(1, '', name, { deliveryMode: 2 }, 'rolled back')
    one.send(1, tx.rollback, {})
    await one.expect(tx.rollbackOk)
    one.send(1, basic.cancel, { consumerTag: 't', nowait: true })
    ack(one, 1)
    one.publish(1, '', name, { deliveryMode: 2 }, 'kept')
    assert.equal(await counts(other, name), 0)
    one.send(1, tx.commit, {})
    await one.expect(tx.commitOk)
    assert.equal(await counts(other, name), 1)
    other.send(1, basic.get, { ticket: 0, queue: name, noAck: true })
    assert.equal((await message(other)).body.toString(), 'kept')
  })

  it('direct reply-to brings the answer to the channel that asked', async () => {
    const asker = await client()
    const answerer = await client()
    const name = await declare(answerer)
    consume(answerer, name, { noAck: true })
    consume(asker, 'amq.rabbitmq.reply-to', { tag: 'replies', noAck: true })
    asker.publish(1, '', name, { replyTo: 'amq.rabbitmq.reply-to', correlationId: '7' }, 'question')
    const question = await message(answerer)
    assert.match(String(question.properties.replyTo), /^amq\.rabbitmq\.reply-to\../)
    assert.equal(question.properties.correlationId, '7')
    answerer.publish(1, '', String(question.properties.replyTo), { correlationId: '7' }, 'answer')
    const answer = await message(asker)
    assert.deepEqual([answer.args.consumerTag, answer.body.toString()], ['replies', 'answer'])
    const forged = `${String(question.properties.replyTo).slice(0, -5)}xxxxx`
    const passively = { passive: true, durable: false, exclusive: false, autoDelete: false, nowait: false }
    asker.send(1, queue.declare, { ticket: 0, queue: forged, ...passively, arguments: NONE })
    assert.equal((await asker.expect(channel.close)).replyCode, 404)
    await asker.close()
    answerer.publish(1, '', String(question.properties.replyTo), {}, 'too late')
    assert.equal((await message(answerer)).method, 'basic.return')
  })

  it('CC and BCC lead a message further; BCC is not shown to those who get it', async () => {
    const one = await client()
    const [first, second] = [await declare(one), await declare(one)]
    const list = (name: string): Field => ({ type: 'A', value: [{ type: 'S', value: name }] })
    one.publish(1, '', 'nowhere', { headers: tableOf({ CC: list(first), BCC: list(second), more: 1 }) }, 'copied')
    for (const name of [first, second]) {
      one.send(1, basic.get, { ticket: 0, queue: name, noAck: true })
      const { properties, body } = await message(one)
      assert.equal(body.toString(), 'copied')
      assert.deepEqual([...(properties.headers ?? NONE).keys()], ['CC', 'more'])
    }
  })

  it('the consumer with the higher priority is served first', async () => {
    const one = await client()
    const name = await declare(one)
    consume(one, name, { tag: 'low', noAck: true })
    consume(one, name, { tag: 'high', noAck: true, args: tableOf({ 'x-priority': 5 }) })
    for (let i = 0; i < 3; i++) one.publish(1, '', name)
    for (let i = 0; i < 3; i++) assert.equal((await message(one)).args.consumerTag, 'high')
  })

  it('basic.get says how many are left', async () => {
    const one = await client()
    const name = await declare(one)
    for (let i = 0; i < 3; i++) one.publish(1, '', name)
    for (const left of [2, 1, 0]) {
      one.send(1, basic.get, { ticket: 0, queue: name, noAck: true })
      assert.equal((await message(one)).args.messageCount, left)
    }
    one.send(1, basic.get, { ticket: 0, queue: name, noAck: true })
    await one.expect(basic.getEmpty)
  })

  it('basic.get takes messages beside a single active consumer that is full', async () => {
    const one = await client()
    const name = await declare(one, tableOf({ 'x-single-active-consumer': true }))
    one.send(1, basic.qos, { prefetchSize: 0, prefetchCount: 1, global: false })
    await one.expect(basic.qosOk)
    consume(one, name)
    for (const text of ['a', 'b']) one.publish(1, '', name, {}, text)
    assert.deepEqual(await bodies(one, 1), ['a'])
    one.send(1, basic.get, { ticket: 0, queue: name, noAck: true })
    const { method, body } = await message(one)
    assert.deepEqual([method, body.toString()], ['basic.get-ok', 'b'])
  })

  it('a new consumer comes at the end, and changes nobody else’s turn', async () => {
    const one = await client()
    const name = await declare(one)
    const served: unknown[] = []
    for (const tag of ['a', 'b', 'c', 'd']) {
      consume(one, name, { tag, noAck: true })
      one.publish(1, '', name)
      served.push((await message(one)).args.consumerTag)
    }
    assert.deepEqual(served, ['a', 'a', 'b', 'a'])
  })

  for (const type of ['classic', 'quorum']) {
    it(`a message that may not wait at all goes to a consumer of a ${type} queue that takes it at once`, async () => {
      const one = await client()
      const name = `at-once-${type}-${process.pid}`
      await declareNamed(one, name, tableOf({ 'x-queue-type': type, 'x-message-ttl': 0 }))
      one.publish(1, '', name, {}, 'too early')
      while ((await counts(one, name)) > 0);
      consume(one, name)
      one.publish(1, '', name, {}, 'in time')
      assert.deepEqual(await bodies(one, 1), ['in time'])
      one.send(1, queue.delete, { ticket: 0, queue: name, ifUnused: false, ifEmpty: false, nowait: true })
    })
  }

  it('a quorum queue counts consumers that hold something after they are cancelled, and messages that basic.get took', async () => {
    const one = await client()
    const name = `lingering-${process.pid}`
    await declareNamed(one, name, tableOf({ 'x-queue-type': 'quorum' }))
    /** RabbitMQ knows of an acknowledgement a little later. */
    const untilConsumers = async (expected: number) => {
      let count = -1
      for (let n = 0; n < 200 && count !== expected; n++) {
        count = (await declareNamed(one, name, tableOf({ 'x-queue-type': 'quorum' }))).consumerCount
      }
      assert.equal(count, expected)
    }
    for (const text of ['a', 'b', 'c']) one.publish(1, '', name, {}, text)
    one.send(1, basic.qos, { prefetchSize: 0, prefetchCount: 1, global: false })
    await one.expect(basic.qosOk)
    consume(one, name)
    assert.deepEqual(await bodies(one, 1), ['a'])
    one.send(1, basic.cancel, { consumerTag: 't', nowait: true })
    for (let i = 0; i < 2; i++) {
      one.send(1, basic.get, { ticket: 0, queue: name, noAck: false })
      await message(one)
    }
    await untilConsumers(3)
    ack(one, 2)
    await untilConsumers(2)
    ack(one, 1)
    await untilConsumers(1)
    one.send(1, queue.delete, { ticket: 0, queue: name, ifUnused: false, ifEmpty: false, nowait: true })
  })

  for (const type of ['classic', 'quorum']) {
    it(`a ${type} queue is not longer than it may be after something came back`, async () => {
      const one = await client()
      const name = `comes-back-${type}-${process.pid}`
      await declareNamed(one, name, tableOf({ 'x-queue-type': type, 'x-max-length': 1 }))
      one.publish(1, '', name, {}, 'a')
      while ((await counts(one, name)) === 0);
      one.send(1, basic.get, { ticket: 0, queue: name, noAck: false })
      await message(one)
      one.publish(1, '', name, {}, 'b')
      while ((await counts(one, name)) === 0);
      one.send(1, basic.nack, { deliveryTag: 1, multiple: false, requeue: true })
      consume(one, name)
      assert.deepEqual(await bodies(one, 1), ['b'])
      one.send(1, queue.delete, { ticket: 0, queue: name, ifUnused: false, ifEmpty: false, nowait: true })
    })
  }

  it('a dead letter says that somebody had it, unless it goes straight to a consumer', async () => {
    const one = await client()
    const target = await declare(one)
    const from = await declare(one, tableOf({ 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': target }))
    one.send(1, basic.qos, { prefetchSize: 0, prefetchCount: 1, global: false })
    await one.expect(basic.qosOk)
    consume(one, target)
    for (const redelivered of [false, true]) {
      one.publish(1, '', from)
      while ((await counts(one, from)) === 0);
      one.send(1, basic.get, { ticket: 0, queue: from, noAck: false })
      const { args } = await message(one)
      one.send(1, basic.reject, { deliveryTag: Number(args.deliveryTag), requeue: false })
      if (redelivered) {
        while ((await counts(one, target)) === 0);
        ack(one, Number(args.deliveryTag) - 1)
      }
      assert.equal((await message(one)).args.redelivered, redelivered)
    }
  })

  it('a quorum queue does not count consumers that wait to be the single active one', async () => {
    const one = await client()
    const name = `waiting-${process.pid}`
    const args = tableOf({ 'x-queue-type': 'quorum', 'x-single-active-consumer': true })
    await declareNamed(one, name, args)
    for (const tag of ['a', 'b']) consume(one, name, { tag })
    assert.equal((await declareNamed(one, name, args)).consumerCount, 1)
    one.send(1, queue.delete, { ticket: 0, queue: name, ifUnused: false, ifEmpty: false, nowait: true })
  })

  it('a quorum queue has an exclusive consumer beside others', async () => {
    const one = await client()
    const name = `beside-${process.pid}`
    await declareNamed(one, name, tableOf({ 'x-queue-type': 'quorum' }))
    for (const [tag, exclusive] of [
      ['a', true],
      ['b', true],
      ['c', false],
    ] as const) {
      const settings = { ticket: 0, queue: name, noLocal: false, noAck: false, nowait: false, arguments: NONE }
      one.send(1, basic.consume, { ...settings, consumerTag: tag, exclusive })
      assert.equal((await one.expect(basic.consumeOk)).consumerTag, tag)
    }
    one.send(1, queue.delete, { ticket: 0, queue: name, ifUnused: false, ifEmpty: false, nowait: true })
  })

  it('who deletes a queue hears that it is done, and then that its own consumer is', async () => {
    const one = await client()
    const name = await declare(one, NONE, true)
    const flags = { noLocal: false, noAck: false, exclusive: false, nowait: false, arguments: NONE }
    one.send(1, basic.consume, { ticket: 0, queue: name, consumerTag: 'c', ...flags })
    await one.expect(basic.consumeOk)
    one.send(1, queue.delete, { ticket: 0, queue: name, ifUnused: false, ifEmpty: false, nowait: false })
    await one.expect(queue.deleteOk)
    assert.deepEqual(await one.expect(basic.cancel), { consumerTag: 'c', nowait: true })
  })

  it('after a channel error the channel hears nothing, and the others go on', async () => {
    const one = await client()
    await one.openChannel(2)
    const name = await declare(one)
    one.publish(1, 'missing', 'k')
    one.publish(1, '', name)
    one.send(2, basic.qos, { prefetchSize: 0, prefetchCount: 1, global: false })
    assert.equal((await one.expect(channel.close)).replyCode, 404)
    await one.expect(basic.qosOk)
    one.send(1, channel.closeOk, {})
    await one.openChannel(1)
    assert.equal(await counts(one, name), 0)
  })
})
