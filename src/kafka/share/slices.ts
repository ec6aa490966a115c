import { baseOffset, batchSize, lastOffsetDelta } from '../../core/partition/batch.ts'
import type { Slice } from '../../wire/kafka/schema.ts'

/** Leaves out the batches that end before `first` or begin behind `last`: an entry of the index may be a run of batches. */
export function withoutRest(slice: Slice, first: number, last: number): Slice {
  let { at } = slice
  const end = slice.at + slice.length
  while (at < end && baseOffset(slice.bytes, at) + lastOffsetDelta(slice.bytes, at) < first)
    at += batchSize(slice.bytes, at)
  let to = at
  while (to < end && baseOffset(slice.bytes, to) <= last) to += batchSize(slice.bytes, to)
  const kept: Slice = { bytes: slice.bytes, at, length: to - at }
  if (slice.next !== undefined) kept.next = withoutRest(slice.next, first, last)
  return kept
}
