import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { connect } from '../../src/engines/connect.ts'
import type { Bus } from '../../src/sdk/bus.ts'
import { json } from '../../src/sdk/contract/json.ts'
import { queue } from '../../src/sdk/queue.ts'
import { topic } from '../../src/sdk/topic.ts'
import { eventually } from '../../src/testing/conformance/mailbox.ts'
import { MortalBroker } from './mortal-broker.ts'
import { controlled } from './target.ts'

const MANY = 2000
const TOGETHER = 10
const KILLS = 5
const NUMBERS = Array.from({ length: MANY }, (_, n) => n)

/** The broker is killed, which is not done to one that others use. */
suite('the SDK on Kafka, while the broker is killed', { skip: controlled, timeout: 120_000 }, () => {
  let broker: MortalBroker
  const buses: Bus[] = []
  before(async () => {
    broker = new MortalBroker()
    await broker.start()
  })
  after(async () => {
    await Promise.all(buses.map((bus) => bus.close()))
    await broker.stop()
  })

  const open = async () => {
    const bus = await connect(`kafka://127.0.0.1:${broker.kafkaPort}`)
    buses.push(bus)
    return bus
  }

  test('each message and each record has its effect once', async () => {
    const [bus, handler] = [await open(), await open()]
    const orders = queue('orders', { schema: json<number>(), retry: { delay: 1 } })
    const paid = topic('paid', { schema: json<number>(), partitions: 3 })
    const effects = topic<string>('effects')
    await bus.declare(orders, paid, effects)
    const got: string[] = []
    await bus.subscribe(effects, { from: 'earliest' }, (effect) => void got.push(effect))
    await handler.consume(
      orders,
      async (n, context) => {
        await context.publish(effects, `order ${n}`)
        if (n % 50 === 0 && context.attempt === 1) throw new Error('not yet')
      },
      { concurrency: 4 },
    )
    await handler.subscribe(paid, { group: 'effects', from: 'earliest', concurrency: 4 }, (n, context) =>
      context.publish(effects, `paid ${n}`),
    )
    const sending = (async () => {
      for (let at = 0; at < MANY; at += TOGETHER) {
        await bus.sendBatch(orders, NUMBERS.slice(at, at + TOGETHER))
        await bus.publishBatch(paid, NUMBERS.slice(at, at + TOGETHER))
      }
    })()
    for (let kill = 1; kill <= KILLS; kill++) {
      await eventually(() => got.length > (2 * MANY * kill) / (KILLS + 2), `work before kill ${kill}`)
      await broker.killAndRestart()
    }
    await sending
    await eventually(() => new Set(got).size === 2 * MANY, 'all effects')
    await bus.publish(effects, 'the last')
    await eventually(() => got.includes('the last'), 'the last one')
    assert.equal(got.length, 2 * MANY + 1)
  })
})
