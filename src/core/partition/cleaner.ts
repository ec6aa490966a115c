import { putVarint, varintSize } from '../../std/zigzag.ts'
import { Codec, pack } from '../../wire/kafka/compression/codec.ts'
import {
  BATCH_HEADER,
  baseOffset,
  baseTimestamp,
  batchSize,
  compression,
  deleteHorizon,
  hasAppendTime,
  isControl,
  isTransactional,
  lastOffsetDelta,
  maxTimestamp,
  producerId,
  sealBatch,
  setDeleteHorizon,
} from './batch.ts'
import { KeyMap } from './key-map.ts'
import type { RecordReader } from './record-reader.ts'
import { recordsOf } from './records.ts'

/** A transaction that was aborted: the data of its producer in these offsets count for nothing. */
export interface Aborted {
  readonly producerId: number
  readonly first: number
  readonly last: number
}

/** What tombstones are measured by. */
export interface CleanTime {
  readonly now: number
  readonly deleteRetentionMs: number
}

/** What `map` came to. */
export interface Mapped {
  /** All batches that end below are in the map. */
  readonly end: number
  /** The map took no more. */
  readonly full: boolean
}

/**
 * One cleaning of a compacted partition. First `map` is given its batches that are not clean, in their order, and learns the last offset of
 * each key; then `filter` is given all batches up to there, and leaves out every record that has a later one with its key. What stays keeps its
 * offset, and a batch keeps the offsets it stood for.
 */
export class Cleaner {
  private readonly keys: KeyMap
  /** Producers of whose transaction there are data left, before its end. */
  private readonly begun = new Set<number>()

  constructor(memory: number) {
    this.keys = new KeyMap(memory)
  }

  map(bytes: Uint8Array, aborted: readonly Aborted[]): Mapped {
    let end = -1
    for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) {
      if (!isControl(bytes, at) && !isAborted(bytes, at, aborted)) {
        const records = recordsOf(bytes, at)
        const base = baseOffset(bytes, at)
        if (records !== null && !this.takeAll(records, base)) return { end, full: true }
      }
      end = baseOffset(bytes, at) + lastOffsetDelta(bytes, at) + 1
    }
    return { end, full: false }
  }

  private takeAll(records: RecordReader, base: number): boolean {
    while (records.next()) {
      if (records.keyLength < 0) continue
      if (this.keys.room <= 0) return false
      this.keys.set(keyOf(records), base + records.offsetDelta)
    }
    return true
  }

  /** What stays of a run of batches; null if that is all of it. */
  filter(bytes: Uint8Array, aborted: readonly Aborted[], time: CleanTime): Uint8Array | null {
    const kept: Uint8Array[] = []
    let changed = false
    for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) {
      const batch = bytes.subarray(at, at + batchSize(bytes, at))
      const left = this.leftOf(batch, aborted, time)
      if (left !== batch) changed = true
      if (left !== null) kept.push(left)
    }
    return changed ? Buffer.concat(kept) : null
  }

  private leftOf(batch: Uint8Array, aborted: readonly Aborted[], time: CleanTime): Uint8Array | null {
    if (isControl(batch, 0)) return this.cleanMarker(batch, time)
    const left = isAborted(batch, 0, aborted) ? null : this.clean(batch, time)
    if (left !== null && isTransactional(left, 0)) this.begun.add(producerId(left, 0))
    return left
  }

  /** The end of a transaction goes when its data have gone, as long after that as a tombstone: who has read them before has to hear of it. */
  private cleanMarker(marker: Uint8Array, { now, deleteRetentionMs }: CleanTime): Uint8Array | null {
    if (this.begun.delete(producerId(marker, 0))) return marker
    const horizon = deleteHorizon(marker, 0)
    if (horizon !== Number.POSITIVE_INFINITY) return now > horizon ? null : marker
    const records = recordsOf(marker, 0)
    if (records === null || !records.next()) return marker
    const { start: from, restAt, end: to, timestampDelta: delta } = records
    return rebuild(marker, records.bytes, [{ from, restAt, to, delta }], now + deleteRetentionMs)
  }

  /** The batch as it is, another one with fewer records or with a horizon, or null. */
  private clean(batch: Uint8Array, { now, deleteRetentionMs }: CleanTime): Uint8Array | null {
    const records = recordsOf(batch, 0)
    // What can't be read is not thrown away.
    if (records === null) return batch
    const base = baseOffset(batch, 0)
    const horizon = deleteHorizon(batch, 0)
    const keeps: { from: number; restAt: number; to: number; delta: number }[] = []
    let count = 0
    let tombstones = 0
    for (; records.next(); count++) {
      if (records.keyLength < 0) continue
      const isLast = base + records.offsetDelta >= this.keys.get(keyOf(records))
      if (!isLast || (records.valueLength < 0 && now > horizon)) continue
      if (records.valueLength < 0) tombstones++
      keeps.push({ from: records.start, restAt: records.restAt, to: records.end, delta: records.timestampDelta })
    }
    if (records.broken) return batch
    if (keeps.length === 0) return null
    const marks = tombstones > 0 && horizon === Number.POSITIVE_INFINITY
    if (keeps.length === count && !marks) return batch
    return rebuild(batch, records.bytes, keeps, marks ? now + deleteRetentionMs : -1)
  }
}

