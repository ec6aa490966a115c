import type { Group } from '../classic.ts'
import type { Out } from '../commands.ts'
import { type ConsumerHeartbeat, type HeartbeatReply, type Refused, refused } from './consumer-command.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { assignIfDue, begin, bumpIfChanged, decide, heardOf, reconcileMember } from './decide.ts'
import { fencedInstance, smallerEpoch, wrongEpoch } from './fencing.ts'
import { leave } from './leave.ts'
import { AWAY, type ConsumerMember, type Subscription, sameSubscription, sameTopics } from './member.ts'
import { replace } from './replace.ts'
import { topicsOf } from './target.ts'
import { upgrade, upgradeRefusal } from './upgrade.ts'
import type { World } from './world.ts'

/** ConsumerGroupHeartbeat: joins, says what the member has and wants, leaves. Answered at once. */
export function consumerHeartbeat(
  group: Group,
  command: ConsumerHeartbeat,
  world: World,
  now: number,
  out: Out,
): HeartbeatReply | Refused {
  if (command.memberEpoch < 0) return leave(group, command, world, now, out)
  const refusal = refusalOf(group, command)
  if (refusal !== null) return refusal
  if (command.wrongRegex !== null) {
    const text = `SubscribedTopicRegex \`${command.regex}\` is not a valid regular expression: ${command.wrongRegex}.`
    return refused('invalid-regular-expression', text)
  }
  const isJoin = command.memberEpoch === 0
  if (group.consumer === null) {
    if (group.state === 'Empty') begin(group, 1, 0, out)
    else upgrade(group, world, now, out)
  }
  const consumer = group.consumer!
  const before = consumer.members.get(memberFor(consumer, command, isJoin))?.subscription
  const after = subscriptionOf(command, before)
  if (before !== undefined && before.memberId !== after.memberId) replace(group, before, after, out)
  else if (before === undefined || !sameSubscription(before, after)) {
    decide(group, { kind: 'member', subscription: after }, out)
  }
  const member = consumer.members.get(after.memberId)!
  const seesOther = look(member, command, world)
  const wantsOther = before === undefined ? isSubscribed(after) : seesOther || !sameTopics(before, after)
  bumpIfChanged(group, wantsOther, world, out)
  assignIfDue(group, world, now, out)
  const hasOther = reconcileMember(group, member, wantsOther && before !== undefined, command.owned, world, now, out)
  heardOf(group, member, world, now)
  const isFull =
    isJoin ||
    (command.rebalanceTimeoutMs !== -1 && (command.topics ?? command.regex) !== null && command.owned !== null)
  return {
    ok: true,
    memberId: after.memberId,
    memberEpoch: member.current.epoch,
    heartbeatIntervalMs: world.consumer.heartbeatIntervalMs,
    assignment: isFull || hasOther ? member.current.assigned : null,
  }
}

/** Takes over what the member may see; true if it is heard of for the first time since the start, and reads other topics than was thought. */
function look(member: ConsumerMember, { sees }: ConsumerHeartbeat, { topics }: World): boolean {
  const isNews = member.sees === undefined && member.subscription.regex !== ''
  const before = isNews ? topicsOf(member, topics).length : 0
  member.sees = sees
  return isNews && topicsOf(member, topics).length !== before
}

function isSubscribed({ topics, regex }: Subscription): boolean {
  return topics.length > 0 || regex !== ''
}

/** The id under which the member, or the one whose place it takes, is known. */
function memberFor(consumer: ConsumerGroup, { memberId, instanceId }: ConsumerHeartbeat, isJoin: boolean): string {
  return (isJoin && instanceId !== null ? consumer.statics.get(instanceId) : undefined) ?? memberId
}

function refusalOf(group: Group, command: ConsumerHeartbeat): Refused | null {
  const { memberId, memberEpoch, instanceId } = command
  const { consumer, name, limits } = group
  if (consumer === null) return refusalOfClassic(group, command)
  if (consumer.members.size >= limits.consumerGroupMaxSize && !consumer.members.has(memberId)) {
    return refused(
      'group-max-size-reached',
      `The consumer group has reached its maximum capacity of ${limits.consumerGroupMaxSize} members.`,
    )
  }
  if (instanceId !== null) return refusalOfStatic(consumer, command, instanceId)
  const member = consumer.members.get(memberId)
  if (member !== undefined) return wrongEpoch(member, command)
  if (memberEpoch === 0) return null
  return refused('unknown-member-id', `Member ${memberId} is not a member of group ${name}.`)
}

/** Only who joins may turn a classic group into one of the consumer protocol. */
function refusalOfClassic(group: Group, { memberId, memberEpoch }: ConsumerHeartbeat): Refused | null {
  if (memberEpoch !== 0) return refused('group-id-not-found', `Group ${group.name} is not a consumer group.`)
  if (group.state === 'Empty') return null
  const refusal = upgradeRefusal(group)
  if (refusal !== null) return refusal
  return group.members.has(memberId) ? smallerEpoch(0, group.generation) : null
}

function refusalOfStatic(consumer: ConsumerGroup, command: ConsumerHeartbeat, instanceId: string): Refused | null {
  const { memberId, memberEpoch } = command
  const owner = consumer.staticMember(instanceId)
  if (memberEpoch === 0) {
    if (owner === undefined || owner.subscription.classic !== null || owner.current.epoch === AWAY) return null
    if (owner.subscription.memberId === memberId) return wrongEpoch(owner, command)
    const text = `Static member ${memberId} with instance id ${instanceId} cannot join the group because the instance id is owned by ${owner.subscription.memberId} member.`
    return refused('unreleased-instance-id', text)
  }
  if (owner === undefined) return refused('unknown-member-id', `Instance id ${instanceId} is unknown.`)
  return fencedInstance(owner, memberId, instanceId) ?? wrongEpoch(owner, command)
}

function subscriptionOf(command: ConsumerHeartbeat, before: Subscription | undefined): Subscription {
  return {
    memberId: command.memberId,
    instanceId: command.instanceId ?? before?.instanceId ?? null,
    rackId: command.rackId ?? before?.rackId ?? null,
    clientId: command.clientId,
    clientHost: command.clientHost,
    rebalanceTimeoutMs:
      command.rebalanceTimeoutMs === -1 ? (before?.rebalanceTimeoutMs ?? -1) : command.rebalanceTimeoutMs,
    topics: command.topics ?? before?.topics ?? [],
    regex: command.regex ?? before?.regex ?? '',
    assignor: command.assignor ?? before?.assignor ?? null,
    classic: null,
  }
}
