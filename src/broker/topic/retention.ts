import type { Partition } from '../../core/partition/partition.ts'
import { Compaction } from './compaction/compaction.ts'
import type { Topic } from './topic.ts'
import type { Topics } from './topics.ts'
import { trimPartition } from './trim.ts'

/** Partitions that one step looks at. */
const PARTITIONS = 256

/** Looks after retention every `retentionCheckMs`, a bounded number of partitions at a time, and after compaction. */
export function startRetention(topics: Topics): void {
  const { broker, options } = topics
  new Compaction(topics).start()
  const run = () => {
    broker.turn.start(enforceRetention(topics))
    broker.timers.after(options.retentionCheckMs, run)
  }
  broker.timers.after(options.retentionCheckMs, run)
}

/** Lets go of what every topic need not keep any more. */
export function enforceRetention(topics: Topics): { step(): boolean } {
  const partitions = [...topics.partitions.values()]
  const now = topics.broker.env.clock.now()
  let next = 0
  return {
    step() {
      const end = Math.min(partitions.length, next + PARTITIONS)
      for (; next < end; next++) {
        const partition = partitions[next]!
        const topic = topics.topicOf(partition)
        partition.producers.expire(now - topics.options.producerExpiryMs)
        if (!partition.deleted && topic !== undefined) expire(topics, topic, partition, now)
      }
      return next === partitions.length
    },
  }
}

/** Moves a partition's start to behind the segments that need not be kept. */
function expire(topics: Topics, topic: Topic, partition: Partition, now: number): void {
  const { retentionMs, retentionBytes } = topic.settings
  if (retentionMs === Number.POSITIVE_INFINITY && retentionBytes === Number.POSITIVE_INFINITY) return
  const { index, segments } = partition
  const starts = segments.all()
  let over = index.size - retentionBytes
  let offset = partition.logStartOffset
  for (let i = 0; i < starts.length; i++) {
    const next = starts[i + 1] ?? partition.endOffset
    if (next > partition.highWatermark) break
    const tooOld = retentionMs < Number.POSITIVE_INFINITY && index.isOlder(starts[i]!, next, now - retentionMs)
    const bytes = over > 0 ? index.bytesBetween(starts[i]!, next) : Number.POSITIVE_INFINITY
    if (!tooOld && over < bytes) break
    over -= bytes
    offset = next
  }
  if (offset > partition.logStartOffset && topics.broker.hasRoomForSettlement(64)) {
    trimPartition(topics, partition, offset)
  }
}
