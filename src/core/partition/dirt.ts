import type { Partition } from './partition.ts'

/** How long records stay as they are, and how dirty a log may get. */
export interface CleanSettings {
  readonly minLagMs: number
  readonly maxLagMs: number
  readonly dirtyRatio: number
}

/** What compaction could do to a partition. */
export interface Dirt {
  /** It has not been over the offsets `[from, end)`, and may go over them. */
  readonly from: number
  readonly end: number
  /** Their share in the log up to `end`. */
  readonly ratio: number
  /** Whether it is to be done. */
  readonly due: boolean
}

/**
 * Looks at a compacted partition. The active segment stays as it is, and all that is not `stable`: of an open transaction nobody knows whether it
 * counts. So does a segment with a record that is younger than the shortest lag.
 */
export function dirtOf(partition: Partition, settings: CleanSettings, stable: number, now: number): Dirt | null {
  const { index, segments, logStartOffset } = partition
  const from = Math.max(partition.cleanedTo, logStartOffset)
  const starts = segments.all()
  let end = Math.min(stable, segments.active)
  if (settings.minLagMs > 0) {
    for (let i = 0; i < starts.length && starts[i]! < end; i++) {
      const next = starts[i + 1] ?? partition.endOffset
      if (next <= from || index.isOlder(starts[i]!, next, now - settings.minLagMs + 1)) continue
      end = Math.max(from, starts[i]!)
    }
  }
  if (end <= from) return null
  const dirty = index.bytesBetween(from, end)
  const first = index.find(from)
  if (dirty === 0 || first === -1) return null
  const ratio = dirty / (index.bytesBetween(logStartOffset, from) + dirty)
  const late = index.maxTimestamp(first) < now - settings.maxLagMs
  return { from, end, ratio, due: late || ratio > settings.dirtyRatio }
}
