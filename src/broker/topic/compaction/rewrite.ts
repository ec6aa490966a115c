import { baseOffset, batchSize } from '../../../core/partition/batch.ts'
import { entriesOf } from '../../../core/partition/entry-run.ts'
import type { Partition } from '../../../core/partition/partition.ts'
import { getF64, getU32, putF64, putU32 } from '../../../std/bytes.ts'
import { JOURNAL } from '../../../store/place.ts'
import { Record } from '../../records.ts'
import { hasRoomFor } from '../room.ts'
import type { Topics } from '../topics.ts'

/*
 * What compaction left of the batches that reach into the offsets [from, to). The record is both the bytes and the step: it is in the journal as
 * a whole or not at all, and its batches leave the journal as all others do.
 *
 *   ┌──────────────────┬──────────┬────────┬──────────────────────────────────────────┐
 *   │ partition id u32 │ from f64 │ to f64 │ record batches, see core/partition/batch │
 *   └──────────────────┴──────────┴────────┴──────────────────────────────────────────┘
 */
const HEADER = 20

/** What became of an attempt: done; nothing was done, for the index has other borders by now; no room now; or too long for the journal. */
export type Rewritten = 'done' | 'moved' | 'no-room' | 'too-long'

/** Puts `batches` in the place of those in the offsets `[from, to)`. */
export function rewriteRun(
  topics: Topics,
  partition: Partition,
  from: number,
  to: number,
  batches: Uint8Array,
): Rewritten {
  const { broker } = topics
  const { store, arena } = broker
  const { journal } = store
  if (!hasBorder(partition, from) || !hasBorder(partition, to)) return 'moved'
  const length = HEADER + batches.length
  if (length > journal.longest) return 'too-long'
  if (!hasRoomFor(broker, length)) return 'no-room'
  const at = journal.append(Record.rewrite, length)
  const position = journal.position + HEADER
  putU32(arena.bytes, at, partition.id)
  putF64(arena.bytes, at + 4, from)
  putF64(arena.bytes, at + 12, to)
  arena.bytes.set(batches, at + HEADER)
  const entries = entriesOf(batches, 0, batches.length, JOURNAL, position).filter(
    (entry) => entry.last >= partition.logStartOffset,
  )
  for (const entry of entries) store.retain(JOURNAL, entry.position, entry.length)
  partition.index.replace(from, to, entries, (place, was, bytes) => store.release(place, was, bytes))
  partition.transactions?.cleaned(from, to, offsetsOf(batches, 0, batches.length))
  topics.position = journal.tail
  broker.turn.touch()
  return 'done'
}

/** The same at recovery, when nothing has been retained yet. */
export function applyRewrite(topics: Topics, bytes: Uint8Array, at: number, length: number, position: number): void {
  const partition = topics.partitions.get(getU32(bytes, at))
  if (partition === undefined) return
  const from = getF64(bytes, at + 4)
  const to = getF64(bytes, at + 12)
  const entries = entriesOf(bytes, at + HEADER, length - HEADER, JOURNAL, position + HEADER)
  partition.index.replace(
    from,
    to,
    entries.filter((entry) => entry.last >= partition.logStartOffset),
    () => {},
  )
  partition.transactions?.cleaned(from, to, offsetsOf(bytes, at + HEADER, length - HEADER))
}

/** Where batches begin: a marker is a batch. */
function offsetsOf(bytes: Uint8Array, at: number, length: number): Set<number> {
  const offsets = new Set<number>()
  for (let next = at; next < at + length; next += batchSize(bytes, next)) offsets.add(baseOffset(bytes, next))
  return offsets
}

/** Whether no entry lies on both sides of an offset: tidying may have joined some meanwhile. */
function hasBorder({ index }: Partition, offset: number): boolean {
  const entry = index.find(offset)
  return entry === -1 || index.baseOffset(entry) >= offset
}
