import type { Queue } from '../../core/queue/queue.ts'
import type { Broker } from '../broker.ts'
import { Record } from '../records.ts'
import { COUNTED_ENTRY, writeCounted } from './counted-record.ts'
import { HEAD, RANGE, writeRanges } from './range-record.ts'

/** Ranges in one record: 3 KiB, which fits a block of any size. */
const MAX_RANGES = 256
/** Entries in one record of counts. */
const MAX_COUNTED = 128
/** Journal bytes that a record takes beside its payload. */
const RECORD = 16

/** Journal bytes that so many settlements in so many queues take at most. */
export function settlementBytes(settlements: number, queues: number): number {
  return settlements * RANGE + (queues + Math.ceil(settlements / MAX_RANGES)) * (RECORD + HEAD)
}

/** Adds the sequence to what the turn will write, as part of the last range if it follows it. */
export function noteRange(broker: Broker, queue: Queue, ranges: number[], sequence: number): void {
  note(broker, queue)
  const last = ranges.length - 1
  if (last >= 0 && ranges[last] === sequence - 1) {
    ranges[last] = sequence
    return
  }
  if (ranges.length % (2 * MAX_RANGES) === 0) broker.settling += RECORD + HEAD
  broker.settling += RANGE
  ranges.push(sequence, sequence)
}

/** A message was handed out by a queue that counts: should the broker die, that was in vain. */
export function noteHanded(broker: Broker, queue: Queue, sequence: number): void {
  if (queue.handouts(sequence) === 0) noteRange(broker, queue, queue.handed, sequence)
  else noteCounted(broker, queue, sequence)
}

/** The counts of a message have changed, or the state of one that has counts: the turn writes what they are when it ends. */
export function noteCounted(broker: Broker, queue: Queue, sequence: number): void {
  note(broker, queue)
  if (queue.counted.length % MAX_COUNTED === 0) broker.settling += RECORD + HEAD
  broker.settling += COUNTED_ENTRY
  queue.counted.push(sequence)
}

function note(broker: Broker, queue: Queue): void {
  if (queue.noted) return
  queue.noted = true
  broker.settledQueues.push(queue)
  broker.turn.touch()
}

/**
 * Writes the turn's settlements to the journal, and what queues counted. Acknowledgements are taken without asking for room: what
 * finds none waits for a later turn, publishers leave it what it needs, and the store gives up nothing meanwhile.
 */
export function journalSettlements(broker: Broker): void {
  const { settledQueues: queues, store } = broker
  if (queues.length === 0 && !store.postponed) return
  let done = 0
  while (done < queues.length && journalQueue(broker, queues[done])) done++
  queues.splice(0, done)
  broker.settling = broker.streams?.reserved ?? 0
  for (const queue of queues) broker.settling += bytesOf(queue)
  store.postponed = queues.length > 0
}

/** Writes what fits; true if that is all. */
function journalQueue(broker: Broker, queue: Queue): boolean {
  const all =
    journalRanges(broker, queue, Record.settle, queue.settled) &&
    journalRanges(broker, queue, Record.handed, queue.handed) &&
    journalCounted(broker, queue)
  if (all) queue.noted = false
  return all
}

function journalRanges(broker: Broker, queue: Queue, type: number, pairs: number[]): boolean {
  const { journal } = broker.store
  let from = 0
  while (from < pairs.length) {
    const fit = Math.floor((journal.roomForTidying() - HEAD) / RANGE)
    if (fit < 1) break
    const to = Math.min(pairs.length, from + 2 * Math.min(fit, MAX_RANGES))
    writeRanges(broker, queue, type, pairs, from, to)
    from = to
  }
  if (from > 0) queue.changedAt = journal.tail
  pairs.splice(0, from)
  return pairs.length === 0
}

function journalCounted(broker: Broker, queue: Queue): boolean {
  const { journal } = broker.store
  const { counted } = queue
  let from = 0
  while (from < counted.length) {
    const fit = Math.floor((journal.roomForTidying() - HEAD) / COUNTED_ENTRY)
    if (fit < 1) break
    const to = Math.min(counted.length, from + Math.min(fit, MAX_COUNTED))
    writeCounted(broker, queue, counted, from, to)
    from = to
  }
  counted.splice(0, from)
  return counted.length === 0
}

function bytesOf({ settled, handed, counted }: Queue): number {
  let sum = counted.length * COUNTED_ENTRY + Math.ceil(counted.length / MAX_COUNTED) * (RECORD + HEAD)
  for (const { length } of [settled, handed]) if (length > 0) sum += settlementBytes(length / 2, 0)
  return sum
}
