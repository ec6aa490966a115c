import type { Queue } from '../../core/queue/queue.ts'
import { STATE, UNACKED } from '../../core/queue/queue-index.ts'
import { getU32, getU48, putU32, putU48 } from '../../std/bytes.ts'
import type { Broker } from '../broker.ts'

/*
 * What left a queue for good, or was handed out for the first time by a queue that counts, in one turn.
 *
 *   ┌──────────────┬───────────┬──────────────────────────────┐
 *   │ queue id u32 │ count u32 │ count x (from u48, to u48)   │   both ends belong to the range
 *   └──────────────┴───────────┴──────────────────────────────┘
 */

/** Bytes of a range, and of what is before the ranges. */
export const RANGE = 12
export const HEAD = 8

/** Writes the ranges `pairs[from, to)`. The caller has checked the room. */
export function writeRanges(
  broker: Broker,
  queue: Queue,
  type: number,
  pairs: number[],
  from: number,
  to: number,
): void {
  const bytes = broker.arena.bytes
  let at = broker.store.journal.append(type, HEAD + (to - from) * (RANGE / 2))
  putU32(bytes, at, queue.id)
  putU32(bytes, at + 4, (to - from) / 2)
  at += HEAD
  for (let i = from; i < to; i++, at += RANGE / 2) putU48(bytes, at, pairs[i])
}

/** Takes settled messages out of their queue at recovery. */
export function applySettlement(broker: Broker, bytes: Uint8Array, at: number): void {
  eachLive(broker, bytes, at, ({ index }, sequence) => index.settle(sequence))
}

/** What was handed out for the first time, at recovery. */
export function applyHanded(broker: Broker, bytes: Uint8Array, at: number): void {
  eachLive(broker, bytes, at, ({ index }, sequence) => {
    index.setFlags(sequence, (index.flags(sequence) & ~STATE) | UNACKED)
  })
}

function eachLive(
  broker: Broker,
  bytes: Uint8Array,
  at: number,
  visit: (queue: Queue, sequence: number) => void,
): void {
  const queue = broker.queuesById.get(getU32(bytes, at))
  if (queue === undefined) return
  const { index } = queue
  const count = getU32(bytes, at + 4)
  for (let i = 0; i < count; i++) {
    const from = getU48(bytes, at + HEAD + i * RANGE)
    const to = getU48(bytes, at + HEAD + i * RANGE + RANGE / 2)
    for (let sequence = index.nextLive(from); sequence <= to && sequence < index.tail; ) {
      visit(queue, sequence)
      sequence = index.nextLive(sequence + 1)
    }
  }
}
