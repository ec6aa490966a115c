import assert from 'node:assert/strict'
import { test } from 'node:test'
import amqplib, { type Channel } from 'amqplib'
import type { Bus } from '../../sdk/bus.ts'
import { json } from '../../sdk/contract/json.ts'
import { queue } from '../../sdk/queue.ts'
import { topic } from '../../sdk/topic.ts'
import { Mailbox } from '../../testing/conformance/mailbox.ts'
import { testBroker } from '../../testing/test-broker.ts'
import { connect } from '../connect.ts'

/** A bus of the SDK, and a channel of a client that knows nothing of it. */
async function withBoth(run: (bus: Bus, channel: Channel) => Promise<void>): Promise<void> {
  await using broker = await testBroker({ kafka: false })
  await using bus = await connect(broker.amqpUrl)
  const other = await amqplib.connect(broker.amqpUrl)
  try {
    await run(bus, await other.createChannel())
  } finally {
    await other.close()
  }
}

test('a client without the SDK gets id, type of content, key and headers of a message where it expects them', () =>
  withBoth(async (bus, channel) => {
    const orders = queue<{ n: number }>('orders')
    await bus.send(orders, { n: 1 }, { id: 'm-1', key: 'k-1', headers: { tenant: 'blue' }, priority: 7 })
    const message = await channel.get('orders')
    assert.ok(message !== false)
    const { messageId, contentType, headers, priority, deliveryMode } = message.properties
    assert.deepEqual(
      [messageId, contentType, headers?.['posthorn-key'], headers?.tenant, priority, deliveryMode],
      ['m-1', 'application/json', 'k-1', 'blue', 7, 2],
    )
    assert.deepEqual(JSON.parse(message.content.toString()), { n: 1 })
  }))

test('a client without the SDK is answered at its reply-to', () =>
  withBoth(async (bus, channel) => {
    const quotes = queue('quotes', { schema: json<{ n: number }>(), answer: json<{ twice: number }>() })
    await bus.respond(quotes, ({ n }) => ({ twice: 2 * n }))
    const got = new Mailbox<unknown>()
    const take = (message: { readonly content: Buffer } | null) => got.put(JSON.parse(message!.content.toString()))
    await channel.consume('amq.rabbitmq.reply-to', take, { noAck: true })
    const options = { replyTo: 'amq.rabbitmq.reply-to', correlationId: 'c-1' }
    channel.sendToQueue('quotes', Buffer.from('{"n":21}'), options)
    assert.deepEqual(await got.next(), { twice: 42 })
  }))

test('a topic is a super stream: what a client without the SDK publishes to its exchange is a record', () =>
  withBoth(async (bus, channel) => {
    const paid = topic('paid', { schema: json<number>(), partitions: 2 })
    const got = new Mailbox<unknown>()
    await bus.subscribe(paid, { group: 'billing', from: 'earliest' }, (n, { place }) => got.put([n, place?.partition]))
    channel.publish('paid', '1', Buffer.from('7'))
    assert.deepEqual(await got.next(), [7, 1])
    const { messageCount } = await channel.checkQueue('paid-1')
    assert.equal(messageCount, 1)
  }))

test('a queue is a classic one where that is asked for', () =>
  withBoth(async (bus, channel) => {
    await bus.declare(queue('orders', { schema: json<number>(), native: { rabbitmq: { type: 'classic' } } }))
    // Declaring it otherwise would be an error.
    const args = { 'x-queue-type': 'classic', 'x-max-priority': 9 }
    await channel.assertQueue('orders', { durable: true, arguments: args })
  }))

test('a queue that is there already is used as it is', () =>
  withBoth(async (bus, channel) => {
    await channel.assertQueue('orders', { durable: true, arguments: { 'x-queue-type': 'classic', 'x-max-length': 5 } })
    const orders = queue<number>('orders')
    const got = new Mailbox<number>()
    await bus.consume(orders, got.put)
    await bus.send(orders, 1)
    assert.equal(await got.next(), 1)
  }))
