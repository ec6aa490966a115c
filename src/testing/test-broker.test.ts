import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import amqplib from 'amqplib'
import { Kafka, logLevel } from 'kafkajs'
import { json } from '../sdk/contract/json.ts'
import { queue } from '../sdk/queue.ts'
import { topic } from '../sdk/topic.ts'
import { type TestBroker, type TestBrokerOptions, testBroker } from './test-broker.ts'

const orders = queue('orders', { schema: json<{ id: string }>(), retry: { attempts: 5, delay: '1h' } })
const paid = topic('paid', { schema: json<number>(), partitions: 2 })

async function withBroker(options: TestBrokerOptions, run: (broker: TestBroker) => Promise<void>): Promise<void> {
  const broker = await testBroker(options)
  try {
    await run(broker)
  } finally {
    await broker.close()
  }
}

const NO_PORTS = { amqp: false, kafka: false } as const

test('a day of retries passes at once, and each comes in its turn', () =>
  withBroker(NO_PORTS, async (broker) => {
    const bus = await broker.connect()
    const at: string[] = []
    const start = broker.now().getTime()
    await bus.consume(orders, (_, { attempt }) => {
      at.push(`${attempt}: ${Math.round((broker.now().getTime() - start) / 3_600_000)} h`)
      if (attempt < 5) throw new Error('not yet')
    })
    await bus.send(orders, { id: 'o-1' })
    await broker.handled(orders, () => true, { failed: true })
    await broker.advance('1d')
    const { context } = await broker.handled(orders)
    assert.equal(context.attempt, 5)
    assert.equal(at.length, 5)
    // 1 h, 2 h, 4 h and 5 min at most (the longest delay unless asked for), give or take a fifth.
    assert.deepEqual(
      at.map((one) => one[0]),
      ['1', '2', '3', '4', '5'],
    )
  }))

test('a delayed message comes when the clock is moved there, and not before', () =>
  withBroker(NO_PORTS, async (broker) => {
    const bus = await broker.connect()
    await bus.consume(orders, () => {})
    await bus.send(orders, { id: 'later' }, { delay: '2h' })
    await broker.advance('119m')
    assert.deepEqual(broker.handlings(orders), [])
    await broker.advance('2m')
    await broker.handled(orders, ({ id }) => id === 'later')
  }))

test('a redrive keeps to its rate, and ends when it is aborted', () =>
  withBroker(NO_PORTS, async (broker) => {
    const failing = queue('failing', { schema: json<number>(), retry: { attempts: 1 } })
    const bus = await broker.connect()
    const consumer = await bus.consume(failing, () => {
      throw new Error('no')
    })
    for (let n = 0; n < 5; n++) await bus.send(failing, n)
    await broker.handled(failing, (n) => n === 4, { failed: true })
    await broker.advance(0)
    await consumer.stop()
    const letters = bus.deadLetters(failing)
    assert.equal(await letters.count(), 5)
    const stop = new AbortController()
    const redriven = letters.redrive({ rate: 1 / 3600, signal: stop.signal })
    // One at once, and one an hour.
    for (const left of [4, 3, 2]) {
      await broker.advance(0)
      assert.equal(await letters.count(), left)
      await broker.advance('59m')
      assert.equal(await letters.count(), left)
      await broker.advance('1m')
    }
    stop.abort(new Error('enough'))
    await assert.rejects(redriven, { code: 'ABORTED' })
    assert.equal(await letters.count(), 1)
  }))

test('a message whose time to live passes is gone', () =>
  withBroker(NO_PORTS, async (broker) => {
    const bus = await broker.connect()
    await bus.send(orders, { id: 'stale' }, { ttl: '1h' })
    await broker.advance('61m')
    await bus.send(orders, { id: 'fresh' }, { ttl: '1h' })
    await bus.consume(orders, () => {})
    await broker.handled(orders, ({ id }) => id === 'fresh')
    assert.equal(broker.handlings(orders).length, 1)
  }))

test('a request times out when the clock says so', () =>
  withBroker(NO_PORTS, async (broker) => {
    const bus = await broker.connect()
    const quotes = queue('quotes', { schema: json<number>(), answer: json<number>() })
    const answer = assert.rejects(bus.request(quotes, 1, { timeout: '1h' }), { code: 'TIMED_OUT' })
    await broker.advance(0)
    await broker.advance('1h')
    await answer
  }))

