import type { Broker } from '../broker.ts'
import type { Tally } from './tally.ts'

/** A broken contract is told to the operator at most this often for each place, with the counts so far. */
const TELL_EVERY_MS = 10_000

/** Notes why a contract was broken at `what NAME in VHOST`, and tells the operator, but not each time. */
export function noteBroken(broker: Broker, tally: Tally, what: string, name: string, vhost: string, why: string): void {
  const { clock } = broker.env
  tally.why = why
  tally.at = clock.now()
  const now = clock.elapsed()
  if (now - tally.toldAt < TELL_EVERY_MS) return
  tally.toldAt = now
  const { checked, warned, refused, buried, dropped } = tally
  const place = vhost === '' ? `${what} ${name}` : `${what} ${name} in ${vhost}`
  broker.report({ kind: 'broken-contract', place, why, checked, warned, refused, buried, dropped })
}
