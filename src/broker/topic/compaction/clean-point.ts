import type { Partition } from '../../../core/partition/partition.ts'
import type { SegmentsSnapshot } from '../../../core/partition/segments.ts'
import { getF64, getU32, putF64, putU32 } from '../../../std/bytes.ts'
import { Part, Record } from '../../records.ts'
import type { Topics } from '../topics.ts'
import { applyRewrite } from './rewrite.ts'

/*
 * Compaction has been over the offsets below:
 *
 *   ┌──────────────────┬────────────┐
 *   │ partition id u32 │ offset f64 │
 *   └──────────────────┴────────────┘
 */
const LENGTH = 12

/** Notes that everything below `offset` is clean; forgotten if there is no room, for it is only work that is saved. */
export function noteCleaned(topics: Topics, partition: Partition, offset: number): void {
  const { broker } = topics
  if (!broker.hasRoomForSettlement(LENGTH * 4)) return
  const at = broker.store.journal.append(Record.cleaned, LENGTH)
  putU32(broker.arena.bytes, at, partition.id)
  putF64(broker.arena.bytes, at + 4, offset)
  partition.cleanedTo = Math.max(partition.cleanedTo, offset)
  broker.turn.touch()
}

/** Partitions in one slice of the checkpoint. */
const SLICE = 1000

interface Saved {
  readonly id: number
  readonly cleanedTo: number
  readonly segments: SegmentsSnapshot
}

/** Teaches the broker to rebuild what compaction and retention know. */
export function registerCompactionFold(topics: Topics): void {
  const { broker } = topics
  broker.applies.set(Record.rewrite, (bytes, at, length, position) => applyRewrite(topics, bytes, at, length, position))
  broker.applies.set(Record.cleaned, (bytes, at) => {
    const partition = topics.partitions.get(getU32(bytes, at))
    if (partition !== undefined) partition.cleanedTo = Math.max(partition.cleanedTo, getF64(bytes, at + 4))
  })
  broker.parts.push({
    kind: Part.upkeep,
    consistent: false,
    snapshot: () => snapshot(topics),
    load: (bytes) => {
      const { partitions = [] } = JSON.parse(Buffer.from(bytes).toString()) as { partitions?: Saved[] }
      for (const { id, cleanedTo, segments } of partitions) {
        const partition = topics.partitions.get(id)
        if (partition === undefined) continue
        partition.cleanedTo = Math.max(partition.cleanedTo, cleanedTo)
        partition.segments.load(segments)
      }
    },
  })
}

function* snapshot(topics: Topics): Generator<Uint8Array> {
  let slice: Saved[] = []
  for (const { id, cleanedTo, segments } of [...topics.partitions.values()]) {
    const saved = { id, cleanedTo, segments: segments.snapshot() }
    if (saved.segments.end === 0) continue
    slice.push(saved)
    if (slice.length < SLICE) continue
    yield Buffer.from(JSON.stringify({ partitions: slice }))
    slice = []
  }
  if (slice.length > 0) yield Buffer.from(JSON.stringify({ partitions: slice }))
}
