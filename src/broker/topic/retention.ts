import type { Partition } from '../../core/partition/partition.ts'
import type { Topic } from './topic.ts'
import type { Topics } from './topics.ts'
import { trimPartition } from './trim.ts'

/** Partitions that one step looks at, and entries of each. */
const PARTITIONS = 256
const ENTRIES = 1024

/** Looks after retention every `retentionCheckMs`, a bounded number of partitions at a time. */
export function startRetention(topics: Topics): void {
  const { broker, options } = topics
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
        const topic = topics.byName.get(partition.topic)
        partition.producers.expire(now - topics.options.producerExpiryMs)
        if (!partition.deleted && topic !== undefined) expire(topics, topic, partition, now)
      }
      return next === partitions.length
    },
  }
}

/** Moves a partition's start by as much as one look finds; what is more waits for the next. */
function expire(topics: Topics, topic: Topic, partition: Partition, now: number): void {
  const { retentionMs, retentionBytes } = topic.settings
  if (retentionMs === Number.POSITIVE_INFINITY && retentionBytes === Number.POSITIVE_INFINITY) return
  const offset = partition.index.expired(now - retentionMs, retentionBytes, partition.highWatermark, ENTRIES)
  if (offset > partition.logStartOffset && topics.broker.hasRoomForSettlement(64)) {
    trimPartition(topics, partition, offset)
  }
}
