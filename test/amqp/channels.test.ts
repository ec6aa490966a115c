import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Table, tableOf } from '../../src/wire/amqp/field.ts'
import { basic, channel, connection, queue, tx } from '../../src/wire/amqp/methods.ts'
import { decodeProperties } from '../../src/wire/amqp/properties.ts'
import { openTarget, type Target } from './broker-for-test.ts'
import { RawClient } from './raw-client.ts'

const NONE: Table = new Map()
const CONSUME = { ticket: 0, noLocal: false, exclusive: false, nowait: false }

describe('channels and their ends', () => {
  let target: Target
  const clients: RawClient[] = []
  before(async () => {
    target = await openTarget()
  })
  after(async () => {
    for (const one of clients) await one.close()
    await target.stop()
  })

  async function client(): Promise<RawClient> {
    const one = new RawClient(target.host, target.port)
    clients.push(one)
    await one.open()
    await one.openChannel(1)
    return one
  }

  /** Declares the queue, or finds it; how many messages it has. */
  async function declare(on: RawClient, name: string, args: Table = NONE): Promise<number> {
    const flags = { passive: false, durable: true, exclusive: false, autoDelete: false, nowait: false }
    on.send(1, queue.declare, { ticket: 0, queue: name, ...flags, arguments: args })
    return (await on.expect(queue.declareOk)).messageCount
  }

  async function remove(on: RawClient, name: string): Promise<void> {
    on.send(1, queue.delete, { ticket: 0, queue: name, ifUnused: false, ifEmpty: false, nowait: false })
    await on.expect(queue.deleteOk)
  }

  it('a message that is too large is refused when all of it has come, and the channel’s number can be used again', async () => {
    const one = await client()
    await one.openChannel(2)
    const [part, parts] = [Buffer.alloc(128_000), 140]
    one.send(1, basic.publish, { ticket: 0, exchange: '', routingKey: 'q', mandatory: false, immediate: false })
    one.header(1, part.length * parts)
    for (let n = 1; n < parts; n++) one.frame(3, 1, part)
    one.send(2, basic.qos, { prefetchSize: 0, prefetchCount: 1, global: false })
    await one.expect(basic.qosOk)
    one.frame(3, 1, part)
    assert.equal((await one.expect(channel.close)).replyCode, 406)
    one.send(1, channel.closeOk, {})
    await one.openChannel(1)
  })

  it('nothing that one channel of a connection gives back goes to another when the connection ends', async () => {
    const [one, other] = [await client(), await client()]
    await one.openChannel(2)
    const name = `ends-${process.pid}`
    const args = tableOf({ 'x-queue-type': 'quorum', 'x-max-length': 0 })
    await declare(other, name, args)
    one.send(1, basic.consume, { ...CONSUME, queue: name, consumerTag: 'first', noAck: false, arguments: NONE })
    await one.expect(basic.consumeOk)
    other.publish(1, '', name)
    await one.expect(basic.deliver)
    for (const part of ['header', 'body']) assert.equal((await one.next()).kind, 'frame', part)
    one.send(2, basic.consume, { ...CONSUME, queue: name, consumerTag: 'next', noAck: true, arguments: NONE })
    await one.expect(basic.consumeOk)
    one.send(0, connection.close, { replyCode: 200, replyText: '', classId: 0, methodId: 0 })
    await one.expect(connection.closeOk)
    assert.equal(await declare(other, name, args), 0)
    await remove(other, name)
  })

  for (const verb of ['nack', 'recover'] as const) {
    it(`a ${verb} of everything ends, also where each message comes again at once`, async () => {
      const one = await client()
      const name = `again-${verb}-${process.pid}`
      await declare(one, name, tableOf({ 'x-queue-type': 'quorum', 'x-max-length': 0 }))
      one.send(1, basic.consume, { ...CONSUME, queue: name, consumerTag: 'c', noAck: false, arguments: NONE })
      await one.expect(basic.consumeOk)
      const tags: number[] = []
      const delivered = async () => {
        tags.push(Number((await one.expect(basic.deliver)).deliveryTag))
        for (let n = 0; n < 2; n++) await one.next()
      }
      for (let n = 0; n < 3; n++) {
        one.publish(1, '', name)
        await delivered()
      }
      if (verb === 'nack') one.send(1, basic.nack, { deliveryTag: 0, multiple: true, requeue: true })
      else one.send(1, basic.recoverAsync, { requeue: true })
      while (tags.length < 6) await delivered()
      assert.deepEqual(tags, [1, 2, 3, 4, 5, 6])
      await remove(one, name)
    })
  }

  it('what is recovered in a transaction comes again at once, and what was settled in it does not', async () => {
    const one = await client()
    const name = `recovers-${process.pid}`
    await declare(one, name)
    one.send(1, basic.consume, { ...CONSUME, queue: name, consumerTag: 'c', noAck: false, arguments: NONE })
    await one.expect(basic.consumeOk)
    const delivered = async () => {
      const { deliveryTag, redelivered } = await one.expect(basic.deliver)
      await one.next()
      return [Number(deliveryTag), redelivered, String(((await one.next()) as { payload: Buffer }).payload)]
    }
    for (const body of ['a', 'b']) one.publish(1, '', name, {}, body)
    for (const [tag, body] of [
      [1, 'a'],
      [2, 'b'],
    ])
      assert.deepEqual(await delivered(), [tag, false, body])
    one.send(1, tx.select, {})
    await one.expect(tx.selectOk)
    one.send(1, basic.ack, { deliveryTag: 1, multiple: false })
    one.send(1, basic.recoverAsync, { requeue: true })
    assert.deepEqual(await delivered(), [3, true, 'b'])
    one.send(1, tx.commit, {})
    await one.expect(tx.commitOk)
    await remove(one, name)
  })

  it('an offset that makes no sense is told before arguments that streams have not got', async () => {
    const one = await client()
    const name = `offsets-${process.pid}`
    await declare(one, name, tableOf({ 'x-queue-type': 'stream' }))
    const texts: string[] = []
    for (const offset of ['seven', 'first']) {
      const args = tableOf({ 'x-priority': -1, 'x-stream-offset': offset })
      one.send(1, basic.consume, { ...CONSUME, queue: name, consumerTag: 'c', noAck: false, arguments: args })
      texts.push((await one.expect(channel.close)).replyText.replace(/ for .*/, ''))
      one.send(1, channel.closeOk, {})
      await one.openChannel(1)
    }
    const refused = (arg: string) => `PRECONDITION_FAILED - invalid arg '${arg}'`
    assert.deepEqual(texts, [refused('x-stream-offset'), refused('x-priority')])
    await remove(one, name)
  })

  it('a message without a delivery mode comes from a stream as one that need not be kept', async () => {
    const one = await client()
    const name = `modes-${process.pid}`
    await declare(one, name, tableOf({ 'x-queue-type': 'stream' }))
    one.send(1, basic.qos, { prefetchSize: 0, prefetchCount: 9, global: false })
    await one.expect(basic.qosOk)
    const args = tableOf({ 'x-stream-offset': 'first' })
    one.send(1, basic.consume, { ...CONSUME, queue: name, consumerTag: 'c', noAck: false, arguments: args })
    await one.expect(basic.consumeOk)
    const given = [
      {},
      { headers: tableOf({ a: 1 }) },
      { contentType: 'x', priority: 3, appId: 'a' },
      { deliveryMode: 2 },
    ]
    const modes: unknown[] = []
    for (const properties of given) {
      one.publish(1, '', name, properties)
      await one.expect(basic.deliver)
      const header = await one.next()
      assert.ok(header.kind === 'frame')
      const { headers: _, deliveryMode, ...rest } = decodeProperties(header.payload, 0, header.payload.length)
      const { headers: __, deliveryMode: ___, ...sent } = properties as Record<string, unknown>
      assert.deepEqual(rest, sent)
      modes.push(deliveryMode)
      await one.next()
    }
    assert.deepEqual(modes, [1, 1, 1, 2])
    await remove(one, name)
  })
})
