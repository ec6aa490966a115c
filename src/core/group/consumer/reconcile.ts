import { type Assignment, filtered, membership, NO_PARTITIONS, union } from './assignment.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { type Current, isReconciled, sinceOf } from './member.ts'

/**
 * Takes a member one step towards its target: partitions that it is not to have any more go first, and while it still has them it
 * stays in its epoch; then it gets those that are free, and waits for the rest. `owned` is what the member says it has, null if it did not say.
 */
export function reconcile(
  group: ConsumerGroup,
  current: Current,
  target: Assignment,
  owned: Assignment | null,
): Current {
  if (current.state === 'stable' && current.epoch === group.targetEpoch) return current
  if (current.state === 'unrevoked') {
    return ownsAny(current.revoking, owned) ? current : next(group, current, current.epoch + 1, target, owned)
  }
  return next(group, current, current.epoch, target, owned)
}

/** Of a member that would stay as it is, but does not read some topics any more: what it has of them goes at once, before there is a new target. */
export function withoutUnread(
  group: ConsumerGroup,
  current: Current,
  reads: (topicId: string) => boolean,
  owned: Assignment | null,
): Current {
  const stays =
    current.state === 'unrevoked' ? ownsAny(current.revoking, owned) : isReconciled(current, group.targetEpoch)
  if (!stays) return current
  const more = filtered(current.assigned, (topicId) => !reads(topicId))
  if (more.size === 0) return current
  const assigned = filtered(current.assigned, reads)
  const goes = ownsAny(more, owned) || current.state === 'unrevoked'
  const revoking = goes ? union(current.revoking, more) : NO_PARTITIONS
  const since = sinceOf(current.since, current.epoch, assigned, revoking)
  return { ...current, state: goes ? 'unrevoked' : 'stable', assigned, revoking, since }
}

function next(
  group: ConsumerGroup,
  current: Current,
  epoch: number,
  target: Assignment,
  owned: Assignment | null,
): Current {
  const wanted = membership(target)
  const had = membership(current.assigned)
  const kept = filtered(current.assigned, wanted)
  const revoking = filtered(current.assigned, (topicId, partition) => !wanted(topicId, partition))
  if (revoking.size > 0 && ownsAny(revoking, owned)) {
    const since = sinceOf(current.since, epoch, kept, revoking)
    return { epoch, previousEpoch: previous(current, epoch), state: 'unrevoked', assigned: kept, revoking, since }
  }
  let waits = false
  const free = filtered(target, (topicId, partition) => {
    if (had(topicId, partition)) return false
    if (group.ownerOf(topicId, partition) === undefined) return true
    waits = true
    return false
  })
  const assigned = union(kept, free)
  return {
    epoch: group.targetEpoch,
    previousEpoch: previous(current, group.targetEpoch),
    state: waits ? 'unreleased' : 'stable',
    assigned,
    revoking: NO_PARTITIONS,
    since: sinceOf(current.since, group.targetEpoch, assigned),
  }
}

/** The epoch before the last change of it: a client that did not get the answer comes with that. */
function previous(current: Current, epoch: number): number {
  return epoch === current.epoch ? current.previousEpoch : current.epoch
}

/** Who does not say what he has may still have all of it. */
function ownsAny(revoking: Assignment, owned: Assignment | null): boolean {
  if (owned === null) return true
  const isRevoking = membership(revoking)
  for (const [topicId, partitions] of owned) {
    for (const partition of partitions) if (isRevoking(topicId, partition)) return true
  }
  return false
}
