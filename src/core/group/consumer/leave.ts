import type { Group } from '../classic.ts'
import type { Out } from '../commands.ts'
import { type ConsumerHeartbeat, type HeartbeatReply, type Refused, refused } from './consumer-command.ts'
import { bump, decide } from './decide.ts'
import { downgrade, mayDowngradeWithout } from './downgrade.ts'
import { fencedInstance } from './fencing.ts'
import { AWAY, type ConsumerMember, withoutRevoking } from './member.ts'
import { topicsHash } from './target.ts'
import type { World } from './world.ts'

/** A heartbeat with epoch -1 leaves for good; with -2 a static member leaves its place to whom comes with its instance id. */
export function leave(
  group: Group,
  command: ConsumerHeartbeat,
  world: World,
  now: number,
  out: Out,
): HeartbeatReply | Refused {
  const { memberId, memberEpoch, instanceId } = command
  const { consumer } = group
  if (consumer === null) return refused('group-id-not-found', `Group ${group.name} is not a consumer group.`)
  let member: ConsumerMember | undefined
  if (instanceId === null) {
    member = consumer.members.get(memberId)
    if (member === undefined) {
      return refused('unknown-member-id', `Member ${memberId} is not a member of group ${group.name}.`)
    }
  } else {
    member = consumer.staticMember(instanceId)
    if (member === undefined) return refused('unknown-member-id', `Instance id ${instanceId} is unknown.`)
    const refusal = fencedInstance(member, memberId, instanceId)
    if (refusal !== null) return refusal
  }
  if (memberEpoch === AWAY && instanceId !== null) {
    const away = withoutRevoking(member.current, AWAY, member.current.previousEpoch)
    decide(group, { kind: 'current', memberId, current: away }, out)
    member.rebalanceDeadline = Number.POSITIVE_INFINITY
  } else fence(group, member, world, now, out)
  return { ok: true, memberId, memberEpoch, heartbeatIntervalMs: 0, assignment: null }
}

/** Takes a member out of the group. If only members of the classic protocol are left, the group follows that again. */
export function fence(group: Group, member: ConsumerMember, world: World, now: number, out: Out): void {
  const consumer = group.consumer!
  if (mayDowngradeWithout(group, member)) {
    downgrade(group, member, world, now, out)
    return
  }
  decide(group, { kind: 'left', memberId: member.subscription.memberId }, out)
  bump(group, topicsHash(consumer, world.topics), out)
}

/** Does what has come due, and finds the next deadline. */
export function tickConsumer(group: Group, world: World, now: number, out: Out): void {
  const consumer = group.consumer!
  for (const member of [...consumer.members.values()]) {
    if (group.consumer !== consumer) return
    if (deadlineOf(member) <= now) fence(group, member, world, now, out)
  }
  if (group.consumer !== consumer) return
  group.wake = Number.POSITIVE_INFINITY
  for (const member of consumer.members.values()) group.alarm(deadlineOf(member))
}

function deadlineOf(member: ConsumerMember): number {
  const { sessionDeadline, rebalanceDeadline, joinDeadline, syncDeadline } = member
  return Math.min(sessionDeadline, rebalanceDeadline, joinDeadline, syncDeadline)
}
