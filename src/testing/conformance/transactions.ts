import assert from 'node:assert/strict'
import { json } from '../../sdk/contract/json.ts'
import { queue } from '../../sdk/queue.ts'
import { topic } from '../../sdk/topic.ts'
import { MemoryStore } from '../memory-store.ts'
import { Mailbox } from './mailbox.ts'
import type { Case } from './rig.ts'

export const TRANSACTION_CASES: readonly Case[] = [
  {
    name: 'what is sent and published in a transaction goes out when it is committed',
    async run({ connect, name }) {
      const bus = await connect({ store: new MemoryStore() })
      const orders = queue<number>(name('orders'))
      const paid = topic<number>(name('paid'))
      const got = new Mailbox<string>()
      await bus.consume(orders, (order) => got.put(`order ${order}`))
      await bus.subscribe(paid, { from: 'earliest' }, (payment) => got.put(`payment ${payment}`))
      await bus.transaction(async ({ send, publish }) => {
        await send(orders, 1)
        await publish(paid, 2)
        assert.deepEqual(got.all, [])
      })
      assert.deepEqual((await got.take(2)).sort(), ['order 1', 'payment 2'])
    },
  },
  {
    name: 'what is sent in a transaction that is rolled back is not sent',
    async run({ connect, name }) {
      const bus = await connect({ store: new MemoryStore() })
      const orders = queue<string>(name('orders'))
      const got = new Mailbox<string>()
      await bus.consume(orders, got.put)
      const failing = bus.transaction(async ({ send }) => {
        await send(orders, 'unwanted')
        throw new Error('no')
      })
      await assert.rejects(failing, /no/)
      await bus.transaction(({ send }) => send(orders, 'wanted'))
      assert.equal(await got.next(), 'wanted')
    },
  },
  {
    name: 'a handler’s writes, its inbox key and what it sends are committed together',
    async run({ connect, name }) {
      const store = new MemoryStore()
      const bus = await connect({ store })
      const orders = queue(name('orders'), { schema: json<string>(), retry: { attempts: 2, delay: 1 } })
      const bills = queue<string>(name('bills'))
      const got = new Mailbox<string>()
      await bus.consume(bills, got.put)
      await bus.consume(
        orders,
        async (order, context) => {
          ;(context.tx as { rows: unknown[] }).rows.push(`${order} ${context.attempt}`)
          await context.send(bills, `${order} ${context.attempt}`)
          if (context.attempt === 1) throw new Error('not yet')
        },
        { idempotent: true },
      )
      await bus.send(orders, 'a', { id: 'm-1' })
      await bus.send(orders, 'b', { id: 'm-2' })
      assert.deepEqual((await got.take(2)).sort(), ['a 2', 'b 2'])
      assert.deepEqual(store.rows.sort(), ['a 2', 'b 2'])
    },
  },
  {
    name: 'a message that comes again is handled once with a store, too',
    async run({ connect, name }) {
      const store = new MemoryStore()
      const bus = await connect({ store })
      const orders = queue<string>(name('orders'))
      const done = new Mailbox<string>()
      await bus.consume(
        orders,
        (order, { tx }) => {
          ;(tx as { rows: unknown[] }).rows.push(order)
          done.put(order)
        },
        { idempotent: true },
      )
      await bus.send(orders, 'first', { id: 'm-1' })
      await bus.send(orders, 'second', { id: 'm-1' })
      await bus.send(orders, 'third', { id: 'm-2' })
      assert.deepEqual(await done.take(2), ['first', 'third'])
    },
  },
  {
    name: 'records are handled once in a transaction',
    async run({ connect, name }) {
      const store = new MemoryStore()
      const bus = await connect({ store })
      const paid = topic<string>(name('paid'))
      const bills = queue<string>(name('bills'))
      const got = new Mailbox<string>()
      await bus.consume(bills, got.put)
      const options = { group: name('billing'), from: 'earliest', idempotent: true } as const
      await bus.subscribe(paid, options, async (payment, context) => {
        ;(context.tx as { rows: unknown[] }).rows.push(payment)
        await context.send(bills, payment)
      })
      await bus.publish(paid, 'first', { id: 'p-1' })
      await bus.publish(paid, 'again', { id: 'p-1' })
      await bus.publish(paid, 'second', { id: 'p-2' })
      assert.deepEqual((await got.take(2)).sort(), ['first', 'second'])
      assert.deepEqual(store.rows, ['first', 'second'])
    },
  },
  {
    name: 'what a process that died left in the outbox is sent by the next',
    async run({ connect, name }) {
      const store = new MemoryStore()
      const orders = queue<string>(name('orders'))
      const before = await connect({ store })
      await before.declare(orders)
      await store.transaction(async (tx) => {
        const message = {
          to: 'queue',
          address: orders.name,
          body: Buffer.from('"left"'),
          headers: {},
          key: null,
          notBefore: null,
          expiresAt: null,
          priority: 4,
        } as const
        await store.add(tx, [{ kind: 'message', message }])
      })
      const bus = await connect({ store })
      const got = new Mailbox<string>()
      await bus.consume(orders, got.put)
      assert.equal(await got.next(), 'left')
    },
  },
]
