import { answer, type Group, joinRefusal } from '../classic.ts'
import type { HeartbeatCommand, JoinCommand, LeaveCommand, Out, Refusal, Reply, SyncCommand } from '../commands.ts'
import { NOTHING } from '../members.ts'
import { NO_PARTITIONS } from './assignment.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { assignIfDue, bump, bumpIfChanged, decide, heardOf, reconcileMember } from './decide.ts'
import { downgrade, mayDowngradeReplacing } from './downgrade.ts'
import { byIds, embeddedVersion, readSubscription, writeAssignment } from './embedded.ts'
import { type ConsumerMember, type Current, type Subscription, sameSubscription, sameTopics } from './member.ts'
import { replace } from './replace.ts'
import { topicsHash } from './target.ts'
import type { World } from './world.ts'

/*
 * Members of the classic protocol in a group of the consumer protocol, while its clients are being changed from the one to the other. To them the member's
 * epoch is the generation, the coordinator is the leader, and REBALANCE_IN_PROGRESS says that there is something to revoke or to get.
 */

export function joinAsClassic(group: Group, command: JoinCommand, world: World, now: number, out: Out): void {
  const refusal = joinRefusalOf(group.consumer!, group, command)
  if (refusal !== 'none') {
    const memberId = refusal === 'member-id-required' ? command.newMemberId : command.memberId
    answer(out, command.token, joinRefusal(refusal, memberId))
    return
  }
  const consumer = group.consumer!
  const before = owner(consumer, command)
  const said = before?.subscription
  const after = subscriptionOf(command, said)
  const isLast = before !== undefined && mayDowngradeReplacing(group, before)
  if (before !== undefined && before.subscription.memberId !== after.memberId) {
    replace(group, before.subscription, after, out)
  } else if (before === undefined || !sameSubscription(before.subscription, after)) {
    decide(group, { kind: 'member', subscription: after }, out)
  }
  const member = consumer.members.get(after.memberId)!
  const isChanged = said === undefined || !sameTopics(said, after)
  bumpIfChanged(group, isChanged, world, out)
  assignIfDue(group, world, now, out)
  const { ownedPartitions } = readSubscription(command.protocols[0]!.metadata)!
  const owned = ownedPartitions.length === 0 ? NO_PARTITIONS : byIds(ownedPartitions, world.topics)
  reconcileMember(group, member, isChanged && said !== undefined, owned, world, now, out)
  member.joinDeadline = Number.POSITIVE_INFINITY
  if (isLast) downgrade(group, null, world, now, out)
  else {
    heardOf(group, member, world, now)
    member.syncDeadline = now + after.rebalanceTimeoutMs
    group.alarm(member.syncDeadline)
  }
  answer(out, command.token, {
    ...joinRefusal('none', after.memberId),
    generation: member.current.epoch,
    protocolType: 'consumer',
    protocolName: command.protocols[0]!.name,
  })
}

function joinRefusalOf(consumer: ConsumerGroup, group: Group, command: JoinCommand): Refusal {
  const { memberId, instanceId, protocols } = command
  if (consumer.members.size >= group.limits.consumerGroupMaxSize && !consumer.members.has(memberId)) {
    return 'group-max-size-reached'
  }
  if (command.protocolType !== 'consumer' || protocols.length === 0) return 'inconsistent-group-protocol'
  if (!protocols.some(({ name }) => allCan(consumer, name))) return 'inconsistent-group-protocol'
  if (readSubscription(protocols[0]!.metadata) === null) return 'inconsistent-group-protocol'
  if (memberId === '' && instanceId === null && command.requireKnownMemberId) return 'member-id-required'
  if (memberId === '' || instanceId === null) return 'none'
  return refusalFor(consumer, memberId, instanceId)
}

function allCan(consumer: ConsumerGroup, protocol: string): boolean {
  for (const { subscription } of consumer.members.values()) {
    if (subscription.classic?.protocols.some((one) => one.name === protocol) === false) return false
  }
  return true
}

function refusalFor(consumer: ConsumerGroup, memberId: string, instanceId: string | null): Refusal {
  if (instanceId === null) return consumer.members.has(memberId) ? 'none' : 'unknown-member-id'
  const owning = consumer.statics.get(instanceId)
  if (owning === undefined) return 'unknown-member-id'
  return owning === memberId ? 'none' : 'fenced-instance-id'
}

function owner(consumer: ConsumerGroup, { memberId, instanceId }: JoinCommand): ConsumerMember | undefined {
  return instanceId === null ? consumer.members.get(memberId) : consumer.staticMember(instanceId)
}

