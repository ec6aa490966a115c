import assert from 'node:assert/strict'
import { test } from 'node:test'
import { busOver } from '../engines/connect.ts'
import type { EmbeddedEngine } from '../engines/embedded/engine.ts'
import { openEmbeddedBroker } from '../engines/embedded/open.ts'
import type { Bus } from './bus.ts'
import type { Clock } from './clock.ts'
import { json } from './contract/json.ts'
import type { Consumption, Delivery, Engine } from './engine.ts'
import { silent } from './logger.ts'
import { queue } from './queue.ts'

const LEASE_MS = 30_000
const jobs = queue('jobs', { schema: json<string>() })

/** A clock that stands still until it is moved. */
class ManualClock implements Clock {
  private time = 0
  private readonly timers = new Set<{ readonly at: number; readonly run: () => void }>()

  now(): number {
    return this.time
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { at: this.time + delayMs, run }
    this.timers.add(timer)
    return () => this.timers.delete(timer)
  }

  advance(ms: number): void {
    const end = this.time + ms
    for (;;) {
      const [next] = [...this.timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (next === undefined) break
      this.timers.delete(next)
      this.time = next.at
      next.run()
    }
    this.time = end
  }
}

/** An engine whose deliveries go back unless they are renewed in time, as those of many a cloud's queues; and which were renewed, and when. */
async function withLeases(
  run: (bus: Bus<EmbeddedEngine['features']>, clock: ManualClock, renewed: string[]) => Promise<void>,
): Promise<void> {
  const broker = await openEmbeddedBroker('memory:', silent)
  const inner = broker.engine()
  const clock = new ManualClock()
  const renewed: string[] = []
  const watch = (delivery: Delivery): Delivery => {
    delivery.renew = async () => {
      renewed.push(`${JSON.parse(Buffer.from(delivery.body).toString())} at ${clock.now() / 1000}`)
    }
    return delivery
  }
  const engine: EmbeddedEngine = Object.create(inner, {
    clock: { value: clock },
    consume: {
      value: async (...[name, options]: Parameters<Engine['consume']>): Promise<Consumption> => {
        const onDelivery = (delivery: Delivery) => options.onDelivery(watch(delivery))
        const consumption = await inner.consume(name, { ...options, onDelivery })
        return Object.create(consumption, { leaseMs: { value: LEASE_MS } })
      },
    },
  })
  const bus = await busOver(engine)
  try {
    await run(bus, clock, renewed)
  } finally {
    await bus.close()
    await broker.close()
  }
}

/** Something that is waited for until `settle` is called. */
function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = () => {}
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { passed, open }
}

test('a long job is renewed as long as it takes, and what waits behind it, too', () =>
  withLeases(async (bus, clock, renewed) => {
    const [begun, done] = [gate(), gate()]
    await bus.consume(
      jobs,
      async (job) => {
        if (job === 'long') {
          begun.open()
          await done.passed
        }
      },
      { concurrency: 1, prefetch: 2 },
    )
    await bus.send(jobs, 'long')
    const { handled } = await bus.send(jobs, 'behind it', { receipt: true })
    await begun.passed
    clock.advance(LEASE_MS)
    assert.deepEqual(renewed.splice(0), [
      'long at 10',
      'behind it at 10',
      'long at 20',
      'behind it at 20',
      'long at 30',
      'behind it at 30',
    ])
    done.open()
    await handled
    clock.advance(LEASE_MS)
    assert.deepEqual(renewed, [])
  }))

test('a batch is renewed from when its first message has come', () =>
  withLeases(async (bus, clock, renewed) => {
    const [begun, done] = [gate(), gate()]
    await bus.consumeBatch(
      jobs,
      async () => {
        begun.open()
        await done.passed
      },
      { size: 2, wait: '15s' },
    )
    await bus.send(jobs, 'first')
    clock.advance(10_000)
    assert.deepEqual(renewed.splice(0), ['first at 10'])
    await bus.send(jobs, 'second')
    await begun.passed
    clock.advance(10_000)
    assert.deepEqual(renewed, ['first at 20', 'second at 20'])
    done.open()
  }))
