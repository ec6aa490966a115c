import type { Group } from './classic.ts'
import { subscribedTopics } from './subscription.ts'

/**
 * Finds the offsets whose retention is over. While a group has members, that are those of topics which none of them reads, counted from
 * the commit. Without members it counts from when the last one left, or from the commit for a group that never had any.
 */
export function expiredOffsets(
  group: Group,
  wallTime: number,
  found: (topic: string, partition: number) => void,
): void {
  const retention = group.limits.offsetsRetentionMs
  const emptySince = group.image !== null && group.state === 'Empty' ? group.image.changedAt : null
  let kept: Set<string> | null = null
  if (group.state !== 'Empty') {
    kept = group.state === 'Stable' ? subscribedTopics(group) : null
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
  return group.state === 'Empty' && group.offsets.isEmpty && group.pending.size === 0
}
