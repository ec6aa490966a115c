import assert from 'node:assert/strict'
import type { Bus } from '../../sdk/bus.ts'
import { json } from '../../sdk/contract/json.ts'
import type { DeadLetter } from '../../sdk/dead-letters.ts'
import { type Queue, queue } from '../../sdk/queue.ts'
import { topic } from '../../sdk/topic.ts'
import { eventually, Mailbox } from './mailbox.ts'
import type { Case, Rig } from './rig.ts'

interface Order {
  readonly id: string
}

/** A queue with dead letters of these ids, all of one key, oldest first, and no consumer. */
async function withDead({ bus, name }: Rig, ids: readonly string[]): Promise<Queue<Order, Order>> {
  const orders = queue(name('orders'), { schema: json<Order>(), retry: { attempts: 1 } })
  const consumer = await bus.consume(orders, ({ id }) => {
    throw Object.assign(new TypeError(`no ${id}`), { code: 'E_NO' })
  })
  for (const [at, id] of ids.entries()) {
    await bus.send(orders, { id }, { id: `m-${id}`, key: 'k', headers: { tenant: 'blue' } })
    await eventually(async () => (await bus.deadLetters(orders).count()) === at + 1, `dead letter ${id}`)
  }
  await consumer.stop()
  return orders
}

async function idsOf(bus: Bus, orders: Queue<Order, Order>): Promise<string[]> {
  const ids: string[] = []
  for await (const letter of bus.deadLetters(orders).list()) ids.push((await letter.payload()).id)
  return ids
}

async function firstOf(bus: Bus, orders: Queue<Order, Order>): Promise<DeadLetter<Order>> {
  for await (const letter of bus.deadLetters(orders).list()) return letter
  throw new Error('there is no dead letter')
}

