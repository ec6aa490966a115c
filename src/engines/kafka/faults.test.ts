import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Bus } from '../../sdk/bus.ts'
import { json } from '../../sdk/contract/json.ts'
import { queue } from '../../sdk/queue.ts'
import { topic } from '../../sdk/topic.ts'
import { eventually, Mailbox } from '../../testing/conformance/mailbox.ts'
import { type TestBroker, testBroker } from '../../testing/test-broker.ts'
import { connect } from '../connect.ts'
import type { Cluster } from './client/cluster.ts'

const TIMEOUT = { timeout: 60_000 }
const MANY = 300
const NUMBERS = Array.from({ length: MANY }, (_, n) => n)

let broker: TestBroker
const buses: Bus[] = []
let made = 0

before(async () => {
  broker = await testBroker({ amqp: false })
})
after(async () => {
  await Promise.all(buses.map((bus) => bus.close()))
  await broker.close()
})

async function open(): Promise<Bus> {
  const bus = await connect(broker.kafkaUrl)
  buses.push(bus)
  return bus
}

const fresh = (what: string) => `${what}-${++made}`

/** Does harm to the broker and its connections while `work` is under way. */
async function underFire(work: Promise<unknown>, done: () => number): Promise<void> {
  const harm = [() => broker.dropConnections('kafka'), () => broker.crash(), () => broker.dropConnections('kafka')]
  for (const [step, strike] of harm.entries()) {
    await eventually(() => done() >= ((step + 1) * MANY) / 5, `a part of the work before strike ${step + 1}`)
    await strike()
  }
  await work
}

test('no message is lost when connections are cut and the broker crashes in the middle', TIMEOUT, async () => {
  const [sender, receiver] = [await open(), await open()]
  const orders = queue<number>(fresh('orders'))
  const seen = new Set<number>()
  await receiver.consume(orders, (n) => void seen.add(n), { concurrency: 4 })
  const sending = (async () => {
    for (const n of NUMBERS) await sender.send(orders, n)
  })()
  await underFire(sending, () => seen.size)
  await eventually(() => seen.size === MANY, 'all messages')
})

test('what handlers of a queue send is there once for each message, whatever breaks', TIMEOUT, async () => {
  const bus = await open()
  const orders = queue(fresh('orders'), { schema: json<number>(), retry: { delay: 1 } })
  const bills = topic<number>(fresh('bills'))
  await bus.sendBatch(orders, NUMBERS)
  const got = new Mailbox<number>()
  await bus.subscribe(bills, { from: 'earliest' }, got.put)
  const failed = new Set<number>()
  const handler = await open()
  const consuming = handler.consume(
    orders,
    async (n, context) => {
      await context.publish(bills, n)
      // Each fifth fails the first time: what it sent then must not be there.
      if (n % 5 !== 0 || failed.has(n)) return
      failed.add(n)
      throw new Error('not yet')
    },
    { concurrency: 4 },
  )
  await underFire(consuming, () => got.all.length)
  await eventually(() => new Set(got.all).size === MANY, 'all bills')
  await handler.close()
  await bus.publish(bills, -1)
  await eventually(() => got.all.includes(-1), 'the last one')
  assert.deepEqual(
    got.all.filter((n) => n >= 0).sort((a, b) => a - b),
    NUMBERS,
  )
})

test(
  'records are carried from topic to topic once, while members come and go and the broker crashes',
  TIMEOUT,
  async () => {
    const bus = await open()
    const paid = topic(fresh('paid'), { schema: json<number>(), partitions: 3 })
    const shipped = topic<number>(fresh('shipped'))
    const group = fresh('shipping')
    const got = new Mailbox<number>()
    await bus.subscribe(shipped, { from: 'earliest' }, got.put)
    await bus.declare(paid)
    const carry = async () => {
      const member = await open()
      await member.subscribe(paid, { group, from: 'earliest', concurrency: 4 }, async (n, context) => {
        for (let turns = n % 5; turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve))
        await context.publish(shipped, n)
      })
      return member
    }
    const first = await carry()
    await carry()
    const publishing = (async () => {
      for (const n of NUMBERS) {
        await bus.publish(paid, n)
        if (n === MANY / 2) broker.rebalance(group)
      }
    })()
    await underFire(publishing, () => got.all.length)
    await first.close()
    await eventually(() => new Set(got.all).size === MANY, 'all records')
    await bus.publish(shipped, -1)
    await eventually(() => got.all.includes(-1), 'the last one')
    assert.deepEqual(
      got.all.filter((n) => n >= 0).sort((a, b) => a - b),
      NUMBERS,
    )
  },
)

test('what is settled above a message that takes long is not handled again by the next consumer', TIMEOUT, async () => {
  const orders = queue(fresh('orders'), {
    schema: json<number>(),
    key: (n) => `${n}`,
    native: { kafka: { partitions: 1 } },
  })
  const bus = await open()
  await bus.sendBatch(orders, [0, 1, 2, 3])
  const done = new Mailbox<number>()
  const first = await open()
  let lost = () => {}
  await first.consume(
    orders,
    async (n) => {
      if (n === 0) await new Promise<void>((resolve) => (lost = resolve))
      done.put(n)
    },
    { concurrency: 4, patience: 1 },
  )
  await done.take(3)
  await first.close()
  lost()
  const again = new Mailbox<number>()
  await (await open()).consume(orders, again.put)
  await bus.send(orders, 4)
  assert.deepEqual(await again.take(2), [0, 4])
})

test('an entry of the dead letters is sent again once, whoever wants to at a time', TIMEOUT, async () => {
  const [bus, other] = [await open(), await open()]
  const orders = queue(fresh('orders'), { schema: json<number>(), retry: { attempts: 1 } })
  const consumer = await bus.consume(orders, () => {
    throw new Error('no')
  })
  await bus.sendBatch(orders, NUMBERS.slice(0, 10))
  await eventually(async () => (await bus.deadLetters(orders).count()) === 10, 'ten dead letters')
  await consumer.stop()
  const counts = await Promise.all([bus.deadLetters(orders).redrive(), other.deadLetters(orders).redrive()])
  assert.equal(counts[0] + counts[1], 10)
  const got = new Mailbox<number>()
  await bus.consume(orders, got.put)
  await bus.send(orders, 10)
  await eventually(() => got.all.includes(10) && got.all.length >= 11, 'all')
  assert.deepEqual(
    [...got.all].sort((a, b) => a - b),
    NUMBERS.slice(0, 11),
  )
})

test(
  'who sends waits, too, when a topic is looked up again in the moment in which the connection breaks',
  TIMEOUT,
  async () => {
    const bus = await open()
    const orders = queue<number>(fresh('orders'))
    await bus.send(orders, 0)
    const { cluster } = (bus.engine as unknown as { readonly ground: { readonly cluster: Cluster } }).ground
    for (let turns = 0; turns < 12; turns++) {
      cluster.forgetTopic(orders.name)
      const sent = bus.send(orders, turns)
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
      await broker.dropConnections('kafka')
      await sent
    }
  },
)

test('a broker that is not there is told at once, with the reason', TIMEOUT, async () => {
  await assert.rejects(connect('kafka://127.0.0.1:1'), {
    code: 'CONNECTION_FAILED',
    message: 'connecting to 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1',
  })
})
