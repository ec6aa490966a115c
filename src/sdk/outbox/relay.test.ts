import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryStore } from '../../testing/memory-store.ts'
import { type TestBroker, testBroker } from '../../testing/test-broker.ts'
import { json } from '../contract/json.ts'
import { queue } from '../queue.ts'
import { topic } from '../topic.ts'

const orders = queue('orders', { schema: json<string>() })
const paid = topic('paid', { schema: json<string>() })

const LONGEST = 4096
const TOO_LONG = 'x'.repeat(LONGEST)

async function withBroker(run: (broker: TestBroker, store: MemoryStore) => Promise<void>): Promise<void> {
  const settings = { 'amqp.maxMessageSize': LONGEST } as const
  const broker = await testBroker({ amqp: false, kafka: false, settings })
  try {
    await run(broker, new MemoryStore())
  } finally {
    await broker.close()
  }
}

test('an entry that the broker refuses for good holds up none behind it, and is kept with the reason', () =>
  withBroker(async (broker, store) => {
    const bus = await broker.connect({ store })
    await bus.consume(orders, () => {})
    await bus.subscribe(paid, { from: 'earliest' }, () => {})
    await bus.transaction(async ({ send, publish }) => {
      await send(orders, 'before')
      await send(orders, TOO_LONG)
      await send(orders, 'behind')
      await publish(paid, 'record')
    })
    await broker.handled(orders, (order) => order === 'behind')
    await broker.handled(paid, (payment) => payment === 'record')
    const [refused, ...more] = await store.refused()
    assert.deepEqual(more, [])
    assert.match(refused!.reason, /a message to queue 'orders' has \d+ bytes; the most is 4096/)
    assert.equal(refused!.entry.kind, 'message')
  }))

test('an entry that was put aside goes out when it is tried again and nothing is in its way any more', () =>
  withBroker(async (broker, store) => {
    const bus = await broker.connect({ store })
    await bus.declare(orders)
    const none = { topic: 'paid', key: null, body: Buffer.from('"x"'), headers: {}, partition: 0, timestamp: 0 }
    await broker.advance('2m')
    await store.transaction((tx) => store.add(tx, [{ kind: 'record', record: none }]))
    await broker.advance('2s')
    const [refused] = await store.refused()
    assert.match(refused!.reason, /there is no topic 'paid'/)
    await bus.subscribe(paid, { from: 'earliest' }, () => {})
    assert.equal(await store.retry(refused!.id), true)
    await broker.advance('2s')
    await broker.handled(paid, (payment) => payment === 'x')
  }))

test('an entry whose queue an application has not declared yet waits for that', () =>
  withBroker(async (broker, store) => {
    const early = await broker.connect({ store })
    await early.transaction(async ({ tx }) => {
      const message = {
        to: 'queue',
        address: 'orders',
        body: Buffer.from('"left"'),
        headers: {},
        key: null,
        notBefore: null,
        expiresAt: null,
        priority: 4,
      } as const
      await store.add(tx as never, [{ kind: 'message', message }])
    })
    await broker.advance('5s')
    assert.deepEqual(await store.refused(), [])
    await early.consume(orders, () => {})
    await broker.advance('2s')
    await broker.handled(orders, (order) => order === 'left')
  }))

test('where everything is refused nothing is put aside: the outbox is tried again', () =>
  withBroker(async (broker, store) => {
    const bus = await broker.connect({ store })
    const prices = topic('prices', { schema: json<string>(), compact: true })
    await bus.declare(prices)
    const record = { topic: 'prices', key: null, body: Buffer.from('"x"'), headers: {}, partition: 0, timestamp: 0 }
    await store.transaction((tx) => store.add(tx, [{ kind: 'record', record }]))
    await broker.advance('5s')
    assert.deepEqual(await store.refused(), [])
    await store.transaction((tx) => store.add(tx, [{ kind: 'record', record: { ...record, key: 'k' } }]))
    await broker.advance('2s')
    assert.equal((await store.refused()).length, 1)
  }))
