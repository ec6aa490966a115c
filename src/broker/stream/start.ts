import type { Partition } from '../../core/partition/partition.ts'
import type { Start } from '../../core/stream/start.ts'
import { searchTimestamp } from '../topic/search.ts'
import type { Topics } from '../topic/topics.ts'

/** Finds the offset at which a consumer begins; `found` is called once, perhaps at once. */
export function firstOffset(topics: Topics, partition: Partition, start: Start, found: (offset: number) => void): void {
  const { index, logStartOffset, endOffset } = partition
  if (start.at === 'offset') found(start.offset)
  else if (start.at === 'next') found(endOffset)
  else if (start.at === 'first' || index.count === 0) found(logStartOffset)
  else if (start.at === 'last') found(index.baseOffset(index.lastEntry()))
  else {
    searchTimestamp(topics, partition, start.time, partition.lastStableOffset, (_error, stamp) =>
      found(stamp === null ? endOffset : stamp.offset),
    )
  }
}
