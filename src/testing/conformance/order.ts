import assert from 'node:assert/strict'
import { json } from '../../sdk/contract/json.ts'
import { queue } from '../../sdk/queue.ts'
import { topic } from '../../sdk/topic.ts'
import { gate, Mailbox } from './mailbox.ts'
import type { Case } from './rig.ts'

interface Step {
  readonly key: string
  readonly n: number
}

const KEYS = ['a', 'b', 'c', 'd']
const STEPS = 10
/** Ten steps of each key, mixed. */
const MIXED: readonly Step[] = Array.from({ length: STEPS }, (_, n) => KEYS.map((key) => ({ key, n }))).flat()

function checkOrder(steps: readonly Step[]): void {
  for (const key of KEYS) {
    const own = steps.filter((step) => step.key === key).map(({ n }) => n)
    assert.deepEqual(
      own,
      Array.from({ length: STEPS }, (_, n) => n),
      `steps of ${key}`,
    )
  }
}

export const ORDER_CASES: readonly Case[] = [
  {
    name: 'messages of one key are handled in the order in which they were sent, one at a time',
    requires: ['queueOrder'],
    async run({ bus, name }) {
      const orders = queue(name('orders'), { schema: json<number>(), key: () => 'all' })
      const numbers = Array.from({ length: 50 }, (_, n) => n)
      for (const n of numbers) await bus.send(orders, n)
      const got = new Mailbox<number>()
      await bus.consume(orders, got.put)
      assert.deepEqual(await got.take(50), numbers)
    },
  },
  {
    name: 'messages of one key are handled in order whatever the concurrency',
    requires: ['queueOrder'],
    async run({ bus, name }) {
      const steps = queue(name('steps'), { schema: json<Step>(), key: ({ key }) => key })
      const got = new Mailbox<Step>()
      await bus.sendBatch(steps, MIXED)
      await bus.consume(steps, (step) => got.put(step), { concurrency: 8 })
      checkOrder(await got.take(MIXED.length))
    },
  },
  {
    name: 'two messages of one key are never handled at a time',
    async run({ bus, name }) {
      const steps = queue(name('steps'), { schema: json<Step>(), key: ({ key }) => key })
      const running = new Set<string>()
      const done = new Mailbox<Step>()
      const overlaps: string[] = []
      await bus.consume(
        steps,
        async (step) => {
          if (running.has(step.key)) overlaps.push(step.key)
          running.add(step.key)
          await new Promise((resolve) => setImmediate(resolve))
          running.delete(step.key)
          done.put(step)
        },
        { concurrency: 8 },
      )
      await bus.sendBatch(steps, MIXED)
      await done.take(MIXED.length)
      assert.deepEqual(overlaps, [])
    },
  },
  {
    name: 'a key whose handler takes long holds up no other key',
    async run({ bus, name }) {
      const steps = queue(name('steps'), { schema: json<Step>(), key: ({ key }) => key })
      const { opened, open } = gate()
      const got = new Mailbox<string>()
      const consumer = await bus.consume(
        steps,
        async ({ key }) => {
          if (key === 'slow') await opened
          got.put(key)
        },
        { concurrency: 2 },
      )
      await bus.send(steps, { key: 'slow', n: 1 })
      await bus.send(steps, { key: 'fast', n: 1 })
      await bus.send(steps, { key: 'fast', n: 2 })
      assert.deepEqual(await got.take(2), ['fast', 'fast'])
      open()
      assert.equal(await got.next(), 'slow')
      await consumer.stop()
    },
  },
  {
    name: 'records of one key are handled in order with more handlers than partitions',
    async run({ bus, name }) {
      const steps = topic(name('steps'), { schema: json<Step>(), key: ({ key }) => key, partitions: 2 })
      const got = new Mailbox<Step>()
      await bus.publishBatch(steps, MIXED)
      await bus.subscribe(steps, { group: name('group'), from: 'earliest', concurrency: 8 }, (step) => got.put(step))
      checkOrder(await got.take(MIXED.length))
    },
  },
]
