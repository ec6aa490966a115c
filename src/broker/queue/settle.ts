import type { Queue } from '../../core/queue/queue.ts'
import { DURABLE, PLACE_SHIFT, STATE } from '../../core/queue/queue-index.ts'
import { getU32, getU48, putU32, putU48 } from '../../std/bytes.ts'
import type { Broker } from '../broker.ts'
import { Record } from '../records.ts'

/*
 * What left a queue for good, in one turn.
 *
 *   ┌──────────────┬───────────┬──────────────────────────────┐
 *   │ queue id u32 │ count u32 │ count x (from u48, to u48)   │   both ends belong to the range
 *   └──────────────┴───────────┴──────────────────────────────┘
 */

/** Ranges in one record: 3 KiB, which fits a block of any size. */
const MAX_RANGES = 256
/** Bytes of a range, of what is before the ranges, and of journal that a record takes beside its payload. */
const RANGE = 12
const HEAD = 8
const RECORD = 16

/** The message is done with: its place in the index and its bytes are given up. False if it was gone already. */
export function settle(broker: Broker, queue: Queue, sequence: number): boolean {
  const index = queue.index
  const flags = index.flags(sequence)
  if ((flags & STATE) === 0) return false
  broker.store.release((flags >> PLACE_SHIFT) & 3, index.position(sequence), index.length(sequence))
  queue.remove(sequence)
  if ((flags & DURABLE) !== 0) remember(broker, queue, sequence)
  return true
}

/** Adds the sequence to what the turn will write, as part of the last range if it follows it. */
function remember(broker: Broker, queue: Queue, sequence: number): void {
  const settled = queue.settled
  const last = settled.length - 1
  if (last < 0) {
    broker.settledQueues.push(queue)
    broker.turn.touch()
  } else if (settled[last] === sequence - 1) {
    settled[last] = sequence
    return
  }
  if (settled.length % (2 * MAX_RANGES) === 0) broker.settling += RECORD + HEAD
  broker.settling += RANGE
  settled.push(sequence, sequence)
}

/**
 * Writes the turn's settlements to the journal, a record per queue. Acknowledgements are taken without asking for room: what finds
 * none waits for a later turn, publishers leave it what it needs, and the store gives up nothing meanwhile.
 */
export function journalSettlements(broker: Broker): void {
  const { settledQueues: queues, store } = broker
  let done = 0
  while (done < queues.length && journalQueue(broker, queues[done])) done++
  queues.splice(0, done)
  broker.settling = 0
  for (const { settled } of queues) broker.settling += bytesOf(settled.length / 2)
  store.postponed = queues.length > 0
}

/** Writes what fits; true if that is all. */
function journalQueue(broker: Broker, queue: Queue): boolean {
  const { journal } = broker.store
  const pairs = queue.settled
  let from = 0
  while (from < pairs.length) {
    const fit = Math.floor((journal.roomForTidying() - HEAD) / RANGE)
    if (fit < 1) break
    const to = Math.min(pairs.length, from + 2 * Math.min(fit, MAX_RANGES))
    writeSettlement(broker, queue, from, to)
    from = to
  }
  if (from > 0) queue.changedAt = journal.tail
  pairs.splice(0, from)
  return pairs.length === 0
}

function bytesOf(ranges: number): number {
  return ranges * RANGE + Math.ceil(ranges / MAX_RANGES) * (RECORD + HEAD)
}

function writeSettlement(broker: Broker, queue: Queue, from: number, to: number): void {
  const bytes = broker.arena.bytes
  let at = broker.store.journal.append(Record.settle, HEAD + (to - from) * 6)
  putU32(bytes, at, queue.id)
  putU32(bytes, at + 4, (to - from) / 2)
  at += HEAD
  for (let i = from; i < to; i++, at += 6) putU48(bytes, at, queue.settled[i])
}

/** Takes settled messages out of their queue at recovery. */
export function applySettlement(broker: Broker, bytes: Uint8Array, at: number): void {
  const queue = broker.queuesById.get(getU32(bytes, at))
  if (queue === undefined) return
  const index = queue.index
  const count = getU32(bytes, at + 4)
  for (let i = 0; i < count; i++) {
    const from = getU48(bytes, at + 8 + i * 12)
    const to = getU48(bytes, at + 14 + i * 12)
    for (let sequence = index.nextLive(from); sequence <= to && sequence < index.tail; ) {
      index.settle(sequence)
      sequence = index.nextLive(sequence + 1)
    }
  }
}