export const DEAD_LETTER_CASES: readonly Case[] = [
  {
    name: 'a dead letter tells cause, stack, attempts, times and place',
    async run(rig) {
      const before = Date.now() - 1000
      const orders = await withDead(rig, ['a'])
      const { failure, messageId, key, headers } = await firstOf(rig.bus, orders)
      assert.ok(failure !== null)
      assert.deepEqual(
        [failure.name, failure.message, failure.code, failure.attempts],
        ['TypeError', 'no a', 'E_NO', 1],
      )
      assert.match(failure.stack ?? '', /no a/)
      assert.ok(failure.firstFailedAt >= before && failure.lastFailedAt >= failure.firstFailedAt)
      assert.ok(failure.place.includes(orders.name))
      assert.deepEqual([messageId, key, headers.tenant], ['m-a', 'k', 'blue'])
    },
  },
  {
    name: 'dead letters are listed from the oldest to the newest, and looking changes nothing',
    async run(rig) {
      const orders = await withDead(rig, ['a', 'b', 'c'])
      assert.deepEqual(await idsOf(rig.bus, orders), ['a', 'b', 'c'])
      assert.deepEqual(await idsOf(rig.bus, orders), ['a', 'b', 'c'])
      assert.equal(await rig.bus.deadLetters(orders).count(), 3)
    },
  },
  {
    name: 'dead letters are filtered and limited',
    async run(rig) {
      const orders = await withDead(rig, ['a', 'b', 'c'])
      const letters = rig.bus.deadLetters(orders)
      const found: string[] = []
      for await (const letter of letters.list({ where: async (one) => (await one.payload()).id !== 'b' })) {
        found.push((await letter.payload()).id)
      }
      assert.deepEqual(found, ['a', 'c'])
      let count = 0
      for await (const _ of letters.list({ limit: 2 })) count++
      assert.equal(count, 2)
    },
  },
  {
    name: 'a dead letter is read by its id',
    async run(rig) {
      const orders = await withDead(rig, ['a', 'b'])
      const letters = rig.bus.deadLetters(orders)
      const { id } = await firstOf(rig.bus, orders)
      assert.deepEqual(await (await letters.read(id))?.payload(), { id: 'a' })
      assert.equal(await letters.read('999999999'), null)
    },
  },
  {
    name: 'a dead letter that is sent again is handled as if it had never failed',
    async run(rig) {
      const orders = await withDead(rig, ['a'])
      const { id } = await firstOf(rig.bus, orders)
      const got = new Mailbox<unknown>()
      await rig.bus.consume(orders, (order, { id, key, attempt, headers }) =>
        got.put({ order, id, key, attempt, tenant: headers.tenant }),
      )
      assert.equal(await rig.bus.deadLetters(orders).resend(id), true)
      assert.deepEqual(await got.next(), { order: { id: 'a' }, id: 'm-a', key: 'k', attempt: 1, tenant: 'blue' })
      assert.equal(await rig.bus.deadLetters(orders).count(), 0)
    },
  },
  {
    name: 'a dead letter can be edited when it is sent again',
    async run(rig) {
      const orders = await withDead(rig, ['a'])
      const { id } = await firstOf(rig.bus, orders)
      const got = new Mailbox<Order>()
      await rig.bus.consume(orders, got.put)
      await rig.bus.deadLetters(orders).resend(id, { payload: { id: 'better' } })
      assert.deepEqual(await got.next(), { id: 'better' })
    },
  },
  {
    name: 'a dead letter that is gone is not sent again',
    async run(rig) {
      const orders = await withDead(rig, ['a'])
      const letters = rig.bus.deadLetters(orders)
      const { id } = await firstOf(rig.bus, orders)
      assert.equal(await letters.discard(id), true)
      assert.equal(await letters.discard(id), false)
      assert.equal(await letters.resend(id), false)
      assert.equal(await letters.count(), 0)
    },
  },
  {
    name: 'all dead letters are sent again in their order',
    async run(rig) {
      const orders = await withDead(rig, ['a', 'b', 'c'])
      assert.equal(await rig.bus.deadLetters(orders).redrive(), 3)
      const got = new Mailbox<string>()
      await rig.bus.consume(orders, ({ id }) => got.put(id))
      const ids = await got.take(3)
      assert.deepEqual(rig.bus.engine.features.queueOrder ? ids : ids.sort(), ['a', 'b', 'c'])
      assert.equal(await rig.bus.deadLetters(orders).count(), 0)
    },
  },
  {
    name: 'some dead letters are sent again, the others stay',
    async run(rig) {
      const orders = await withDead(rig, ['a', 'b', 'c'])
      const where = async (letter: DeadLetter<Order>) => (await letter.payload()).id !== 'b'
      assert.equal(await rig.bus.deadLetters(orders).redrive({ where }), 2)
      assert.deepEqual(await idsOf(rig.bus, orders), ['b'])
    },
  },
  {
    name: 'dead letters are discarded',
    async run(rig) {
      const orders = await withDead(rig, ['a', 'b'])
      assert.equal(await rig.bus.deadLetters(orders).discardAll(), 2)
      assert.equal(await rig.bus.deadLetters(orders).count(), 0)
    },
  },
  {
    name: 'a record that can not be handled is a dead letter of the group, and of no other',
    async run({ bus, name }) {
      const paid = topic(name('paid'), { schema: json<string>(), retry: { attempts: 1 } })
      const [billing, audit] = [name('billing'), name('audit')]
      const got = new Mailbox<string>()
      await bus.subscribe(paid, { group: audit, from: 'earliest' }, got.put)
      const subscription = await bus.subscribe(paid, { group: billing, from: 'earliest' }, () => {
        throw new Error('never')
      })
      await bus.publish(paid, 'p-1', { key: 'k-1' })
      await got.next()
      const letters = bus.deadLetters(paid, { group: billing })
      await eventually(async () => (await letters.count()) === 1, 'a dead letter')
      for await (const letter of letters.list()) {
        assert.equal(await letter.payload(), 'p-1')
        assert.equal(letter.key, 'k-1')
        assert.match(letter.failure?.place ?? '', /offset 0/)
      }
      assert.equal(await bus.deadLetters(paid, { group: audit }).count(), 0)
      await subscription.stop()
      const again = new Mailbox<string>()
      await bus.subscribe(paid, { group: billing, from: 'earliest' }, again.put)
      assert.equal(await letters.redrive(), 1)
      assert.equal(await again.next(), 'p-1')
    },
  },
]