test('what was not handled is told', () =>
  withBroker(NO_PORTS, async (broker) => {
    const bus = await broker.connect()
    await bus.consume(orders, () => {})
    await bus.send(orders, { id: 'a' })
    await broker.handled(orders)
    await assert.rejects(
      broker.handled(orders, ({ id }) => id === 'b', { patience: 10 }),
      /no such message of 'orders' was handled within 10 ms; handled were {"id":"a"}/,
    )
  }))

test('what was confirmed is there after a crash', () =>
  withBroker(NO_PORTS, async (broker) => {
    const before = await broker.connect()
    await before.send(orders, { id: 'kept' })
    await before.publish(paid, 7)
    await before.send(orders, { id: 'later' }, { delay: '1h' })
    await broker.crash()
    await assert.rejects(before.send(orders, { id: 'x' }), { code: 'CONNECTION_FAILED' })
    const bus = await broker.connect()
    await bus.subscribe(paid, { from: 'earliest' }, () => {})
    await bus.consume(orders, () => {})
    await broker.handled(orders, ({ id }) => id === 'kept')
    await broker.handled(paid, (payment) => payment === 7)
    await broker.advance('1h')
    await broker.handled(orders, ({ id }) => id === 'later')
  }))

test('a group goes on at once after a crash: nobody waits for the sessions of members that died', () =>
  withBroker(NO_PORTS, async (broker) => {
    const subscribe = async () => {
      const bus = await broker.connect()
      await bus.subscribe(paid, { group: 'billing', from: 'earliest' }, () => {})
      return bus
    }
    const before = await subscribe()
    for (const partition of [0, 1]) await before.publish(paid, partition, { partition })
    await broker.handled(paid, (payment) => payment === 1)
    await broker.crash()
    const bus = await subscribe()
    for (const partition of [0, 1]) await bus.publish(paid, 10 + partition, { partition })
    await broker.handled(paid, (payment) => payment === 10)
    await broker.handled(paid, (payment) => payment === 11)
  }))

test('what a consumer had when the broker crashed comes again', () =>
  withBroker(NO_PORTS, async (broker) => {
    const before = await broker.connect()
    let began = () => {}
    const beginning = new Promise<void>((resolve) => {
      began = resolve
    })
    await before.consume(orders, () => {
      began()
      return new Promise<void>(() => {})
    })
    await before.send(orders, { id: 'o-1' })
    await beginning
    await broker.crash()
    const bus = await broker.connect()
    await bus.consume(orders, () => {})
    const { context } = await broker.handled(orders)
    assert.equal(context.redelivered, true)
  }))

test('a sync that fails is no confirm, and the broker recovers', () =>
  withBroker(NO_PORTS, async (broker) => {
    const before = await broker.connect()
    await before.send(orders, { id: 'kept' })
    const recovered = broker.failNextSync()
    await assert.rejects(before.send(orders, { id: 'unconfirmed' }), { code: /UNAVAILABLE|CONNECTION_FAILED/ })
    await recovered
    const bus = await broker.connect()
    await bus.consume(orders, () => {})
    await broker.handled(orders, ({ id }) => id === 'kept')
  }))

test('a delivery that is taken back is handed out again, and the first handler settles in vain', () =>
  withBroker(NO_PORTS, async (broker) => {
    const bus = await broker.connect()
    let finish = () => {}
    const attempts: boolean[] = []
    await bus.consume(
      orders,
      async (_, { redelivered }) => {
        attempts.push(redelivered)
        if (redelivered) return
        await new Promise<void>((resolve) => {
          finish = resolve
          assert.equal(broker.redeliver(orders), 1)
        })
      },
      { concurrency: 2 },
    )
    await bus.send(orders, { id: 'o-1' })
    await broker.handled(orders)
    finish()
    await broker.advance(0)
    assert.deepEqual(attempts, [false, true])
  }))

test('a group is rebalanced, and goes on', () =>
  withBroker(NO_PORTS, async (broker) => {
    const bus = await broker.connect()
    await bus.subscribe(paid, { group: 'billing', from: 'earliest' }, () => {})
    await bus.publish(paid, 1, { partition: 0 })
    await broker.handled(paid, (payment) => payment === 1)
    assert.equal(broker.rebalance('billing'), true)
    assert.equal(broker.rebalance('nobody'), false)
    await bus.publish(paid, 2, { partition: 1 })
    await broker.handled(paid, (payment) => payment === 2)
  }))