interface Keep {
  readonly from: number
  readonly restAt: number
  readonly to: number
  readonly delta: number
}

/** A batch of some of another one's records. With a horizon their timestamps count from it. */
function rebuild(batch: Uint8Array, source: Uint8Array, keeps: readonly Keep[], horizon: number): Uint8Array {
  const base = baseTimestamp(batch, 0)
  const shift = horizon >= 0 ? base - horizon : 0
  let size = 0
  let latest = -1
  for (const keep of keeps) {
    size += keep.to - keep.from + (shift === 0 ? 0 : 20)
    latest = Math.max(latest, base + keep.delta)
  }
  const records = new Uint8Array(size)
  let at = 0
  for (const keep of keeps) at = putRecord(records, at, source, keep, shift)
  const plain = records.subarray(0, at)
  const codec = compression(batch, 0)
  const packed = codec === Codec.none ? plain : pack(codec, plain, PLAIN_LEVEL)
  const out = new Uint8Array(BATCH_HEADER + packed.length)
  out.set(batch.subarray(0, BATCH_HEADER))
  out.set(packed, BATCH_HEADER)
  if (horizon >= 0) setDeleteHorizon(out, 0, horizon)
  sealBatch(out, 0, out.length, keeps.length, hasAppendTime(batch, 0) ? maxTimestamp(batch, 0) : latest)
  return out
}

/** The level of gzip and zstd that their libraries take for good. */
const PLAIN_LEVEL = 3

function putRecord(into: Uint8Array, at: number, source: Uint8Array, keep: Keep, shift: number): number {
  if (shift === 0) {
    into.set(source.subarray(keep.from, keep.to), at)
    return at + keep.to - keep.from
  }
  const delta = keep.delta + shift
  const rest = keep.to - keep.restAt
  let to = putVarint(into, at, 1 + varintSize(delta) + rest)
  into[to++] = 0
  to = putVarint(into, to, delta)
  into.set(source.subarray(keep.restAt, keep.to), to)
  return to + rest
}

function keyOf({ bytes, keyAt, keyLength }: RecordReader): Uint8Array {
  return bytes.subarray(keyAt, keyAt + keyLength)
}

/** Whether the batch belongs to one of these transactions. */
export function isAborted(bytes: Uint8Array, at: number, aborted: readonly Aborted[]): boolean {
  if (aborted.length === 0 || !isTransactional(bytes, at)) return false
  const id = producerId(bytes, at)
  const base = baseOffset(bytes, at)
  return aborted.some((one) => one.producerId === id && one.first <= base && base <= one.last)
}