function subscriptionOf(command: JoinCommand, before: Subscription | undefined): Subscription {
  const said = readSubscription(command.protocols[0]!.metadata)!
  return {
    memberId: command.memberId === '' ? command.newMemberId : command.memberId,
    instanceId: command.instanceId,
    rackId: said.rackId,
    clientId: command.clientId,
    clientHost: command.clientHost,
    rebalanceTimeoutMs: command.rebalanceTimeoutMs,
    topics: said.topics,
    regex: before?.regex ?? '',
    assignor: before?.assignor ?? null,
    classic: { sessionTimeoutMs: command.sessionTimeoutMs, protocols: command.protocols },
  }
}

export function syncAsClassic(group: Group, command: SyncCommand, world: World, now: number, out: Out): void {
  const consumer = group.consumer!
  const refusal = syncRefusal(group, command, now)
  if (refusal !== 'none') {
    answer(out, command.token, syncReply(refusal, null, null, NOTHING))
    return
  }
  const member = consumer.members.get(command.memberId)!
  const [first] = member.subscription.classic!.protocols
  member.syncDeadline = Number.POSITIVE_INFINITY
  heardOf(group, member, world, now)
  const assignment = writeAssignment(member.current.assigned, embeddedVersion(first!.metadata), world.topics)
  answer(out, command.token, syncReply('none', command.protocolType, command.protocolName, assignment))
}

function syncReply(
  error: Refusal,
  protocolType: string | null,
  protocolName: string | null,
  assignment: Uint8Array,
): Reply {
  return { kind: 'sync', error, protocolType, protocolName, assignment }
}

function syncRefusal(group: Group, command: SyncCommand, now: number): Refusal {
  const refusal = classicRefusal(group.consumer!, command.memberId, command.instanceId, command.generation)
  if (refusal !== 'none') return refusal
  const member = group.consumer!.members.get(command.memberId)!
  const [first] = member.subscription.classic!.protocols
  if (command.protocolType !== null && command.protocolType !== 'consumer') return 'inconsistent-group-protocol'
  if (command.protocolName !== null && command.protocolName !== first!.name) return 'inconsistent-group-protocol'
  const { epoch, state } = member.current
  // Who has to revoke has joined for that already; the next rebalance comes behind it.
  if (group.consumer!.epoch <= epoch || state === 'unrevoked') return 'none'
  callToJoin(group, member, now)
  return 'rebalance-in-progress'
}

function classicRefusal(
  consumer: ConsumerGroup,
  memberId: string,
  instanceId: string | null,
  generation: number,
): Refusal {
  const refusal = refusalFor(consumer, memberId, instanceId)
  if (refusal !== 'none') return refusal
  const member = consumer.members.get(memberId)!
  if (member.subscription.classic === null) return 'unknown-member-id'
  return generation === member.current.epoch ? 'none' : 'illegal-generation'
}

/** It has its rebalance time-out, from the first call on. */
function callToJoin(group: Group, member: ConsumerMember, now: number): void {
  member.joinDeadline = Math.min(member.joinDeadline, now + member.subscription.rebalanceTimeoutMs)
  group.alarm(member.joinDeadline)
}

export function beatAsClassic(group: Group, command: HeartbeatCommand, world: World, now: number, out: Out): void {
  const consumer = group.consumer!
  let error = classicRefusal(consumer, command.memberId, command.instanceId, command.generation)
  if (error === 'none') {
    const member = consumer.members.get(command.memberId)!
    heardOf(group, member, world, now)
    if (hasToJoin(consumer, member)) {
      error = 'rebalance-in-progress'
      callToJoin(group, member, now)
    }
  }
  answer(out, command.token, { kind: 'heartbeat', error })
}

function hasToJoin(consumer: ConsumerGroup, member: ConsumerMember): boolean {
  const { current } = member
  if (current.epoch < consumer.epoch || current.state === 'unrevoked') return true
  return current.state === 'unreleased' && !waitsForOthers(consumer, member, current)
}

function waitsForOthers(consumer: ConsumerGroup, { target }: ConsumerMember, { assigned }: Current): boolean {
  for (const [topicId, partitions] of target) {
    const has = new Set(assigned.get(topicId) ?? [])
    for (const partition of partitions) {
      if (!has.has(partition) && consumer.ownerOf(topicId, partition) !== undefined) return true
    }
  }
  return false
}

export function leaveAsClassic(group: Group, command: LeaveCommand, world: World, out: Out): void {
  const consumer = group.consumer!
  const before = consumer.members.size
  const members = command.members.map(({ memberId, instanceId }) => {
    const id = memberId === '' && instanceId !== null ? (consumer.statics.get(instanceId) ?? '') : memberId
    let error = refusalFor(consumer, id, instanceId)
    if (error === 'none' && consumer.members.get(id)!.subscription.classic === null) error = 'unknown-member-id'
    if (error === 'none') decide(group, { kind: 'left', memberId: id }, out)
    return { memberId: error === 'none' ? id : memberId, instanceId, error }
  })
  if (consumer.members.size < before) bump(group, topicsHash(consumer, world.topics), out)
  answer(out, command.token, { kind: 'leave', error: 'none', members })
}