test('clients of RabbitMQ and Kafka see what the SDK sends, and the SDK what they send', () =>
  withBroker({}, async (broker) => {
    const bus = await broker.connect()
    await bus.declare(orders, paid)
    await bus.consume(orders, () => {})
    const connection = await amqplib.connect(broker.amqpUrl)
    const channel = await connection.createConfirmChannel()
    channel.sendToQueue('orders', Buffer.from('{"id":"amqp"}'), { messageId: 'm-1', headers: { tenant: 'blue' } })
    await channel.waitForConfirms()
    const { context } = await broker.handled(orders, ({ id }) => id === 'amqp')
    assert.deepEqual([context.id, context.headers.tenant], ['m-1', 'blue'])
    await bus.publish(paid, 5, { key: 'k', headers: { tenant: 'blue' } })
    const kafka = new Kafka({ brokers: [broker.bootstrapServer], logLevel: logLevel.NOTHING })
    const consumer = kafka.consumer({ groupId: 'g' })
    await consumer.connect()
    await consumer.subscribe({ topic: 'paid', fromBeginning: true })
    const seen = await new Promise<string>((resolve) => {
      consumer.run({
        eachMessage: async ({ message }) =>
          resolve(`${message.key} ${message.value} ${message.headers?.tenant} ${message.headers?.['content-type']}`),
      })
    })
    assert.equal(seen, 'k 5 blue application/json')
    await consumer.disconnect()
    await connection.close()
  }))

test('a client of RabbitMQ stays connected when a day passes at once', () =>
  withBroker({ kafka: false }, async (broker) => {
    const connection = await amqplib.connect(`${broker.amqpUrl}?heartbeat=5`)
    await broker.advance('1d')
    const channel = await connection.createChannel()
    await channel.assertQueue('there', { durable: true })
    await connection.close()
  }))

test('connections are cut without a word, and ports stay the same after a crash', () =>
  withBroker({ kafka: false }, async (broker) => {
    const { amqpUrl } = broker
    const first = await amqplib.connect(amqpUrl)
    const cut = new Promise<void>((resolve) => first.once('close', () => resolve()))
    first.on('error', () => {})
    assert.equal(broker.dropConnections('kafka'), 0)
    assert.equal(broker.dropConnections(), 1)
    await cut
    await broker.crash()
    assert.equal(broker.amqpUrl, amqpUrl)
    const second = await amqplib.connect(amqpUrl)
    await second.close()
  }))

test('a broker on a disk crashes while it is at work, as often as one wants, and has what was confirmed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'posthorn-'))
  try {
    await withBroker({ ...NO_PORTS, directory }, async (broker) => {
      const confirmed: string[] = []
      for (let life = 0; life < 3; life++) {
        const bus = await broker.connect()
        let n = 0
        const sender = async () => {
          for (;;) {
            const id = `${life}-${n++}`
            await bus.send(orders, { id })
            confirmed.push(id)
          }
        }
        const senders = Array.from({ length: 8 }, () => sender())
        await Promise.all(Array.from({ length: 40 }, (_, at) => bus.send(orders, { id: `first ${life}-${at}` })))
        await Promise.all([broker.crash(), ...senders.map((one) => assert.rejects(one, { code: 'CONNECTION_FAILED' }))])
      }
      await broker.crash()
      const bus = await broker.connect()
      await bus.consume(orders, () => {}, { concurrency: 8 })
      for (const id of confirmed) await broker.handled(orders, (order) => order.id === id)
      assert.ok(confirmed.length > 0)
    })
  } finally {
    await rm(directory, { recursive: true })
  }
})

test('a broker on a disk leaves what it had to the next', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'posthorn-'))
  try {
    await withBroker({ ...NO_PORTS, directory }, async (broker) => {
      await (await broker.connect()).send(orders, { id: 'kept' })
    })
    await withBroker({ ...NO_PORTS, directory }, async (broker) => {
      const bus = await broker.connect()
      await bus.consume(orders, () => {})
      await broker.handled(orders, ({ id }) => id === 'kept')
    })
  } finally {
    await rm(directory, { recursive: true })
  }
})
