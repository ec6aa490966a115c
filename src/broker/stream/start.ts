import type { Partition } from '../../core/partition/partition.ts'
import type { Start } from '../../core/stream/start.ts'
import { searchTimestamp } from '../topic/search.ts'
import type { Topics } from '../topic/topics.ts'

/**
 * Finds the offset at which a consumer begins; `found` is called once, perhaps at once. With `whole` it begins with the batch that the offset
 * is in: the last one, which is what a turn brought, as RabbitMQ's last chunk is.
 */
export function firstOffset(
  topics: Topics,
  partition: Partition,
  start: Start,
  found: (offset: number, whole: boolean) => void,
): void {
  const { index, logStartOffset, endOffset, lastStableOffset } = partition
  if (start.at === 'offset') found(start.offset, false)
  else if (start.at === 'next') found(endOffset, false)
  else if (start.at === 'first' || index.count === 0) found(logStartOffset, false)
  else if (start.at === 'last') found(Math.max(logStartOffset, lastStableOffset - 1), true)
  else {
    // Also among what nobody may see yet: the reader waits for that.
    searchTimestamp(topics, partition, start.time, endOffset, (_error, stamp) =>
      found(stamp === null ? endOffset : stamp.offset, false),
    )
  }
}
