import { batchSize } from '../../core/partition/batch.ts'
import type { Partition } from '../../core/partition/partition.ts'
import { firstSince, latestIn, type Stamp } from '../../core/partition/records.ts'
import { type ReadPlan, readAll } from './read.ts'
import type { Topics } from './topics.ts'

/** Called once, perhaps at once: with null if there is no such record. */
export type FoundStamp = (error: Error | null, stamp: Stamp | null) => void

/** Looks for the first readable record whose timestamp is `timestamp` or later. */
export function searchTimestamp(topics: Topics, partition: Partition, timestamp: number, found: FoundStamp): void {
  const entry = partition.index.findTimestamp(timestamp)
  lookInto(topics, partition, entry, found, (bytes, at, length) => {
    for (let next = at; next < at + length; next += batchSize(bytes, next)) {
      const stamp = firstSince(bytes, next, timestamp)
      if (stamp !== null && stamp.offset >= partition.logStartOffset) return stamp
    }
    return null
  })
}

/** Looks for the readable record with the greatest timestamp, the first one if there are several. */
export function searchLatest(topics: Topics, partition: Partition, found: FoundStamp): void {
  const { index } = partition
  let latest = -1
  for (let entry = index.firstEntry(); entry !== -1; entry = index.next(entry)) {
    if (index.lastOffset(entry) >= partition.highWatermark) break
    if (latest === -1 || index.maxTimestamp(entry) > index.maxTimestamp(latest)) latest = entry
  }
  lookInto(topics, partition, latest, found, (bytes, at, length) => {
    let best: Stamp | null = null
    for (let next = at; next < at + length; next += batchSize(bytes, next)) {
      const stamp = latestIn(bytes, next)
      if (best === null || stamp.timestamp > best.timestamp) best = stamp
    }
    return best
  })
}

/** Reads an entry's bytes, from the disk if need be, and has `look` look into them. */
function lookInto(
  topics: Topics,
  partition: Partition,
  entry: number,
  found: FoundStamp,
  look: (bytes: Uint8Array, at: number, length: number) => Stamp | null,
): void {
  const { index } = partition
  if (entry === -1 || index.lastOffset(entry) >= partition.highWatermark) {
    found(null, null)
    return
  }
  const { store, arena } = topics.broker
  const place = index.place(entry)
  const position = index.position(entry)
  const length = index.length(entry)
  const at = store.locate(place, position, length)
  if (at >= 0) {
    found(null, look(arena.bytes, at, length))
    return
  }
  const offset = index.baseOffset(entry)
  const plan: ReadPlan = { partition, offset, maxBytes: length, pieces: [{ place, position, length }], bytes: length }
  const buffer = new Uint8Array(length)
  readAll(store, arena.bytes, plan, buffer, 0, (error) => found(error, error === null ? look(buffer, 0, length) : null))
}
