import assert from 'node:assert/strict'
import { json } from '../../sdk/contract/json.ts'
import { topic } from '../../sdk/topic.ts'
import { eventually, gate, Mailbox } from './mailbox.ts'
import type { Case } from './rig.ts'

export const TOPIC_CASES: readonly Case[] = [
  {
    name: 'every subscriber gets every record',
    async run({ bus, name }) {
      const paid = topic<number>(name('paid'))
      const [billing, audit] = [new Mailbox<number>(), new Mailbox<number>()]
      await bus.subscribe(paid, { group: name('billing'), from: 'earliest' }, billing.put)
      await bus.subscribe(paid, { group: name('audit'), from: 'earliest' }, audit.put)
      await bus.publishBatch(paid, [1, 2, 3])
      assert.deepEqual((await billing.take(3)).sort(), [1, 2, 3])
      assert.deepEqual((await audit.take(3)).sort(), [1, 2, 3])
    },
  },
  {
    name: 'a published record has a place, and its offsets rise',
    requires: ['places'],
    async run({ bus, name }) {
      const paid = topic<number>(name('paid'))
      assert.deepEqual(await bus.publish(paid, 1), { partition: 0, offset: 0 })
      assert.deepEqual(await bus.publish(paid, 2), { partition: 0, offset: 1 })
    },
  },
  {
    name: 'a handler knows place, key, headers and time of a record',
    async run({ bus, name }) {
      const paid = topic(name('paid'), { schema: json<number>(), partitions: 3 })
      const got = new Mailbox<unknown>()
      await bus.subscribe(paid, { from: 'earliest' }, (_, { place, key, headers, sentAt, source }) =>
        got.put({ place, key, tenant: headers.tenant, sentAt, source }),
      )
      const timestamp = Date.now() - 60_000
      const { partition } = await bus.publish(paid, 1, { key: 'k', timestamp, headers: { tenant: 'blue' } })
      const place = { partition, offset: 0 }
      assert.deepEqual(await got.next(), { place, key: 'k', tenant: 'blue', sentAt: timestamp, source: paid.name })
    },
  },
  {
    name: 'records of one key are in one partition, which clients of Kafka would choose, too',
    async run({ bus, name }) {
      const paid = topic(name('paid'), { schema: json<number>(), partitions: 7 })
      const places = [await bus.publish(paid, 1, { key: 'foobar' }), await bus.publish(paid, 2, { key: 'foobar' })]
      // murmur2('foobar') is -790332482.
      const partition = (-790332482 & 0x7fffffff) % 7
      assert.deepEqual(
        places.map((place) => place.partition),
        [partition, partition],
      )
    },
  },
  {
    name: 'a record goes to the partition that the publisher names',
    async run({ bus, name }) {
      const paid = topic(name('paid'), { schema: json<number>(), partitions: 3 })
      assert.equal((await bus.publish(paid, 1, { partition: 2, key: 'k' })).partition, 2)
    },
  },
  {
    name: 'an ephemeral subscription gets what comes from now on',
    async run({ bus, name }) {
      const paid = topic<string>(name('paid'))
      await bus.publish(paid, 'before')
      const got = new Mailbox<string>()
      await bus.subscribe(paid, {}, got.put)
      await bus.publish(paid, 'after')
      assert.equal(await got.next(), 'after')
      assert.deepEqual(got.all, ['after'])
    },
  },
  {
    name: 'a durable subscription goes on where it was',
    async run({ bus, name }) {
      const paid = topic<number>(name('paid'))
      const group = name('billing')
      await bus.publishBatch(paid, [1, 2])
      const first = new Mailbox<number>()
      const subscription = await bus.subscribe(paid, { group, from: 'earliest' }, first.put)
      await first.take(2)
      await subscription.stop()
      await bus.publish(paid, 3)
      const second = new Mailbox<number>()
      await bus.subscribe(paid, { group, from: 'earliest' }, second.put)
      assert.equal(await second.next(), 3)
      assert.deepEqual(second.all, [3])
    },
  },
  {
    name: 'a durable subscription that is new begins with the latest unless it says otherwise',
    async run({ bus, name }) {
      const paid = topic<string>(name('paid'))
      await bus.publish(paid, 'before')
      const got = new Mailbox<string>()
      await bus.subscribe(paid, { group: name('billing') }, got.put)
      await bus.publish(paid, 'after')
      assert.equal(await got.next(), 'after')
    },
  },
  {
    name: 'a subscription begins at an instant',
    async run({ bus, name }) {
      const paid = topic<string>(name('paid'))
      await bus.publish(paid, 'old', { timestamp: '2026-01-01T00:00:00Z' })
      await bus.publish(paid, 'new', { timestamp: '2026-03-01T00:00:00Z' })
      const got = new Mailbox<string>()
      await bus.subscribe(paid, { from: { time: '2026-02-01T00:00:00Z' } }, got.put)
      assert.equal(await got.next(), 'new')
    },
  },
  {
    name: 'a subscription begins at an offset',
    async run({ bus, name }) {
      const paid = topic<number>(name('paid'))
      await bus.publishBatch(paid, [0, 1, 2, 3])
      const got = new Mailbox<number>()
      await bus.subscribe(paid, { from: { offset: 2 } }, got.put)
      assert.deepEqual(await got.take(2), [2, 3])
    },
  },
  {
    name: 'a subscription that runs goes back',
    async run({ bus, name }) {
      const paid = topic<number>(name('paid'))
      const got = new Mailbox<number>()
      const subscription = await bus.subscribe(paid, { group: name('billing'), from: 'earliest' }, got.put)
      await bus.publishBatch(paid, [1, 2])
      assert.deepEqual(await got.take(2), [1, 2])
      await subscription.seek('earliest')
      assert.deepEqual(await got.take(2), [1, 2])
      await bus.publish(paid, 3)
      assert.equal(await got.next(), 3)
    },
  },
  {
    name: 'a subscription that runs goes to an instant, and to the latest',
    async run({ bus, name }) {
      const paid = topic<string>(name('paid'))
      await bus.publish(paid, 'old', { timestamp: '2026-01-01T00:00:00Z' })
      await bus.publish(paid, 'new', { timestamp: '2026-03-01T00:00:00Z' })
      const got = new Mailbox<string>()
      const subscription = await bus.subscribe(paid, { group: name('billing'), from: 'earliest' }, got.put)
      await got.take(2)
      await subscription.seek({ time: '2026-02-01T00:00:00Z' })
      assert.equal(await got.next(), 'new')
      await subscription.seek('earliest')
      await got.take(2)
      await subscription.seek('latest')
      await bus.publish(paid, 'newest')
      assert.equal(await got.next(), 'newest')
    },
  },
  {
    name: 'where a subscription was sent to is its progress',
    async run({ bus, name }) {
      const paid = topic<number>(name('paid'))
      const group = name('billing')
      await bus.publishBatch(paid, [1, 2, 3])
      const first = new Mailbox<number>()
      const subscription = await bus.subscribe(paid, { group, from: 'earliest' }, first.put)
      await first.take(3)
      await subscription.seek({ offset: 1 })
      assert.deepEqual(await first.take(2), [2, 3])
      await subscription.seek({ offset: 3 })
      await subscription.stop()
      await bus.publish(paid, 4)
      const second = new Mailbox<number>()
      await bus.subscribe(paid, { group, from: 'earliest' }, second.put)
      assert.equal(await second.next(), 4)
    },
  },
  {
    name: 'the lag is what a group has still to read',
    async run({ bus, name }) {
      const paid = topic<number>(name('paid'))
      const got = new Mailbox<number>()
      const { opened, open } = gate()
      const subscription = await bus.subscribe(paid, { group: name('billing'), from: 'earliest' }, async (payment) => {
        got.put(payment)
        await opened
      })
      await bus.publishBatch(paid, [1, 2, 3])
      await got.next()
      assert.equal(await subscription.lag(), 3)
      open()
      await got.take(2)
      await eventually(async () => (await subscription.lag()) === 0, 'no lag')
    },
  },
  {
    name: 'the members of a group share its partitions',
    async run({ bus, connect, name }) {
      const paid = topic(name('paid'), { schema: json<number>(), partitions: 4 })
      const group = name('billing')
      const got = new Mailbox<number>()
      const first = await bus.subscribe(paid, { group, from: 'earliest' }, got.put)
      const second = await (await connect()).subscribe(paid, { group, from: 'earliest' }, got.put)
      const counts = async () => [(await first.partitions()).length, (await second.partitions()).length]
      await eventually(async () => String(await counts()) === '2,2', 'two partitions for each')
      const numbers = Array.from({ length: 20 }, (_, n) => n)
      for (const n of numbers) await bus.publish(paid, n, { partition: n % 4 })
      assert.deepEqual(
        (await got.take(20)).sort((a, b) => a - b),
        numbers,
      )
    },
  },
  {
    name: 'a member that leaves hands its partitions over',
    async run({ bus, connect, name }) {
      const paid = topic(name('paid'), { schema: json<number>(), partitions: 2 })
      const group = name('billing')
      const got = new Mailbox<number>()
      const first = await bus.subscribe(paid, { group, from: 'earliest' }, got.put)
      const second = await (await connect()).subscribe(paid, { group, from: 'earliest' }, () => {})
      await eventually(async () => (await second.partitions()).length === 1, 'one partition for the second')
      await second.stop()
      await eventually(async () => (await first.partitions()).length === 2, 'both partitions for the first')
      await bus.publish(paid, 0, { partition: 0 })
      await bus.publish(paid, 1, { partition: 1 })
      assert.deepEqual((await got.take(2)).sort(), [0, 1])
    },
  },
  {
    name: 'what is not done when a subscription stops is read again',
    async run({ bus, name }) {
      const paid = topic<number>(name('paid'))
      const group = name('billing')
      await bus.publishBatch(paid, [1, 2, 3])
      const { opened, open } = gate()
      const first = new Mailbox<number>()
      const subscription = await bus.subscribe(paid, { group, from: 'earliest' }, async (payment) => {
        first.put(payment)
        await opened
      })
      await first.next()
      const stopped = subscription.stop()
      open()
      await stopped
      const second = new Mailbox<number>()
      await bus.subscribe(paid, { group, from: 'earliest' }, second.put)
      assert.deepEqual(await second.take(2), [2, 3])
    },
  },
  {
    name: 'progress never passes a record that is not done',
    async run({ bus, name }) {
      const paid = topic<number>(name('paid'))
      const group = name('billing')
      for (const n of [1, 2, 3, 4]) await bus.publish(paid, n, { key: `k-${n}` })
      const done = new Mailbox<number>()
      const { opened, open } = gate()
      const subscription = await bus.subscribe(paid, { group, from: 'earliest', concurrency: 4 }, async (payment) => {
        if (payment === 2) await opened
        done.put(payment)
      })
      await done.take(3)
      await eventually(
        async () => (await subscription.partitions())[0]?.offset === 1,
        'progress up to the one that runs',
      )
      assert.equal(await subscription.lag(), 3)
      open()
      await eventually(async () => (await subscription.lag()) === 0, 'no lag')
    },
  },
  {
    name: 'a record whose handler says when it is done is done then, and not before',
    async run({ bus, name }) {
      const paid = topic<number>(name('paid'))
      const group = name('billing')
      const got = new Mailbox<() => void>()
      const options = { group, from: 'earliest', progress: 'manual' } as const
      const subscription = await bus.subscribe(paid, options, (_, { done }) => got.put(done))
      await bus.publishBatch(paid, [1, 2])
      const [first, second] = await got.take(2)
      second!()
      assert.equal(await subscription.lag(), 2)
      first!()
      await eventually(async () => (await subscription.lag()) === 0, 'no lag')
    },
  },
  {
    name: 'a loop takes records one by one, and its group goes on behind them',
    async run({ bus, name }) {
      const paid = topic<number>(name('paid'))
      const group = name('billing')
      await bus.publishBatch(paid, [1, 2, 3])
      const looped: number[] = []
      for await (const { payload } of bus.records(paid, { group, from: 'earliest' })) {
        looped.push(payload)
        if (looped.length === 2) break
      }
      assert.deepEqual(looped, [1, 2])
      const rest = new Mailbox<number>()
      await bus.subscribe(paid, { group, from: 'earliest' }, rest.put)
      assert.equal(await rest.next(), 3)
    },
  },
  {
    name: 'what a handler publishes leaves with its record',
    async run({ bus, name }) {
      const paid = topic<number>(name('paid'))
      const shipped = topic<number>(name('shipped'))
      const got = new Mailbox<number>()
      await bus.subscribe(shipped, { from: 'earliest' }, got.put)
      await bus.subscribe(paid, { group: name('shipping'), from: 'earliest' }, (order, context) =>
        context.publish(shipped, order),
      )
      await bus.publish(paid, 7)
      assert.equal(await got.next(), 7)
    },
  },
  {
    name: 'a compacted topic tells that a key has no value',
    requires: ['compaction'],
    async run({ bus, name }) {
      const prices = topic(name('prices'), { schema: json<number>(), compact: true })
      const got = new Mailbox<number | null>()
      await bus.subscribe(prices, { from: 'earliest' }, got.put)
      await bus.publish(prices, 1, { key: 'k' })
      await bus.publish(prices, null, { key: 'k' })
      assert.deepEqual(await got.take(2), [1, null])
    },
  },
  {
    name: 'a topic of fewer partitions than declared is told apart',
    async run({ bus, connect, name }) {
      const as = name('paid')
      await bus.declare(topic(as, { schema: json<number>(), partitions: 2 }))
      const other = await connect()
      await assert.rejects(other.declare(topic(as, { schema: json<number>(), partitions: 4 })), {
        code: 'DECLARED_DIFFERENTLY',
      })
    },
  },
]
