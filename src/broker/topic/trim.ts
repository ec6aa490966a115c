import type { Partition } from '../../core/partition/partition.ts'
import { getF64, getU32, putF64, putU32 } from '../../std/bytes.ts'
import { Record } from '../records.ts'
import { dropEntries } from './delete.ts'
import type { Topics } from './topics.ts'

/*
 * The log of a partition begins at a later offset now:
 *
 *   ┌──────────────────┬────────────┐
 *   │ partition id u32 │ offset f64 │
 *   └──────────────────┴────────────┘
 */
const LENGTH = 12

/** Forgets the records below `offset`, which is not above the high watermark. */
export function trimPartition(topics: Topics, partition: Partition, offset: number): void {
  if (offset <= partition.logStartOffset) return
  const { broker } = topics
  const at = broker.store.journal.append(Record.logStart, LENGTH)
  putU32(broker.arena.bytes, at, partition.id)
  putF64(broker.arena.bytes, at + 4, offset)
  topics.position = broker.store.journal.tail
  partition.moveStart(offset)
  broker.turn.start(dropEntries(broker, partition, offset))
}

/** The same at recovery, when nothing has been retained yet. */
export function applyTrim(topics: Topics, bytes: Uint8Array, at: number): void {
  const partition = topics.partitions.get(getU32(bytes, at))
  if (partition === undefined) return
  const offset = getF64(bytes, at + 4)
  partition.moveStart(offset)
  partition.index.trimBefore(offset, Number.MAX_SAFE_INTEGER, () => {})
}
