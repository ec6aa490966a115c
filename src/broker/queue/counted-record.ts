import type { Queue } from '../../core/queue/queue.ts'
import { DELAYED, DURABLE, READY, REDELIVERED, STATE, UNACKED } from '../../core/queue/queue-index.ts'
import { getU32, getU48, putU32, putU48 } from '../../std/bytes.ts'
import type { Broker } from '../broker.ts'
import { Record } from '../records.ts'

/*
 * What became of messages that were handed out more than once, or came back, in a queue that counts: how they stand when the turn ends.
 *
 *   ┌──────────────┬───────────┬─────────────────────────────────────────────────────────────────┐
 *   │ queue id u32 │ count u32 │ count x (sequence u48, state u8, acquired u32, failed u32)      │
 *   └──────────────┴───────────┴─────────────────────────────────────────────────────────────────┘
 *
 * The state is that of the index: 1 ready, 2 unacked, 3 delayed, 0 gone, which settlements tell.
 */

export const COUNTED_ENTRY = 15
const HEAD = 8

/** Writes how `sequences[from, to)` stand. The caller has checked the room. */
export function writeCounted(broker: Broker, queue: Queue, sequences: number[], from: number, to: number): void {
  const { bytes } = broker.arena
  const { index } = queue
  let at = broker.store.journal.append(Record.counted, HEAD + (to - from) * COUNTED_ENTRY)
  putU32(bytes, at, queue.id)
  putU32(bytes, at + 4, to - from)
  at += HEAD
  for (let i = from; i < to; i++, at += COUNTED_ENTRY) {
    const sequence = sequences[i]
    putU48(bytes, at, sequence)
    bytes[at + 6] = index.flags(sequence) & STATE
    putU32(bytes, at + 7, Math.min(index.acquired(sequence), 0xffffffff))
    putU32(bytes, at + 11, index.failed(sequence))
  }
}

/** At recovery. */
export function applyCounted(broker: Broker, bytes: Uint8Array, at: number): void {
  const queue = broker.queuesById.get(getU32(bytes, at))
  if (queue === undefined) return
  const { index } = queue
  const count = getU32(bytes, at + 4)
  for (let i = 0, entry = at + HEAD; i < count; i++, entry += COUNTED_ENTRY) {
    const sequence = getU48(bytes, entry)
    const state = bytes[entry + 6]
    const flags = index.flags(sequence)
    if ((flags & DURABLE) === 0 || (state !== READY && state !== UNACKED && state !== DELAYED)) continue
    const acquired = getU32(bytes, entry + 7)
    index.setFlags(sequence, (flags & ~STATE) | state | (acquired > 0 ? REDELIVERED : 0))
    index.setCounts(sequence, acquired, getU32(bytes, entry + 11))
  }
}
