import type { Group } from '../../core/group/classic.ts'
import { NO_TOKEN } from '../../core/group/commands.ts'
import { expiredOffsets, isForgettable } from '../../core/group/expiry.ts'
import type { Task } from '../turn.ts'
import { removalRoom, removeOffsets } from './commit.ts'
import type { Groups } from './groups.ts'

/** Groups looked at in one turn. */
const GROUPS_PER_STEP = 50

/** Looks through all groups now and then for offsets that are too old, and for groups of which nothing is left. */
export function scheduleExpiry(groups: Groups): void {
  groups.broker.timers.after(groups.limits.offsetsRetentionCheckIntervalMs, () => {
    groups.broker.turn.start(new Sweep(groups))
    scheduleExpiry(groups)
  })
}

class Sweep implements Task {
  private readonly groups: Groups
  private readonly left: Iterator<Group>

  constructor(groups: Groups) {
    this.groups = groups
    this.left = [...groups.byName.values()].values()
  }

  step(): boolean {
    for (let i = 0; i < GROUPS_PER_STEP; i++) {
      const { done, value } = this.left.next()
      if (done) return true
      expireGroup(this.groups, value)
    }
    return false
  }
}

/** Without room nothing happens: the next sweep finds the same. */
export function expireGroup(groups: Groups, group: Group): void {
  const { broker } = groups
  const list: { topic: string; partition: number }[] = []
  expiredOffsets(group, groups.topics, broker.env.clock.now(), (topic, partition) => list.push({ topic, partition }))
  if (list.length > 0) {
    if (!broker.hasRoomForSettlement(removalRoom(group, list))) return
    removeOffsets(groups, group, list)
  }
  if (!isForgettable(group)) return
  if (group.image === null && group.consumer === null) {
    group.lingers = false
    group.offsets.lingers = false
    groups.settle(group)
    return
  }
  if (broker.hasRoomForSettlement(groups.roomFor(group, 0))) groups.handle(group, { kind: 'delete', token: NO_TOKEN })
}
