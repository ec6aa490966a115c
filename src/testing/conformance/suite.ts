import type { Bus } from '../../sdk/bus.ts'
import { CONTRACT_CASES } from './contracts.ts'
import { DEAD_LETTER_CASES } from './dead-letters.ts'
import { IDEMPOTENCY_CASES } from './idempotency.ts'
import { LIFECYCLE_CASES } from './lifecycle.ts'
import { ORDER_CASES } from './order.ts'
import { QUEUE_CASES } from './queues.ts'
import { RECEIPT_CASES } from './receipts.ts'
import { RETRY_CASES } from './retry.ts'
import type { BrokerUnderTest, Case, EngineUnderTest, Rig } from './rig.ts'
import { SCHEDULE_CASES } from './schedule.ts'
import { TOPIC_CASES } from './topics.ts'
import { TRANSACTION_CASES } from './transactions.ts'

/** All sentences, by what they are about. */
export const CASES: Readonly<Record<string, readonly Case[]>> = {
  contracts: CONTRACT_CASES,
  queues: QUEUE_CASES,
  order: ORDER_CASES,
  schedule: SCHEDULE_CASES,
  topics: TOPIC_CASES,
  receipts: RECEIPT_CASES,
  retry: RETRY_CASES,
  'dead letters': DEAD_LETTER_CASES,
  idempotency: IDEMPOTENCY_CASES,
  transactions: TRANSACTION_CASES,
  lifecycle: LIFECYCLE_CASES,
}

/** How a test runner takes a test: node:test's `test` is one, and `describe`-less wrappers of Vitest and Jest are made in a line. */
export type RegisterTest = (
  name: string,
  options: { readonly skip: string | false; readonly timeout: number },
  run: () => Promise<void>,
) => unknown

/** What runs before the first test, and after the last. */
export interface Runner {
  readonly test: RegisterTest
  readonly after: (run: () => Promise<void>) => unknown
}

const TIMEOUT_MS = 60_000

/**
 * Registers the conformance suite for an engine: the same tests for every engine, each a sentence about what an engine does.
 *
 * @example
 * ```ts
 * import { after, test } from 'node:test'
 * import { conformance } from 'posthorn/testing'
 *
 * conformance(myEngine, { test, after })
 * ```
 */
export function conformance(engine: EngineUnderTest, { test, after }: Runner): void {
  let opening: Promise<BrokerUnderTest> | null = null
  after(async () => {
    if (opening !== null) await (await opening).close()
  })
  for (const [about, cases] of Object.entries(CASES)) {
    for (const one of cases) {
      test(`${engine.name}: ${about}: ${one.name}`, { skip: excluded(engine, one), timeout: TIMEOUT_MS }, async () => {
        opening ??= engine.open()
        await play(await opening, one, engine.prefix ?? '')
      })
    }
  }
}

/** Why a test is left out; false if it is not. */
function excluded({ features, excluded = {}, name }: EngineUnderTest, one: Case): string | false {
  const missing = (one.requires ?? []).filter((feature) => !features[feature])
  if (missing.length > 0) return `${name} has no ${missing.join(', ')}`
  return excluded[one.name] ?? false
}

let made = 0

async function play(broker: BrokerUnderTest, one: Case, prefix: string): Promise<void> {
  const buses: Bus[] = []
  const run = `${Date.now().toString(36)}-${process.pid.toString(36)}-${++made}`
  const rig: Rig = {
    bus: await broker.connect(),
    name: (of) => `${prefix}${of}-${run}`,
    connect: async (options) => {
      const bus = await broker.connect(options)
      buses.push(bus)
      return bus
    },
  }
  try {
    await one.run(rig)
  } finally {
    await Promise.all([rig.bus, ...buses].map((bus) => bus.close()))
  }
}
