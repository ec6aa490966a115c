import { batchSize, maxTimestamp } from '../../core/partition/batch.ts'
import type { Partition } from '../../core/partition/partition.ts'
import { firstSince, latestIn, mustUnpackLatest, mustUnpackSince, type Stamp } from '../../core/partition/records.ts'
import { readAll } from './read.ts'
import type { Topics } from './topics.ts'
import { workOn } from './work.ts'

/** Called once, perhaps at once: with null if there is no such record. */
export type FoundStamp = (error: Error | null, stamp: Stamp | null) => void

/** Looks for the first record below `end` whose timestamp is `timestamp` or later. */
export function searchTimestamp(
  topics: Topics,
  partition: Partition,
  timestamp: number,
  end: number,
  found: FoundStamp,
): void {
  const { index } = partition
  // An entry may promise more than it holds: its records lie below the log's start, or have no time of their own.
  const searchFrom = (first: number) => {
    let entry = first
    while (entry !== -1 && index.maxTimestamp(entry) < timestamp) entry = index.next(entry)
    if (entry === -1 || index.baseOffset(entry) >= end) {
      found(null, null)
      return
    }
    const after = index.lastOffset(entry) + 1
    withEntry(topics, partition, entry, found, (bytes, at, length) => {
      searchRun(topics, partition, timestamp, bytes, at, at + length, (error, stamp) => {
        if (error !== null || stamp !== null) found(error, stamp)
        else searchFrom(index.find(after))
      })
    })
  }
  searchFrom(index.findTimestamp(timestamp))
}

/** Looks through a run of batches; one that is packed is opened off the loop. */
function searchRun(
  topics: Topics,
  partition: Partition,
  timestamp: number,
  bytes: Uint8Array,
  at: number,
  end: number,
  found: FoundStamp,
): void {
  const from = partition.logStartOffset
  for (let next = at; next < end; next += batchSize(bytes, next)) {
    if (mustUnpackSince(bytes, next, timestamp, from)) {
      // What is in the arena may be written over meanwhile.
      const rest = bytes.slice(next, end)
      const size = batchSize(rest, 0)
      const task = { kind: 'first-since', bytes: rest.slice(0, size), timestamp, from } as const
      workOn(topics.broker.env.compute, task, (error, stamp) => {
        if (error !== null || isReadable(partition, stamp)) found(error, stamp)
        else searchRun(topics, partition, timestamp, rest, size, rest.length, found)
      })
      return
    }
    const stamp = firstSince(bytes, next, timestamp, from)
    if (isReadable(partition, stamp)) {
      found(null, stamp)
      return
    }
  }
  found(null, null)
}

function isReadable(partition: Partition, stamp: Stamp | null): boolean {
  return stamp !== null && stamp.offset >= partition.logStartOffset
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
  const time = index.maxTimestamp(latest)
  withEntry(topics, partition, latest, found, (bytes, at, length) => {
    let batch = at
    while (batch + batchSize(bytes, batch) < at + length && maxTimestamp(bytes, batch) < time) {
      batch += batchSize(bytes, batch)
    }
    if (!mustUnpackLatest(bytes, batch)) {
      found(null, latestIn(bytes, batch))
      return
    }
    const task = { kind: 'latest', bytes: bytes.slice(batch, batch + batchSize(bytes, batch)) } as const
    workOn(topics.broker.env.compute, task, found)
  })
}

/** Hands over an entry's batches, from the arena, now, or read into memory of their own. */
function withEntry(
  topics: Topics,
  partition: Partition,
  entry: number,
  failed: FoundStamp,
  then: (bytes: Uint8Array, at: number, length: number) => void,
): void {
  const { index } = partition
  const { store, arena } = topics.broker
  const place = index.place(entry)
  const position = index.position(entry)
  const length = index.length(entry)
  const at = store.locate(place, position, length)
  if (at >= 0) {
    then(arena.bytes, at, length)
    return
  }
  const pieces = [{ place, position, length }]
  const buffer = new Uint8Array(length)
  readAll(store, arena.bytes, { pieces }, buffer, 0, (error) => {
    if (error === null) then(buffer, 0, length)
    else failed(error, null)
  })
}
