import assert from 'node:assert/strict'
import { queue } from '../../sdk/queue.ts'
import { elapse, Mailbox } from './mailbox.ts'
import type { Case } from './rig.ts'

export const SCHEDULE_CASES: readonly Case[] = [
  {
    name: 'a delayed message comes when its time has come, and not before those that are not delayed',
    async run({ bus, name }) {
      const orders = queue<string>(name('orders'))
      const got = new Mailbox<{ order: string; at: number }>()
      await bus.consume(orders, (order) => got.put({ order, at: bus.engine.clock.now() }))
      const sentAt = bus.engine.clock.now()
      await bus.send(orders, 'later', { delay: 300 })
      await bus.send(orders, 'now')
      const [first, second] = await got.take(2)
      assert.deepEqual([first!.order, second!.order], ['now', 'later'])
      assert.ok(second!.at >= sentAt + 290, `came after ${second!.at - sentAt} ms`)
    },
  },
  {
    name: 'messages come in the order of their times, not in that of sending',
    async run({ bus, name }) {
      const orders = queue<number>(name('orders'))
      const got = new Mailbox<number>()
      await bus.consume(orders, got.put)
      const now = bus.engine.clock.now()
      await bus.send(orders, 1700, { at: new Date(now + 1700) })
      await bus.send(orders, 1300, { at: new Date(now + 1300) })
      await bus.send(orders, 900, { at: new Date(now + 900) })
      assert.deepEqual(await got.take(3), [900, 1300, 1700])
    },
  },
  {
    name: 'a message that is due already comes at once',
    async run({ bus, name }) {
      const orders = queue<number>(name('orders'))
      await bus.send(orders, 1, { at: '2001-01-01T00:00:00Z' })
      const got = new Mailbox<number>()
      await bus.consume(orders, got.put)
      assert.equal(await got.next(), 1)
    },
  },
  {
    name: 'a scheduled message that is taken back does not come',
    requires: ['cancel'],
    async run({ bus, name }) {
      const orders = queue<string>(name('orders'))
      const got = new Mailbox<string>()
      await bus.consume(orders, got.put)
      const unwanted = await bus.send(orders, 'unwanted', { delay: 1500 })
      await bus.send(orders, 'wanted', { delay: 1600 })
      assert.equal(await unwanted.cancel(), true)
      assert.equal(await unwanted.cancel(), false)
      assert.equal(await got.next(), 'wanted')
      assert.deepEqual(got.all, ['wanted'])
    },
  },
  {
    name: 'a message that was handed out can not be taken back',
    requires: ['cancel'],
    async run({ bus, name }) {
      const orders = queue<string>(name('orders'))
      const got = new Mailbox<string>()
      await bus.consume(orders, got.put)
      const sent = await bus.send(orders, 'x', { delay: 1 })
      await got.next()
      assert.equal(await sent.cancel(), false)
    },
  },
  {
    name: 'a message whose time to live has passed is not handled, and is no dead letter',
    async run({ bus, name }) {
      const orders = queue<string>(name('orders'))
      await bus.send(orders, 'stale', { ttl: 1 })
      await elapse(bus.engine.clock, 50)
      await bus.send(orders, 'fresh', { ttl: '1h' })
      const got = new Mailbox<string>()
      await bus.consume(orders, got.put)
      assert.equal(await got.next(), 'fresh')
      assert.equal(await bus.deadLetters(orders).count(), 0)
    },
  },
  {
    name: 'messages of higher priority go first',
    requires: ['priority'],
    async run({ bus, name }) {
      const orders = queue<string>(name('orders'))
      await bus.send(orders, 'usual')
      await bus.send(orders, 'low', { priority: 0 })
      await bus.send(orders, 'high', { priority: 9 })
      const got = new Mailbox<string>()
      await bus.consume(orders, got.put, { prefetch: 1 })
      assert.deepEqual(await got.take(3), ['high', 'usual', 'low'])
    },
  },
]
