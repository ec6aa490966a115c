import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect } from '../../src/engines/connect.ts'
import type { FEATURES } from '../../src/engines/rabbitmq/features.ts'
import type { Bus } from '../../src/sdk/bus.ts'
import { json } from '../../src/sdk/contract/json.ts'
import { queue } from '../../src/sdk/queue.ts'
import { topic } from '../../src/sdk/topic.ts'
import { eventually } from '../../src/testing/conformance/mailbox.ts'
import { MemoryStore, type MemoryTransaction } from '../../src/testing/memory-store.ts'

/** A broker, and what can happen to it or to the way there. */
export interface Mortal {
  readonly url: string
  /** Resolves when it is over. */
  fault(): Promise<void>
  close(): Promise<void>
}

/** How often something breaks while messages are on their way. */
const FAULTS = 4
const TIMEOUT_MS = 60_000

let made = 0

/** Registers tests of what the SDK over AMQP promises while things break: nothing is lost, and with an inbox each effect is there once. */
export function playFaults(what: string, count: number, open: () => Promise<Mortal>): void {
  const play = (name: string, run: (ground: Ground) => Promise<void>) =>
    test(`${name} ${what}`, { timeout: TIMEOUT_MS }, async () => {
      const mortal = await open()
      const store = new MemoryStore()
      const suffix = `${process.pid.toString(36)}-${Date.now().toString(36)}-${++made}`
      try {
        await using bus = (await connect(mortal.url, { store })) as Bus<typeof FEATURES, MemoryTransaction>
        await run({ mortal, store, bus, count, name: (of) => `${of}-${suffix}` })
      } finally {
        await mortal.close()
      }
    })
  play('each message has its effect once in spite of', messagesOnce)
  play('each record has its effect once in spite of', recordsOnce)
  play('an answer is not lost by', answerComes)
  play('a scheduled message and its cancellation outlive', scheduleOutlives)
}

interface Ground {
  readonly mortal: Mortal
  readonly store: MemoryStore
  readonly bus: Bus<typeof FEATURES, MemoryTransaction>
  readonly count: number
  readonly name: (of: string) => string
}

async function messagesOnce({ mortal, store, bus, count, name }: Ground): Promise<void> {
  const orders = queue(name('orders'), { schema: json<number>(), retry: { attempts: 50, delay: 1 } })
  let failed = 0
  await bus.consume(
    orders,
    (order, { tx, attempt }) => {
      // Some take the way through a retry, too.
      if (order % 50 === 7 && attempt === 1) {
        failed++
        throw new Error('not yet')
      }
      tx.rows.push(order)
    },
    { idempotent: true, concurrency: 8 },
  )
  const breaking = breakOn(store, count, mortal)
  const numbers = Array.from({ length: count }, (_, n) => n)
  await Promise.all(numbers.map((n) => bus.send(orders, n, { id: `m-${n}` })))
  await breaking
  await checkOnce(store, numbers)
  assert.ok(failed >= Math.floor(count / 50))
}

async function recordsOnce({ mortal, store, bus, count, name }: Ground): Promise<void> {
  const paid = topic(name('paid'), { schema: json<number>(), partitions: 3, key: (n) => `k-${n % 20}` })
  const options = { group: name('billing'), from: 'earliest', idempotent: true, concurrency: 8 } as const
  await bus.subscribe(paid, options, (n, { tx }) => {
    tx.rows.push(n)
  })
  const breaking = breakOn(store, count, mortal)
  const numbers = Array.from({ length: count }, (_, n) => n)
  await Promise.all(numbers.map((n) => bus.publish(paid, n, { id: `p-${n}` })))
  await breaking
  await checkOnce(store, numbers)
}

async function answerComes({ mortal, bus, name }: Ground): Promise<void> {
  const quotes = queue(name('quotes'), { schema: json<number>(), answer: json<number>() })
  const { handled } = await bus.send(quotes, 4, { receipt: true, timeout: '20s' })
  await mortal.fault()
  await bus.respond(quotes, (n) => n * n)
  assert.deepEqual(await handled, { status: 'acknowledged', answer: 16 })
}

async function scheduleOutlives({ mortal, store, bus, name }: Ground): Promise<void> {
  const orders = queue<number>(name('orders'))
  await bus.declare(orders)
  const unwanted = await bus.send(orders, 1, { delay: 2500 })
  await bus.send(orders, 2, { delay: 2500 })
  assert.equal(await unwanted.cancel(), true)
  await mortal.fault()
  await bus.consume(orders, (order, { tx }) => void tx.rows.push(order), { idempotent: true })
  await eventually(() => store.rows.length > 0, 'the message that is wanted')
  assert.deepEqual(store.rows, [2])
}

/** Something breaks each time so many more effects are there. */
async function breakOn(store: MemoryStore, count: number, mortal: Mortal): Promise<void> {
  for (let nth = 1; nth <= FAULTS; nth++) {
    const least = Math.floor((count * nth) / (FAULTS + 1))
    await eventually(() => store.rows.length >= least, `${least} effects`)
    await mortal.fault()
  }
}

async function checkOnce(store: MemoryStore, numbers: readonly number[]): Promise<void> {
  await eventually(() => store.rows.length >= numbers.length, 'all effects')
  assert.deepEqual(
    (store.rows as number[]).slice().sort((a, b) => a - b),
    numbers,
  )
}
