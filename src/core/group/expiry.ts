import type { Group } from './classic.ts'
import type { TopicsView } from './consumer/world.ts'
import { subscribedTopics } from './subscription.ts'

/**
 * Finds the offsets whose retention is over. While a group has members, that are those of topics which none of them reads, counted from
 * the commit. Without members it counts from when the last one left, or from the commit for a group that never had any.
 */
export function expiredOffsets(
  group: Group,
  topics: TopicsView,
  wallTime: number,
  found: (topic: string, partition: number) => void,
): void {
  const retention = group.limits.offsetsRetentionMs
  const emptySince = group.image !== null && group.state === 'Empty' ? group.image.changedAt : null
  let kept: ReadonlySet<string> | null = null
  if (group.hasMembers) {
    kept = group.state === 'Stable' || group.consumer !== null ? subscribedTopics(group, topics) : null
    if (kept === null) return
  }
  for (const [topic, partitions] of group.offsets.topics) {
    if (kept?.has(topic)) continue
    for (const [partition, committed] of partitions) {
      if (wallTime - Math.max(emptySince ?? 0, committed.committedAt) >= retention) found(topic, partition)
    }
  }
}

/** Whether nothing is left of a group that would be missed. */
export function isForgettable(group: Group): boolean {
  return !group.hasMembers && group.offsets.isEmpty && group.pending.size === 0
}
