import assert from 'node:assert/strict'
import { test } from 'node:test'
import { playFaults } from '../../../test/interop/sdk-faults.ts'
import type { Bus } from '../../sdk/bus.ts'
import { queue } from '../../sdk/queue.ts'
import { testBroker } from '../../testing/test-broker.ts'
import { connect } from '../connect.ts'

const COUNT = 500

playFaults('connections that are cut', COUNT, async () => {
  const broker = await testBroker({ kafka: false })
  return {
    url: broker.amqpUrl,
    async fault() {
      broker.dropConnections('amqp')
    },
    close: () => broker.close(),
  }
})

async function withBroker(run: (bus: Bus, url: string) => Promise<void>): Promise<void> {
  await using broker = await testBroker({ kafka: false })
  await using bus = await connect(broker.amqpUrl)
  await run(bus, broker.amqpUrl)
}

/** Somebody else deletes a queue. */
async function drop(url: string, name: string): Promise<void> {
  const { default: amqplib } = await import('amqplib')
  const connection = await amqplib.connect(url)
  const channel = await connection.createChannel()
  await channel.deleteQueue(name)
  await connection.close()
}

test('a message that no queue takes is the sender’s error', () =>
  withBroker(async (bus, url) => {
    const orders = queue<number>('orders')
    await bus.declare(orders)
    await drop(url, 'orders')
    await assert.rejects(bus.send(orders, 1), { code: 'NOT_FOUND', message: /'orders'/ })
  }))

test('a consumer whose queue is deleted ends with an error', () =>
  withBroker(async (bus, url) => {
    const orders = queue<number>('orders')
    const consumer = await bus.consume(orders, () => {})
    await drop(url, 'orders')
    await assert.rejects(consumer.ended, { code: 'NOT_FOUND' })
  }))

test('a vhost that is not there is named', () =>
  withBroker(async (_bus, url) => {
    await assert.rejects(connect(`${url}/nowhere`), { code: 'CONNECTION_FAILED', message: /vhost 'nowhere'/ })
  }))

test('a broker that is not there is told at once', async () => {
  await assert.rejects(connect('amqp://guest:guest@127.0.0.1:1'), {
    code: 'CONNECTION_FAILED',
    message: /127\.0\.0\.1:1/,
  })
})

test('a message that is larger than the broker takes is refused, and those beside it are sent', () =>
  withBroker(async (bus) => {
    const texts = queue<string>('texts')
    const large = bus.send(texts, 'x'.repeat(17 * 2 ** 20))
    const small = Array.from({ length: 20 }, () => bus.send(texts, 'small'))
    await assert.rejects(large, { code: 'TOO_LARGE' })
    await Promise.all(small)
  }))
