import assert from 'node:assert/strict'
import type { Middleware } from '../../sdk/handling.ts'
import { queue } from '../../sdk/queue.ts'
import { topic } from '../../sdk/topic.ts'
import { gate, Mailbox } from './mailbox.ts'
import type { Case } from './rig.ts'

export const LIFECYCLE_CASES: readonly Case[] = [
  {
    name: 'a consumer that stops finishes what it has begun',
    async run({ bus, name }) {
      const orders = queue<number>(name('orders'))
      const { opened, open } = gate()
      const began = new Mailbox<number>()
      let finished = 0
      const consumer = await bus.consume(orders, async (order) => {
        began.put(order)
        await opened
        finished++
      })
      await bus.send(orders, 1)
      await began.next()
      const stopped = consumer.stop()
      open()
      await stopped
      assert.equal(finished, 1)
    },
  },
  {
    name: 'what a consumer that stops has not begun is handled by another one',
    async run({ bus, name }) {
      const orders = queue<number>(name('orders'))
      await bus.sendBatch(orders, [1, 2, 3])
      const { opened, open } = gate()
      const first = new Mailbox<number>()
      const consumer = await bus.consume(orders, async (order) => {
        first.put(order)
        await opened
      })
      await first.next()
      const stopped = consumer.stop()
      open()
      await stopped
      const second = new Mailbox<number>()
      await bus.consume(orders, second.put)
      const all = [...first.all, ...(await second.take(3 - first.all.length))]
      assert.deepEqual(all.sort(), [1, 2, 3])
    },
  },
  {
    name: 'a signal stops a consumer',
    async run({ bus, name }) {
      const orders = queue<number>(name('orders'))
      const abort = new AbortController()
      const consumer = await bus.consume(orders, () => {}, { signal: abort.signal })
      abort.abort()
      await consumer.ended
    },
  },
  {
    name: 'a bus that is closed finishes what its consumers have begun',
    async run({ bus, connect, name }) {
      const orders = queue<number>(name('orders'))
      const other = await connect()
      const { opened, open } = gate()
      const began = new Mailbox<number>()
      await other.consume(orders, async (order) => {
        began.put(order)
        await opened
      })
      await bus.send(orders, 1)
      await began.next()
      const closed = other.close()
      open()
      await closed
      const got = new Mailbox<number>()
      await bus.consume(orders, got.put)
      await bus.send(orders, 2)
      assert.equal(await got.next(), 2)
    },
  },
  {
    name: 'closing twice is closing once',
    async run({ connect }) {
      const bus = await connect()
      await Promise.all([bus.close(), bus.close()])
    },
  },
  {
    name: 'what was sent and published outlives the connection',
    async run({ bus, connect, name }) {
      const orders = queue<number>(name('orders'))
      const paid = topic<number>(name('paid'))
      const other = await connect()
      await other.send(orders, 1)
      await other.publish(paid, 2)
      await other.close()
      const got = new Mailbox<number>()
      await bus.consume(orders, got.put)
      await bus.subscribe(paid, { from: 'earliest' }, got.put)
      assert.deepEqual((await got.take(2)).sort(), [1, 2])
    },
  },
  {
    name: 'middleware is around every handler, the first outermost',
    async run({ connect, name }) {
      const got = new Mailbox<string>()
      const note =
        (text: string): Middleware =>
        (next) =>
        async (payload, context) => {
          got.put(`${text} before`)
          const answer = await next(payload, context)
          got.put(`${text} after`)
          return answer
        }
      const bus = await connect({ middleware: [note('bus')] })
      const orders = queue<number>(name('orders'))
      await bus.consume(orders, () => got.put('handler'), { middleware: [note('own')] })
      await bus.send(orders, 1)
      assert.deepEqual(await got.take(5), ['bus before', 'own before', 'handler', 'own after', 'bus after'])
    },
  },
]
