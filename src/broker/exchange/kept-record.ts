import { DURABLE, PLACE_SHIFT, READY } from '../../core/queue/queue-index.ts'
import { getF64, getU32, getU48, putF64, putU32, putU48 } from '../../std/bytes.ts'
import { JOURNAL } from '../../store/place.ts'
import type { Broker } from '../broker.ts'
import { Part, Record } from '../records.ts'
import type { KeptMessages } from './kept-messages.ts'

/*
 * A message that an exchange keeps.
 *
 *   ┌─────────────────┬──────────────┬─────────┬──────────────────────────────────────────────────────────────────────────┐
 *   │ exchange id u32 │ sequence u48 │ due f64 │ count u16, count further routing keys │ stored message, see message-record │
 *   └─────────────────┴──────────────┴─────────┴──────────────────────────────────────────────────────────────────────────┘
 *                                               └ kept message: the position in the index
 *   `due` is an instant in milliseconds since 1970, 0 for a message that is kept for queues that are bound later.
 *
 * What an exchange keeps no more.
 *
 *   ┌─────────────────┬───────────┬──────────────────────────────┐
 *   │ exchange id u32 │ count u32 │ count x (from u48, to u48)   │   both ends belong to the range
 *   └─────────────────┴───────────┴──────────────────────────────┘
 *
 * A part of the checkpoint is the exchange's id (u32) and a slice of the index.
 */

/** Bytes of a record before the kept message. */
export const KEPT_HEAD = 18
const LET_GO_HEAD = 8
const RANGE = 12
/** Ranges in one record: 3 KiB, which fits a block of any size. */
const MAX_RANGES = 256
/** Bytes that a record takes beside its payload. */
const RECORD = 16

/** Journal bytes that letting `count` messages go takes at most. */
export function letGoRoom(count: number): number {
  return count * RANGE + Math.ceil(count / MAX_RANGES) * (LET_GO_HEAD + RECORD)
}

export function writeKeptHead(bytes: Uint8Array, at: number, id: number, sequence: number, due: number): void {
  putU32(bytes, at, id)
  putU48(bytes, at + 4, sequence)
  putF64(bytes, at + 10, due)
}

/** Writes down that the messages are kept no more; the caller has checked the room. `sequences` may be in any order. */
export function writeLetGo(broker: Broker, id: number, sequences: readonly number[]): void {
  const ranges = rangesOf(sequences)
  const { bytes } = broker.arena
  for (let from = 0; from < ranges.length; from += 2 * MAX_RANGES) {
    const to = Math.min(ranges.length, from + 2 * MAX_RANGES)
    let at = broker.store.journal.append(Record.letGo, LET_GO_HEAD + (to - from) * 6)
    putU32(bytes, at, id)
    putU32(bytes, at + 4, (to - from) / 2)
    at += LET_GO_HEAD
    for (let i = from; i < to; i++, at += 6) putU48(bytes, at, ranges[i]!)
  }
  broker.turn.touch()
}

function rangesOf(sequences: readonly number[]): number[] {
  const sorted = Float64Array.from(sequences).sort()
  const ranges: number[] = []
  for (const sequence of sorted) {
    if (ranges.length > 0 && ranges.at(-1) === sequence - 1) ranges[ranges.length - 1] = sequence
    else ranges.push(sequence, sequence)
  }
  return ranges
}

/** Teaches the broker to rebuild what exchanges keep. */
export function registerKept(broker: Broker): void {
  broker.applies.set(Record.kept, (bytes, at, length, position) => applyKept(broker, bytes, at, length, position))
  broker.applies.set(Record.letGo, (bytes, at) => applyLetGo(broker, bytes, at))
  broker.parts.push({
    kind: Part.kept,
    consistent: false,
    snapshot: () => snapshot(broker),
    load: (bytes) => broker.kept.get(getU32(bytes, 0))?.index.load(bytes.subarray(4)),
  })
  broker.memory.holders.push(() => {
    let sum = 0
    for (const kept of broker.kept.values()) sum += kept.bytes()
    return sum
  })
}

function applyKept(broker: Broker, bytes: Uint8Array, at: number, length: number, position: number): void {
  const kept = broker.kept.get(getU32(bytes, at))
  const flags = READY | DURABLE | (JOURNAL << PLACE_SHIFT)
  const sequence = getU48(bytes, at + 4)
  kept?.index.restore(sequence, position + KEPT_HEAD, length - KEPT_HEAD, flags, getF64(bytes, at + 10))
}

function applyLetGo(broker: Broker, bytes: Uint8Array, at: number): void {
  const index = broker.kept.get(getU32(bytes, at))?.index
  if (index === undefined) return
  const count = getU32(bytes, at + 4)
  for (let i = 0; i < count; i++) {
    const from = getU48(bytes, at + 8 + i * RANGE)
    const to = getU48(bytes, at + 14 + i * RANGE)
    for (let sequence = index.nextLive(from); sequence <= to && sequence < index.tail; ) {
      index.settle(sequence)
      sequence = index.nextLive(sequence + 1)
    }
  }
}

function* snapshot(broker: Broker): Generator<Uint8Array> {
  for (const kept of [...broker.kept.values()] as KeptMessages[]) {
    if (!kept.exchange.properties.durable) continue
    for (const slice of kept.index.snapshot()) {
      const bytes = new Uint8Array(4 + slice.length)
      putU32(bytes, 0, kept.id)
      bytes.set(slice, 4)
      yield bytes
    }
  }
}
