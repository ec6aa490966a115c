import assert from 'node:assert/strict'
import { json } from '../../sdk/contract/json.ts'
import { raw } from '../../sdk/contract/raw.ts'
import { queue } from '../../sdk/queue.ts'
import { eventually, gate, Mailbox } from './mailbox.ts'
import type { Case } from './rig.ts'

/** Messages of one to a hundred thousand bytes. */
const LARGE = 100_000

export const QUEUE_CASES: readonly Case[] = [
  {
    name: 'a message that was sent is handled',
    async run({ bus, name }) {
      const orders = queue<{ id: string }>(name('orders'))
      const got = new Mailbox<{ id: string }>()
      await bus.consume(orders, got.put)
      await bus.send(orders, { id: 'o-1' })
      assert.deepEqual(await got.next(), { id: 'o-1' })
    },
  },
  {
    name: 'a message that was sent before anybody consumes waits',
    async run({ bus, name }) {
      const orders = queue<number>(name('orders'))
      await bus.send(orders, 1)
      const got = new Mailbox<number>()
      await bus.consume(orders, got.put)
      assert.equal(await got.next(), 1)
    },
  },
  {
    name: 'a handler knows id, key, headers and the time of sending',
    async run({ bus, name }) {
      const orders = queue<string>(name('orders'))
      const got = new Mailbox<{ id: string; key: string | null; tenant: string | undefined; attempt: number }>()
      const before = Date.now()
      let sentAt: number | null = null
      await bus.consume(orders, (_, { id, key, headers, attempt, ...context }) => {
        sentAt = context.sentAt
        got.put({ id, key, tenant: headers.tenant, attempt })
      })
      const sent = await bus.send(orders, 'x', { id: 'm-1', key: 'k-1', headers: { Tenant: 'blue' } })
      assert.equal(sent.id, 'm-1')
      assert.deepEqual(await got.next(), { id: 'm-1', key: 'k-1', tenant: 'blue', attempt: 1 })
      assert.ok(sentAt !== null && sentAt >= before - 1000, `sent at ${sentAt}, before at ${before}`)
    },
  },
  {
    name: 'header values are any text',
    async run({ bus, name }) {
      const orders = queue<string>(name('orders'))
      const got = new Mailbox<Readonly<Record<string, string>>>()
      await bus.consume(orders, (_, { headers }) => got.put(headers))
      const long = 'x'.repeat(1000)
      await bus.send(orders, 'x', { headers: { city: 'Zürich', smile: '😀', empty: '', long } })
      const { city, smile, empty, long: same } = await got.next()
      assert.deepEqual({ city, smile, empty, same }, { city: 'Zürich', smile: '😀', empty: '', same: long })
    },
  },
  {
    name: 'a message without an id is given one of its own',
    async run({ bus, name }) {
      const orders = queue<string>(name('orders'))
      const first = await bus.send(orders, 'x')
      const second = await bus.send(orders, 'x')
      assert.ok(first.id !== '' && first.id !== second.id)
    },
  },
  {
    name: 'bytes come as they were sent',
    async run({ bus, name }) {
      const images = queue(name('images'), { schema: raw() })
      const got = new Mailbox<Uint8Array>()
      await bus.consume(images, got.put)
      const bodies = [new Uint8Array(0), new Uint8Array([0, 255, 206]), new Uint8Array(LARGE).map((_, at) => at % 251)]
      for (const body of bodies) await bus.send(images, body)
      for (const body of bodies) assert.deepEqual(Buffer.from(await got.next()), Buffer.from(body))
    },
  },
  {
    name: 'each message is handled by one of competing consumers',
    async run({ bus, name, connect }) {
      const orders = queue<number>(name('orders'))
      const other = await connect()
      const got = new Mailbox<number>()
      await bus.consume(orders, got.put)
      await other.consume(orders, got.put)
      const numbers = Array.from({ length: 40 }, (_, n) => n)
      await bus.sendBatch(orders, numbers)
      const handled = await got.take(numbers.length)
      assert.deepEqual(
        [...handled].sort((a, b) => a - b),
        numbers,
      )
    },
  },
  {
    name: 'a batch is stored as a whole, each message with an id',
    async run({ bus, name }) {
      const orders = queue<number>(name('orders'))
      const sent = await bus.sendBatch(orders, [1, 2, 3])
      assert.equal(new Set(sent.map(({ id }) => id)).size, 3)
      const got = new Mailbox<number>()
      await bus.consume(orders, got.put)
      assert.deepEqual((await got.take(3)).sort(), [1, 2, 3])
    },
  },
  {
    name: 'a batch with one wrong payload sends nothing',
    async run({ bus, name }) {
      const orders = queue(name('orders'), { schema: { type: 'integer' } })
      await assert.rejects(bus.sendBatch(orders, [1, 'two' as unknown as number]), { code: 'CONTRACT_VIOLATED' })
      await bus.send(orders, 3)
      const got = new Mailbox<number>()
      await bus.consume(orders, got.put)
      assert.equal(await got.next(), 3)
    },
  },
  {
    name: 'handlers run side by side up to the concurrency, and not beyond',
    async run({ bus, name }) {
      const orders = queue<number>(name('orders'))
      const { opened, open } = gate()
      const began = new Mailbox<number>()
      let running = 0
      let most = 0
      const work = async (n: number) => {
        most = Math.max(most, ++running)
        began.put(n)
        await opened
        running--
      }
      const consumer = await bus.consume(orders, work, { concurrency: 3 })
      await bus.sendBatch(orders, [1, 2, 3, 4, 5, 6])
      await began.take(3)
      open()
      await began.take(3)
      await consumer.stop()
      assert.equal(most, 3)
    },
  },
  {
    name: 'what a handler sends leaves with the acknowledgement',
    async run({ bus, name }) {
      const orders = queue<number>(name('orders'))
      const bills = queue(name('bills'), { schema: json<{ order: number }>() })
      const got = new Mailbox<{ order: number }>()
      await bus.consume(bills, got.put)
      await bus.consume(orders, (order, context) => context.send(bills, { order }))
      await bus.send(orders, 7)
      assert.deepEqual(await got.next(), { order: 7 })
    },
  },
  {
    name: 'what a handler sends before it fails is not sent',
    async run({ bus, name }) {
      const orders = queue(name('orders'), { schema: json<number>(), retry: { attempts: 2, delay: 1 } })
      const bills = queue<number>(name('bills'))
      const got = new Mailbox<number>()
      await bus.consume(bills, got.put)
      await bus.consume(orders, async (_, context) => {
        await context.send(bills, context.attempt)
        if (context.attempt === 1) throw new Error('not yet')
      })
      await bus.send(orders, 1)
      assert.equal(await got.next(), 2)
      assert.deepEqual(got.all, [2])
    },
  },
  {
    name: 'messages are handled in batches, and a batch that is not full does not wait for ever',
    async run({ bus, name }) {
      const orders = queue<number>(name('orders'))
      const got = new Mailbox<number[]>()
      await bus.sendBatch(orders, [1, 2, 3, 4, 5])
      const take = (messages: readonly { readonly payload: number }[]) =>
        got.put(messages.map(({ payload }) => payload))
      await bus.consumeBatch(orders, take, { size: 3, wait: 50 })
      const handled: number[] = []
      while (handled.length < 5) {
        const batch = await got.next()
        assert.ok(batch.length <= 3)
        handled.push(...batch)
      }
      assert.deepEqual(handled.sort(), [1, 2, 3, 4, 5])
    },
  },
  {
    name: 'of a batch only those come again that have failed',
    async run({ bus, name }) {
      const orders = queue(name('orders'), { schema: json<number>(), retry: { attempts: 2, delay: 1 } })
      const got = new Mailbox<string>()
      await bus.consumeBatch(
        orders,
        (messages) => {
          for (const { payload, attempt, fail } of messages) {
            got.put(`${payload} ${attempt}`)
            if (payload === 2) fail(new Error('never'))
          }
        },
        { size: 3, wait: 50 },
      )
      await bus.sendBatch(orders, [1, 2, 3])
      assert.deepEqual((await got.take(4)).sort(), ['1 1', '2 1', '2 2', '3 1'])
      await eventually(async () => (await bus.deadLetters(orders).count()) === 1, 'a dead letter')
    },
  },
  {
    name: 'a batch whose handler fails comes again, and what it sent is not sent',
    async run({ bus, name }) {
      const orders = queue(name('orders'), { schema: json<number>(), retry: { attempts: 2, delay: 1 } })
      const bills = queue<string>(name('bills'))
      const got = new Mailbox<string>()
      await bus.consume(bills, got.put)
      await bus.consumeBatch(
        orders,
        async (messages, { send }) => {
          const attempts = messages.map(({ attempt }) => attempt)
          await send(bills, String(Math.min(...attempts)))
          if (attempts.includes(1)) throw new Error('not yet')
        },
        { size: 10, wait: 20 },
      )
      await bus.send(orders, 1)
      assert.equal(await got.next(), '2')
      assert.deepEqual(got.all, ['2'])
    },
  },
  {
    name: 'a loop takes messages one by one, and what it does not ask for stays',
    async run({ bus, name }) {
      const orders = queue<number>(name('orders'))
      await bus.sendBatch(orders, [1, 2, 3, 4])
      const looped: number[] = []
      for await (const { payload } of bus.messages(orders)) {
        looped.push(payload)
        if (looped.length === 2) break
      }
      const rest = new Mailbox<number>()
      await bus.consume(orders, rest.put)
      assert.deepEqual([...looped, ...(await rest.take(2))].sort(), [1, 2, 3, 4])
    },
  },
  {
    name: 'sending to a closed bus is refused',
    async run({ connect, name }) {
      const bus = await connect()
      await bus.close()
      await assert.rejects(bus.send(queue<number>(name('orders')), 1), { code: 'CLOSED' })
    },
  },
]
