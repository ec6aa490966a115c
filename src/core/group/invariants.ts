import { assert } from '../../std/assert.ts'
import type { Group } from './classic.ts'
import { NO_TOKEN } from './commands.ts'

/** Stops when a group's state contradicts itself. */
export function checkGroup(group: Group): void {
  const members = [...group.members.values()]
  if (group.consumer !== null) {
    assert(group.state === 'Empty' || group.state === 'Dead', 'a group of both protocols')
    assert(group.image === null, 'a classic image beside the consumer protocol')
    group.consumer.invariants()
  }
  const hasMembers = members.length > 0
  if (group.state === 'Empty' || group.state === 'Dead') assert(!hasMembers, `${group.state} group with members`)
  if (group.state === 'Stable' || group.state === 'CompletingRebalance') {
    assert(hasMembers, `${group.state} group without members`)
    assert(group.protocol !== null, `${group.state} group without a protocol`)
  }
  assert(group.given >= group.generation, 'a generation that was never given out')
  if (hasMembers) assert(group.leader !== null && group.members.has(group.leader), 'the leader is not a member')
  const preparing = group.state === 'PreparingRebalance'
  assert(preparing === Number.isFinite(group.joinDeadline), 'a join deadline is there in the join phase and only there')
  if (Number.isFinite(group.syncDeadline)) {
    assert(group.state === 'CompletingRebalance' || group.state === 'Stable', 'a sync deadline outside the sync phase')
  }
  for (const member of members) {
    if (member.join !== NO_TOKEN) assert(preparing, 'a join is parked outside the join phase')
    if (member.sync !== NO_TOKEN) assert(group.state === 'CompletingRebalance', 'a sync is parked outside its phase')
    if (member.owesSync) assert(Number.isFinite(group.syncDeadline), 'a sync is owed and nobody counts the time')
    if (member.isNew) assert(preparing, 'a member outside of any generation')
    assert(!group.pending.has(member.memberId), 'a member whose id is still pending')
    if (member.instanceId !== null) {
      assert(group.statics.get(member.instanceId) === member.memberId, 'a static member that does not own its id')
    }
  }
  assert(group.statics.size === members.filter((one) => one.instanceId !== null).length, 'an instance id of nobody')
  if (group.state === 'Stable') checkImage(group)
}

function checkImage(group: Group): void {
  const image = group.image
  assert(image !== null, 'a stable group that is not on record')
  assert(image.generation === group.generation, 'the stable generation is not the one on record')
  assert(image.members.map((one) => one.memberId).join() === [...group.members.keys()].join(), 'members not on record')
}
