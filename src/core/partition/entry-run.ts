import { baseOffset, batchSize, lastOffsetDelta, maxTimestamp } from './batch.ts'

/** Batches side by side are one entry of an index up to so many bytes. */
const RUN = 64 * 1024

/** An entry of a partition's index, as plain data. */
export interface IndexEntry {
  readonly base: number
  readonly last: number
  readonly place: number
  readonly position: number
  readonly length: number
  readonly latest: number
}

/** The entries of batches that lie side by side at `bytes[at, at + length)`, and for good at `position` of a place. */
export function entriesOf(
  bytes: Uint8Array,
  at: number,
  length: number,
  place: number,
  position: number,
): IndexEntry[] {
  const entries: IndexEntry[] = []
  for (let from = at; from < at + length; ) {
    const base = baseOffset(bytes, from)
    let to = from
    let last = base
    let latest = Number.NEGATIVE_INFINITY
    while (to < at + length && (to === from || to + batchSize(bytes, to) - from <= RUN)) {
      last = baseOffset(bytes, to) + lastOffsetDelta(bytes, to)
      latest = Math.max(latest, maxTimestamp(bytes, to))
      to += batchSize(bytes, to)
    }
    entries.push({ base, last, place, position: position + from - at, length: to - from, latest })
    from = to
  }
  return entries
}
