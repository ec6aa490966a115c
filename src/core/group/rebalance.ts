import type { Group } from './classic.ts'
import { NO_TOKEN, type Out } from './commands.ts'
import { type Member, NOTHING } from './members.ts'

/** Calls all members to join again. */
export function prepareRebalance(group: Group, now: number, out: Out): void {
  if (group.state === 'CompletingRebalance') {
    for (const member of group.members.values()) {
      member.assignment = NOTHING
      if (member.sync === NO_TOKEN) continue
      group.answerSync(member, 'rebalance-in-progress', out)
      group.heardOf(member, now)
    }
  }
  for (const member of group.members.values()) member.owesSync = false
  group.syncDeadline = Number.POSITIVE_INFINITY
  const delay = group.limits.groupInitialRebalanceDelayMs
  const begins = group.state === 'Empty'
  group.gathering = begins && delay > 0
  group.gathered = false
  group.gatheringLeftMs = Math.max(group.rebalanceTimeoutMs() - delay, 0)
  group.joinDeadline = now + (group.gathering ? delay : group.rebalanceTimeoutMs())
  group.alarm(group.joinDeadline)
  group.to('PreparingRebalance')
  // The first generation waits a while, and then for nobody, whatever ids have been given out.
  if (begins && delay <= 0) completeJoin(group, now, out)
  else maybeCompleteJoin(group, now, out)
}

/** After a change of membership: calls for a rebalance, or looks whether the one under way has become complete. */
export function rebalance(group: Group, now: number, out: Out): void {
  if (group.state === 'PreparingRebalance') maybeCompleteJoin(group, now, out)
  else if (group.state !== 'Dead') prepareRebalance(group, now, out)
}

/** Ends the join phase if nobody is missing. */
export function maybeCompleteJoin(group: Group, now: number, out: Out): void {
  if (group.state !== 'PreparingRebalance' || group.gathering || group.pending.size > 0) return
  for (const member of group.members.values()) if (member.join === NO_TOKEN) return
  completeJoin(group, now, out)
}

/** Ends the join phase: who did not join again is out, static members aside, and the rest get the next generation. */
function completeJoin(group: Group, now: number, out: Out): void {
  for (const member of [...group.members.values()]) {
    if (member.join === NO_TOKEN && member.instanceId === null) group.remove(member, 'unknown-member-id', out)
  }
  if (group.members.size > 0 && !electLeader(group)) {
    // Only static members are left and none has joined: wait until their sessions end or one comes.
    group.joinDeadline = now + group.rebalanceTimeoutMs()
    group.alarm(group.joinDeadline)
    return
  }
  group.nextGeneration()
  group.gathering = false
  group.joinDeadline = Number.POSITIVE_INFINITY
  group.choose()
  if (group.members.size === 0) {
    group.to('Empty')
    group.remember(out)
    return
  }
  group.to('CompletingRebalance')
  group.rememberGiven(out)
  for (const member of group.members.values()) {
    group.answerJoin(member, group.joinReply(member), out)
    group.heardOf(member, now)
    member.isNew = false
    member.owesSync = true
  }
  group.syncDeadline = now + group.rebalanceTimeoutMs()
  group.alarm(group.syncDeadline)
}

/** Makes sure that the leader is one who has joined; false when nobody has. */
function electLeader(group: Group): boolean {
  const leader = group.leader === null ? undefined : group.members.get(group.leader)
  if (leader !== undefined && leader.join !== NO_TOKEN) return true
  for (const member of group.members.values()) {
    if (member.join === NO_TOKEN) continue
    group.leader = member.memberId
    return true
  }
  return false
}

/** Does what has come due, up to the first record, and finds the next deadline, which may have passed, too. */
export function tick(group: Group, now: number, out: Out): void {
  if (group.state === 'Dead') {
    group.wake = Number.POSITIVE_INFINITY
    return
  }
  for (const [memberId, deadline] of group.pending) if (deadline <= now) group.pending.delete(memberId)
  maybeCompleteJoin(group, now, out)
  if (out.records.length === 0) endSessions(group, now, out)
  if (out.records.length === 0 && group.joinDeadline <= now) endOfJoinPhase(group, now, out)
  if (out.records.length === 0 && group.syncDeadline <= now) endOfSyncPhase(group, now, out)
  group.wake = earliest(group)
}

function endSessions(group: Group, now: number, out: Out): void {
  const expired = [...group.members.values()].filter((member) => member.sessionDeadline <= now && !isWaiting(member))
  for (const member of expired) group.remove(member, 'unknown-member-id', out)
  if (expired.length > 0) rebalance(group, now, out)
}

/** A member with a parked request is alive as far as one can know; a new one has no session and is timed out all the same. */
function isWaiting(member: Member): boolean {
  return !member.isNew && (member.join !== NO_TOKEN || member.sync !== NO_TOKEN)
}

function endOfJoinPhase(group: Group, now: number, out: Out): void {
  if (!group.gathering || !group.gathered || group.gatheringLeftMs === 0) {
    completeJoin(group, now, out)
    return
  }
  const delay = Math.min(group.limits.groupInitialRebalanceDelayMs, group.gatheringLeftMs)
  group.gathered = false
  group.gatheringLeftMs -= delay
  group.joinDeadline = now + delay
}

function endOfSyncPhase(group: Group, now: number, out: Out): void {
  group.syncDeadline = Number.POSITIVE_INFINITY
  const late = [...group.members.values()].filter((member) => member.owesSync)
  for (const member of late) group.remove(member, 'unknown-member-id', out)
  if (late.length > 0) rebalance(group, now, out)
}

function earliest(group: Group): number {
  let first = Math.min(group.joinDeadline, group.syncDeadline)
  for (const deadline of group.pending.values()) first = Math.min(first, deadline)
  for (const member of group.members.values()) if (!isWaiting(member)) first = Math.min(first, member.sessionDeadline)
  return first
}
