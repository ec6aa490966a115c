import assert from 'node:assert/strict'
import { json } from '../../sdk/contract/json.ts'
import { queue } from '../../sdk/queue.ts'
import { topic } from '../../sdk/topic.ts'
import { elapse, gate, Mailbox } from './mailbox.ts'
import type { Case } from './rig.ts'

export const IDEMPOTENCY_CASES: readonly Case[] = [
  {
    name: 'a record of an id that was handled is not handled again',
    async run({ bus, name }) {
      const paid = topic<string>(name('paid'))
      const got = new Mailbox<string>()
      await bus.subscribe(paid, { group: name('billing'), from: 'earliest', idempotent: true }, got.put)
      await bus.publish(paid, 'first', { id: 'p-1' })
      await bus.publish(paid, 'again', { id: 'p-1' })
      await bus.publish(paid, 'second', { id: 'p-2' })
      assert.deepEqual(await got.take(2), ['first', 'second'])
    },
  },
  {
    name: 'a message of an id that was handled is not handled again',
    async run({ bus, name }) {
      const orders = queue<string>(name('orders'))
      const got = new Mailbox<string>()
      await bus.consume(orders, got.put, { idempotent: true })
      await bus.send(orders, 'first', { id: 'm-1' })
      await bus.send(orders, 'second', { id: 'm-1' })
      await bus.send(orders, 'third', { id: 'm-2' })
      assert.deepEqual(await got.take(2), ['first', 'third'])
    },
  },
  {
    name: 'a message is known by what a function says',
    async run({ bus, name }) {
      const orders = queue(name('orders'), { schema: json<{ order: string; n: number }>() })
      const got = new Mailbox<number>()
      await bus.consume(orders, ({ n }) => got.put(n), { idempotent: { key: ({ order }) => order } })
      await bus.sendBatch(orders, [
        { order: 'a', n: 1 },
        { order: 'a', n: 2 },
        { order: 'b', n: 3 },
      ])
      assert.deepEqual((await got.take(2)).sort(), [1, 3])
    },
  },
  {
    name: 'a message whose handler failed is not known',
    async run({ bus, name }) {
      const orders = queue(name('orders'), { schema: json<string>(), retry: { attempts: 2, delay: 1 } })
      const got = new Mailbox<number>()
      await bus.consume(
        orders,
        (_, { attempt }) => {
          got.put(attempt)
          if (attempt === 1) throw new Error('not yet')
        },
        { idempotent: true },
      )
      await bus.send(orders, 'x')
      assert.deepEqual(await got.take(2), [1, 2])
    },
  },
  {
    name: 'of two messages of one id that come at a time one is handled',
    async run({ bus, name }) {
      const orders = queue<string>(name('orders'))
      const { opened, open } = gate()
      const got = new Mailbox<string>()
      await bus.consume(
        orders,
        async (order) => {
          got.put(order)
          if (order === 'first') await opened
        },
        { idempotent: true, concurrency: 4 },
      )
      await bus.send(orders, 'first', { id: 'm-1' })
      await got.next()
      await bus.send(orders, 'second', { id: 'm-1' })
      await bus.send(orders, 'third', { id: 'm-2' })
      assert.equal(await got.next(), 'third')
      open()
      await bus.send(orders, 'fourth', { id: 'm-3' })
      assert.equal(await got.next(), 'fourth')
      assert.deepEqual(got.all, ['first', 'third', 'fourth'])
    },
  },
  {
    name: 'what one consumer has handled another one has not',
    async run({ bus, name }) {
      const [orders, copies] = [queue<string>(name('orders')), queue<string>(name('copies'))]
      const got = new Mailbox<string>()
      await bus.consume(orders, (order) => got.put(`order ${order}`), { idempotent: true })
      await bus.consume(copies, (copy) => got.put(`copy ${copy}`), { idempotent: true })
      await bus.send(orders, 'x', { id: 'm-1' })
      await bus.send(copies, 'x', { id: 'm-1' })
      assert.deepEqual((await got.take(2)).sort(), ['copy x', 'order x'])
    },
  },
  {
    name: 'a key is forgotten when its window is over',
    async run({ bus, name }) {
      const orders = queue<string>(name('orders'))
      const got = new Mailbox<string>()
      await bus.consume(orders, got.put, { idempotent: { window: 50 } })
      await bus.send(orders, 'first', { id: 'm-1' })
      await got.next()
      await elapse(bus.engine.clock, 80)
      await bus.send(orders, 'second', { id: 'm-1' })
      assert.equal(await got.next(), 'second')
    },
  },
  {
    name: 'the sender of a message that was handled before gets its receipt all the same',
    async run({ bus, name }) {
      const orders = queue<string>(name('orders'))
      await bus.consume(orders, () => {}, { idempotent: true })
      const first = await bus.send(orders, 'x', { id: 'm-1', receipt: true, timeout: '20s' })
      assert.equal((await first.handled).status, 'acknowledged')
      const second = await bus.send(orders, 'x', { id: 'm-1', receipt: true, timeout: '20s' })
      assert.equal((await second.handled).status, 'acknowledged')
    },
  },
]
