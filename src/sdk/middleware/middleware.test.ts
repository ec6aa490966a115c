import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testBroker } from '../../testing/test-broker.ts'
import { json } from '../contract/json.ts'
import type { Middleware } from '../handling.ts'
import { queue } from '../queue.ts'
import { circuitBreaker } from './circuit-breaker.ts'
import { logging } from './logging.ts'
import { rateLimit } from './rate-limit.ts'
import { retryInPlace } from './retry-in-place.ts'
import { timeLimit } from './time-limit.ts'

const orders = queue('orders', { schema: json<number>(), retry: { attempts: 10, delay: '1m', jitter: 0 } })

/** Handles orders with a middleware around, on a broker whose clock is moved. */
async function withMiddleware(
  middleware: Middleware,
  handle: (order: number, attempt: number) => void | Promise<void>,
  run: (broker: Awaited<ReturnType<typeof testBroker>>, send: (...numbers: number[]) => Promise<void>) => Promise<void>,
  concurrency = 1,
): Promise<void> {
  const broker = await testBroker({ amqp: false, kafka: false })
  const bus = await broker.connect({ middleware: [middleware] })
  await bus.consume(orders, (order, { attempt }) => handle(order, attempt), { concurrency, patience: 10 })
  await run(broker, async (...numbers) => {
    await bus.sendBatch(orders, numbers)
    await broker.advance(0)
  })
  await broker.close()
}

test('a circuit that is open holds messages back, and uses up no attempts', async () => {
  let down = true
  const seen: string[] = []
  const handle = (order: number, attempt: number) => {
    seen.push(`${order} ${attempt}`)
    if (down) throw new Error('the database is away')
  }
  await withMiddleware(circuitBreaker({ failures: 2, pause: '10m' }), handle, async (broker, send) => {
    await send(1, 2, 3, 4)
    assert.deepEqual(seen, ['1 1', '2 1'])
    await broker.advance('9m')
    assert.equal(seen.length, 2)
    down = false
    await broker.advance('12m')
    assert.deepEqual(seen.slice(2).sort(), ['1 2', '2 2', '3 1', '4 1'])
  })
})

test('a circuit that is tried and fails stays open', async () => {
  let tries = 0
  const handle = () => {
    tries++
    throw new Error('the database is away')
  }
  await withMiddleware(circuitBreaker({ failures: 1, pause: '10m' }), handle, async (broker, send) => {
    await send(1, 2, 3)
    assert.equal(tries, 1)
    await broker.advance('11m')
    assert.equal(tries, 2)
    await broker.advance('11m')
    assert.equal(tries, 3)
  })
})

test('errors that are about their message do not open a circuit', async () => {
  let handled = 0
  const handle = () => {
    handled++
    throw Object.assign(new Error('no such customer'), { permanent: true })
  }
  await withMiddleware(circuitBreaker({ failures: 1, pause: '10m' }), handle, async (_, send) => {
    await send(1, 2, 3)
    assert.equal(handled, 3)
  })
})

test('a rate limit lets so many through in its time', async () => {
  let handled = 0
  const handle = () => {
    handled++
  }
  const limit = rateLimit({ limit: 2, per: '1h' })
  const run = async (broker: Awaited<ReturnType<typeof testBroker>>, send: (...numbers: number[]) => Promise<void>) => {
    await send(1, 2, 3, 4, 5)
    assert.equal(handled, 2)
    await broker.advance('31m')
    assert.equal(handled, 3)
    await broker.advance('31m')
    assert.equal(handled, 4)
    await broker.advance('31m')
    assert.equal(handled, 5)
  }
  await withMiddleware(limit, handle, run, 5)
})

test('a retry in place is no new attempt, and what failed has sent nothing', async () => {
  const attempts: number[] = []
  const copies = queue<number>('copies')
  const broker = await testBroker({ amqp: false, kafka: false })
  const bus = await broker.connect()
  await bus.consume(copies, () => {})
  await bus.consume(
    orders,
    async (order, context) => {
      attempts.push(context.attempt)
      await context.send(copies, attempts.length)
      if (attempts.length < 3) throw new Error(`not yet ${order}`)
    },
    { middleware: [retryInPlace({ attempts: 3, delay: '1s' })] },
  )
  await bus.send(orders, 1)
  await broker.advance('1m')
  const { payload } = await broker.handled(copies)
  assert.equal(payload, 3)
  assert.deepEqual(attempts, [1, 1, 1])
  assert.equal(broker.handlings(copies).length, 1)
  await broker.close()
})

test('a time limit is an error that may pass', async () => {
  const errors: unknown[] = []
  const note: Middleware = (next) => async (payload, context) => {
    try {
      return await next(payload, context)
    } catch (error) {
      errors.push(error)
      throw error
    }
  }
  const limit = timeLimit('1h')
  const both: Middleware = (next) => note(limit(next))
  let release = () => {}
  const handle = () =>
    new Promise<void>((resolve) => {
      release = resolve
    })
  await withMiddleware(both, handle, async (broker, send) => {
    await send(1)
    await broker.advance('61m')
    assert.equal((errors[0] as { code?: string } | undefined)?.code, 'TIMED_OUT')
    release()
  })
})

test('the log is told of what was handled and what was not', async () => {
  const told: string[] = []
  const note = (level: string) => (facts: object, text: string) =>
    void told.push(`${level} ${text} ${(facts as { attempt?: number }).attempt}`)
  const log = { info: note('info'), warn: note('warn'), error: note('error'), debug: note('debug') }
  const handle = (_: number, attempt: number) => {
    if (attempt === 1) throw new Error('not yet')
  }
  await withMiddleware(logging(log), handle, async (broker, send) => {
    await send(1)
    await broker.advance('1m')
    assert.deepEqual(told, ['warn not handled 1', 'info handled 2'])
  })
})
