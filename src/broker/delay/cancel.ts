import type { Broker } from '../broker.ts'
import { letGo } from '../exchange/keep.ts'
import { letGoRoom, writeLetGo } from '../exchange/kept-record.ts'
import { type Outcome, refuse } from '../refusal.ts'
import { findDelayed } from './list.ts'

/** Messages cancelled in one call. */
const MOST = 10_000

/**
 * Cancels delayed messages: they are never released. Messages that are gone already are passed over, and all beyond the first 10,000.
 *
 * @param sequences as `listDelayed` names them
 * @returns how many messages were cancelled, and the journal position from which on that is durable; the refusal `no-room` if the
 * journal is full
 */
export function cancelDelayed(
  broker: Broker,
  vhost: string,
  exchange: string,
  sequences: readonly number[],
): Outcome<{ readonly cancelled: number; readonly position: number }> {
  const found = findDelayed(broker, vhost, exchange)
  if (!found.ok) return found
  const { kept } = found
  const there = [...new Set(sequences.slice(0, MOST))].filter((sequence) => kept.index.expiry(sequence) > 0)
  if (!broker.hasRoomForSettlement(letGoRoom(there.length))) return refuse({ reason: 'no-room' })
  for (const sequence of there) letGo(broker, kept, sequence)
  kept.compact()
  if (there.length > 0 && kept.exchange.properties.durable) writeLetGo(broker, kept.id, there)
  return { ok: true, cancelled: there.length, position: broker.store.journal.tail }
}
