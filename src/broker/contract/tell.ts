import type { Broker } from '../broker.ts'
import type { Tally } from './contracts.ts'

/** A broken contract is told to the operator at most this often for each place, with the counts so far. */
const TELL_EVERY_MS = 10_000

/** Tells the operator that a contract was broken, but not each time. */
export function tellBroken(broker: Broker, tally: Tally, why: string): void {
  const now = broker.env.clock.elapsed()
  if (now - tally.toldAt < TELL_EVERY_MS) return
  tally.toldAt = now
  const { place, warned, refused, buried, dropped } = tally
  broker.report({ kind: 'broken-contract', place, why, warned, refused, buried, dropped })
}
