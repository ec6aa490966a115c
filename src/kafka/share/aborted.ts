import { baseOffset, batchSize, isTransactional, lastOffsetDelta, producerId } from '../../core/partition/batch.ts'
import type { Slice } from '../../wire/kafka/schema.ts'

/** Neighbouring offsets. */
export interface Span {
  readonly first: number
  readonly last: number
}

/** A producer's records from here to there belong to a transaction that was aborted. */
export interface AbortedSpan extends Span {
  readonly producerId: number
}

/** The batches among these that belong to aborted transactions. */
export function abortedBatches(records: Slice, aborted: readonly AbortedSpan[]): Span[] {
  const found: Span[] = []
  if (aborted.length === 0) return found
  for (let slice: Slice | undefined = records; slice !== undefined; slice = slice.next) {
    const { bytes } = slice
    for (let at = slice.at; at < slice.at + slice.length; at += batchSize(bytes, at)) {
      if (!isTransactional(bytes, at)) continue
      const [id, first] = [producerId(bytes, at), baseOffset(bytes, at)]
      const isAborted = aborted.some((one) => one.producerId === id && one.first <= first && first <= one.last)
      if (isAborted) found.push({ first, last: first + lastOffsetDelta(bytes, at) })
    }
  }
  return found
}

/** What of `runs` lies outside of `hidden`; both rise. */
export function without<R extends Span>(runs: readonly R[], hidden: readonly Span[]): R[] {
  const kept: R[] = []
  for (const run of runs) {
    let { first } = run
    for (const one of hidden) {
      if (one.last < first || one.first > run.last) continue
      if (one.first > first) kept.push({ ...run, first, last: one.first - 1 })
      first = one.last + 1
    }
    if (first <= run.last) kept.push({ ...run, first })
  }
  return kept
}
