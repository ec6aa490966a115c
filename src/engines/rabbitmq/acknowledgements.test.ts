import assert from 'node:assert/strict'
import { test } from 'node:test'
import { queue } from '../../sdk/queue.ts'
import { Mailbox } from '../../testing/conformance/mailbox.ts'
import { testBroker } from '../../testing/test-broker.ts'
import { connect } from '../connect.ts'

const orders = queue<number>('orders')
const COUNT = 200

test('acknowledgements that go together leave those messages alone whose handlers still run', async () => {
  await using broker = await testBroker({ kafka: false })
  const first = await connect(broker.amqpUrl)
  const held = new Map<number, () => void>()
  const got = new Mailbox<number>()
  await first.consume(
    orders,
    async (n) => {
      got.put(n)
      // Every seventh takes long; the others end in another order than they came in.
      if (n % 7 === 0) await new Promise<void>((resolve) => held.set(n, resolve))
      else if (n % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
    },
    { concurrency: COUNT, prefetch: COUNT, patience: 0 },
  )
  await first.sendBatch(orders, numbers(COUNT))
  await got.take(COUNT)
  held.get(7)!()
  await new Promise((resolve) => setImmediate(resolve))
  await first.close()
  await using second = await connect(broker.amqpUrl)
  const again = new Mailbox<number>()
  await second.consume(orders, again.put)
  await second.send(orders, COUNT)
  const expected = [...held.keys()].filter((n) => n !== 7)
  assert.deepEqual((await again.take(expected.length + 1)).sort(ascending), [...expected, COUNT].sort(ascending))
})

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n)
}

function ascending(a: number, b: number): number {
  return a - b
}
