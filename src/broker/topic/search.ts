import { batchSize } from '../../core/partition/batch.ts'
import type { Partition } from '../../core/partition/partition.ts'
import { firstSince, latestIn, type Stamp } from '../../core/partition/records.ts'
import { type ReadPlan, readAll } from './read.ts'
import type { Topics } from './topics.ts'

/** Called once, perhaps at once: with null if there is no such record. */
export type FoundStamp = (error: Error | null, stamp: Stamp | null) => void

/** Looks for the first readable record whose timestamp is `timestamp` or later. */
export function searchTimestamp(topics: Topics, partition: Partition, timestamp: number, found: FoundStamp): void {
  const { index } = partition
  const look = (bytes: Uint8Array, at: number, length: number) => {
    for (let next = at; next < at + length; next += batchSize(bytes, next)) {
      const stamp = firstSince(bytes, next, timestamp)
      if (stamp !== null && stamp.offset >= partition.logStartOffset) return stamp
    }
    return null
  }
  // An entry may promise more than it holds: its records lie below the log's start, or have no time of their own.
  const searchFrom = (first: number) => {
    for (let entry = first; ; entry = index.next(entry)) {
      while (entry !== -1 && index.maxTimestamp(entry) < timestamp) entry = index.next(entry)
      if (entry === -1 || index.lastOffset(entry) >= partition.highWatermark) {
        found(null, null)
        return
      }
      const length = index.length(entry)
      const at = locateEntry(topics, partition, entry)
      if (at < 0) {
        const after = index.lastOffset(entry) + 1
        readEntry(topics, partition, entry, (error, bytes) => {
          const stamp = error === null ? look(bytes, 0, length) : null
          if (error !== null || stamp !== null) found(error, stamp)
          else searchFrom(index.find(after))
        })
        return
      }
      const stamp = look(topics.broker.arena.bytes, at, length)
      if (stamp !== null) {
        found(null, stamp)
        return
      }
    }
  }
  searchFrom(index.findTimestamp(timestamp))
}

/** Looks for the readable record with the greatest timestamp, the first one if there are several. */
export function searchLatest(topics: Topics, partition: Partition, found: FoundStamp): void {
  const { index } = partition
  let latest = -1
  for (let entry = index.firstEntry(); entry !== -1; entry = index.next(entry)) {
    if (index.lastOffset(entry) >= partition.highWatermark) break
    if (latest === -1 || index.maxTimestamp(entry) > index.maxTimestamp(latest)) latest = entry
  }
  if (latest === -1) {
    found(null, null)
    return
  }
  const length = index.length(latest)
  const at = locateEntry(topics, partition, latest)
  if (at >= 0) found(null, latestOf(topics.broker.arena.bytes, at, length))
  else {
    readEntry(topics, partition, latest, (error, bytes) => {
      found(error, error === null ? latestOf(bytes, 0, length) : null)
    })
  }
}

function latestOf(bytes: Uint8Array, at: number, length: number): Stamp | null {
  let best: Stamp | null = null
  for (let next = at; next < at + length; next += batchSize(bytes, next)) {
    const stamp = latestIn(bytes, next)
    if (best === null || stamp.timestamp > best.timestamp) best = stamp
  }
  return best
}

/** Where in the arena an entry's batches are, or -1. */
function locateEntry(topics: Topics, { index }: Partition, entry: number): number {
  return topics.broker.store.locate(index.place(entry), index.position(entry), index.length(entry))
}

/** Reads an entry's batches into memory of their own. */
function readEntry(
  topics: Topics,
  partition: Partition,
  entry: number,
  done: (error: Error | null, bytes: Uint8Array) => void,
): void {
  const { index } = partition
  const { store, arena } = topics.broker
  const length = index.length(entry)
  const plan: ReadPlan = {
    partition,
    offset: index.baseOffset(entry),
    maxBytes: length,
    pieces: [{ place: index.place(entry), position: index.position(entry), length }],
    bytes: length,
  }
  const buffer = new Uint8Array(length)
  readAll(store, arena.bytes, plan, buffer, 0, (error) => done(error, buffer))
}
