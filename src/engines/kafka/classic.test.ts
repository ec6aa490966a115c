import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Bus } from '../../sdk/bus.ts'
import { json } from '../../sdk/contract/json.ts'
import { queue } from '../../sdk/queue.ts'
import { topic } from '../../sdk/topic.ts'
import { eventually, Mailbox } from '../../testing/conformance/mailbox.ts'
import { type TestBroker, testBroker } from '../../testing/test-broker.ts'
import { connect } from '../connect.ts'

/** What brokers before Kafka 4 have. */
const CLASSIC = { engine: { groupProtocol: 'classic' } } as const

let broker: TestBroker
const buses: Bus[] = []

before(async () => {
  broker = await testBroker({ amqp: false })
})
after(async () => {
  await Promise.all(buses.map((bus) => bus.close()))
  await broker.close()
})

async function open(): Promise<Bus> {
  const bus = await connect(broker.kafkaUrl, CLASSIC)
  buses.push(bus)
  return bus
}

test('members of a classic group share the partitions, and hand them over with their progress', async () => {
  const [bus, other] = [await open(), await open()]
  const paid = topic('paid', { schema: json<number>(), partitions: 4 })
  const got = new Mailbox<number>()
  const first = await bus.subscribe(paid, { group: 'billing', from: 'earliest' }, got.put)
  const second = await other.subscribe(paid, { group: 'billing', from: 'earliest' }, got.put)
  const counts = async () => String([(await first.partitions()).length, (await second.partitions()).length])
  await eventually(async () => (await counts()) === '2,2', 'two partitions for each')
  for (const n of [0, 1, 2, 3]) await bus.publish(paid, n, { partition: n })
  assert.deepEqual((await got.take(4)).sort(), [0, 1, 2, 3])
  await second.stop()
  await eventually(async () => (await first.partitions()).length === 4, 'all partitions for the first')
  for (const n of [4, 5, 6, 7]) await bus.publish(paid, n, { partition: n - 4 })
  assert.deepEqual((await got.take(4)).sort(), [4, 5, 6, 7])
})

test('a queue is consumed by classic groups: effects, retries and dead letters', async () => {
  const [bus, other] = [await open(), await open()]
  const orders = queue('orders', { schema: json<number>(), retry: { attempts: 2, delay: 1 } })
  const bills = topic<number>('bills')
  const got = new Mailbox<number>()
  await bus.subscribe(bills, { from: 'earliest' }, got.put)
  for (const one of [bus, other]) {
    await one.consume(orders, async (n, context) => {
      if (n === 7) throw new Error('never')
      if (n % 2 === 0 && context.attempt === 1) throw new Error('not yet')
      await context.publish(bills, n)
    })
  }
  await bus.sendBatch(
    orders,
    Array.from({ length: 10 }, (_, n) => n),
  )
  assert.deepEqual((await got.take(9)).sort(), [0, 1, 2, 3, 4, 5, 6, 8, 9])
  await eventually(async () => (await bus.deadLetters(orders).count()) === 1, 'a dead letter')
})
