import { answer, type Group, joinRefusal } from './classic.ts'
import { type JoinCommand, NO_TOKEN, type Out, type Refusal } from './commands.ts'
import { type Member, NOTHING, sameProtocols, selectProtocol } from './members.ts'
import { maybeCompleteJoin, prepareRebalance, rebalance } from './rebalance.ts'

/** JoinGroup: answered at once, or parked until the join phase ends. */
export function join(group: Group, command: JoinCommand, now: number, out: Out): void {
  const refusal = refusalOf(group, command)
  if (refusal !== 'none') {
    const memberId = refusal === 'group-max-size-reached' ? '' : command.memberId
    answer(out, command.token, joinRefusal(refusal, memberId))
    if (refusal === 'group-max-size-reached') forget(group, command.memberId, now, out)
  } else if (command.memberId !== '') joinAgain(group, command, now, out)
  else if (command.instanceId !== null) joinStatic(group, command, now, out)
  else if (command.requireKnownMemberId) {
    const deadline = now + command.sessionTimeoutMs
    group.pending.set(command.newMemberId, deadline)
    group.lingers = true
    group.alarm(deadline)
    answer(out, command.token, joinRefusal('member-id-required', command.newMemberId))
  } else addMember(group, command.newMemberId, command, now, out)
}

function refusalOf(group: Group, command: JoinCommand): Refusal {
  if (group.state === 'Dead') return 'coordinator-not-available'
  if (!hasRoom(group, command.memberId)) return 'group-max-size-reached'
  return supportsProtocols(group, command) ? 'none' : 'inconsistent-group-protocol'
}

/** Members of a rebalance count from when they have joined it, so that the first ones get the places. */
function hasRoom(group: Group, memberId: string): boolean {
  const member = group.members.get(memberId)
  if (group.state === 'Empty') return true
  if (group.state !== 'PreparingRebalance')
    return member !== undefined || group.members.size < group.limits.groupMaxSize
  if (member !== undefined && member.join !== NO_TOKEN) return true
  let joined = 0
  for (const one of group.members.values()) if (one.join !== NO_TOKEN) joined++
  return joined < group.limits.groupMaxSize
}

/** Who found no place is not waited for. */
function forget(group: Group, memberId: string, now: number, out: Out): void {
  const member = group.members.get(memberId)
  if (member !== undefined) group.remove(member, 'unknown-member-id', out)
  if (group.pending.delete(memberId) || member !== undefined) maybeCompleteJoin(group, now, out)
}

function supportsProtocols(group: Group, command: JoinCommand): boolean {
  if (group.members.size === 0) return command.protocolType !== '' && command.protocols.length > 0
  if (command.protocolType !== group.protocolType) return false
  return command.protocols.some(({ name }) => canAll(group, name))
}

/** Whether every member can do a protocol. */
function canAll(group: Group, protocol: string): boolean {
  for (const member of group.members.values()) {
    if (!member.protocols.some((one) => one.name === protocol)) return false
  }
  return true
}

function joinAgain(group: Group, command: JoinCommand, now: number, out: Out): void {
  if (group.pending.has(command.memberId)) {
    // An id that was given out for want of one belongs to a dynamic member: Kafka trips over the instance id.
    if (command.instanceId !== null) answer(out, command.token, joinRefusal('unexpected', ''))
    else addMember(group, command.memberId, command, now, out)
    return
  }
  const refusal = group.refusalFor(command.memberId, command.instanceId)
  if (refusal !== 'none') {
    answer(out, command.token, joinRefusal(refusal, command.memberId))
    return
  }
  const member = group.members.get(command.memberId)!
  // Only a change of what it can do, or the leader's wish while all is stable, calls for a rebalance. Otherwise the
  // member did not get the reply to its join, and gets it again.
  const isSame = sameProtocols(member.protocols, command.protocols)
  const isRetry =
    group.state === 'CompletingRebalance' || (group.state === 'Stable' && group.leader !== member.memberId)
  if (isSame && isRetry && isCurrent(group)) {
    answer(out, command.token, group.joinReply(member))
    return
  }
  update(group, member, command, out)
  rebalance(group, now, out)
}

/** After a restart in the middle of a rebalance the members have seen a newer generation than the one that stands. */
function isCurrent(group: Group): boolean {
  return group.given === group.generation
}

/** A member that comes with an instance id and no member id: a new one, or one whose process was started anew. */
function joinStatic(group: Group, command: JoinCommand, now: number, out: Out): void {
  const owner = group.statics.get(command.instanceId!)
  if (owner === undefined) {
    addMember(group, command.newMemberId, command, now, out)
    return
  }
  const formerLeader = group.leader
  const member = replace(group, group.members.get(owner)!, command, out)
  group.heardOf(member, now)
  update(group, member, command, out)
  if (group.state === 'CompletingRebalance') prepareRebalance(group, now, out)
  else if (group.state === 'PreparingRebalance') maybeCompleteJoin(group, now, out)
  else if (!isCurrent(group) || selectProtocol(group.members.values()) !== group.protocol) {
    prepareRebalance(group, now, out)
  } else {
    // The assignment stays as it is. A leader that cannot be told to skip it takes itself for a follower, as the reply
    // names its former id.
    group.remember(out)
    const reply = group.joinReply(member)
    const skip = command.supportsSkippingAssignment
    const isLeader = group.leader === member.memberId
    group.answerJoin(
      member,
      skip ? { ...reply, skipAssignment: isLeader } : { ...reply, leader: formerLeader ?? '', members: [] },
      out,
    )
  }
}

/** Gives a static member's place, in the same order, to its successor. */
function replace(group: Group, old: Member, command: JoinCommand, out: Out): Member {
  group.refuseParked(old, 'fenced-instance-id', out)
  const member: Member = {
    ...old,
    memberId: command.newMemberId,
    clientId: command.clientId,
    clientHost: command.clientHost,
  }
  const members = [...group.members.values()]
  group.members.clear()
  for (const one of members) group.members.set(one === old ? member.memberId : one.memberId, one === old ? member : one)
  group.statics.set(command.instanceId!, member.memberId)
  if (group.leader === old.memberId) group.leader = member.memberId
  return member
}

function update(group: Group, member: Member, command: JoinCommand, out: Out): void {
  // The same member asks on another connection: the first one is not listened to any more.
  group.refuseParked(member, 'rebalance-in-progress', out)
  member.protocols = command.protocols
  member.sessionTimeoutMs = command.sessionTimeoutMs
  member.rebalanceTimeoutMs = command.rebalanceTimeoutMs
  member.join = command.token
}

function addMember(group: Group, memberId: string, command: JoinCommand, now: number, out: Out): void {
  if (group.members.size === 0) group.protocolType = command.protocolType
  const member: Member = {
    memberId,
    instanceId: command.instanceId,
    clientId: command.clientId,
    clientHost: command.clientHost,
    sessionTimeoutMs: command.sessionTimeoutMs,
    rebalanceTimeoutMs: command.rebalanceTimeoutMs,
    protocols: command.protocols,
    assignment: NOTHING,
    // A client that gives up while its join is parked comes back under another id: this one must not stay for ever.
    sessionDeadline: now + group.limits.groupNewMemberJoinTimeoutMs,
    isNew: true,
    owesSync: false,
    join: command.token,
    sync: NO_TOKEN,
  }
  group.gathered = true
  group.add(member)
  group.alarm(member.sessionDeadline)
  rebalance(group, now, out)
}
