import type { Group } from '../classic.ts'
import type { Out } from '../commands.ts'
import { type Assignment, filtered, sameAssignment } from './assignment.ts'
import type { ConsumerFact, ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember, Current, Subscription } from './member.ts'
import { reconcile, withoutUnread } from './reconcile.ts'
import { computeTarget, topicsHash, topicsOf } from './target.ts'
import type { World } from './world.ts'

/** Puts a fact on record, and lets it be so at once: what follows builds upon it. */
export function decide(group: Group, fact: ConsumerFact, out: Out): void {
  group.applyConsumer(fact)
  out.facts.push(fact)
}

/** Begins to follow the consumer protocol, in the given epoch. */
export function begin(group: Group, epoch: number, targetEpoch: number, out: Out): ConsumerGroup {
  group.vacate()
  decide(group, { kind: 'group', epoch, targetEpoch, topicsHash: 0 }, out)
  return group.consumer!
}

/** Counts the group's epoch up if the members or the topics call for it. */
export function bumpIfChanged(group: Group, isChanged: boolean, world: World, out: Out): void {
  const consumer = group.consumer!
  const isOld = consumer.topicsVersion !== world.topics.version
  if (!isChanged && !isOld) return
  consumer.topicsVersion = world.topics.version
  const hash = topicsHash(consumer, world.topics)
  if (isChanged || hash !== consumer.topicsHash) bump(group, hash, out)
}

export function bump(group: Group, hash: number, out: Out): void {
  const { epoch, targetEpoch } = group.consumer!
  decide(group, { kind: 'group', epoch: epoch + 1, targetEpoch, topicsHash: hash }, out)
}

/** Makes a new target assignment if the group has gone on since the last one; not sooner after it than `assignmentIntervalMs`. */
export function assignIfDue(group: Group, world: World, now: number, out: Out): void {
  const consumer = group.consumer!
  if (consumer.epoch <= consumer.targetEpoch) return
  if (consumer.targetEpoch > 0 && now - consumer.assignedAt < world.consumer.assignmentIntervalMs) return
  consumer.assignedAt = now
  for (const [memberId, assignment] of computeTarget(consumer, world.topics)) {
    if (sameAssignment(consumer.members.get(memberId)!.target, assignment)) continue
    decide(group, { kind: 'target', memberId, assignment }, out)
  }
  const { epoch, topicsHash } = consumer
  decide(group, { kind: 'group', epoch, targetEpoch: epoch, topicsHash }, out)
}

/**
 * Takes a member one step towards its target. Topics that it does not read any more go even if the target does not know of that yet; `isChanged` says that what it reads
 * has just changed.
 * Returns whether what it may read is another.
 */
export function reconcileMember(
  group: Group,
  member: ConsumerMember,
  isChanged: boolean,
  owned: Assignment | null,
  world: World,
  now: number,
  out: Out,
): boolean {
  const consumer = group.consumer!
  const { current, subscription } = member
  if (!isChanged && current.state === 'stable' && current.epoch === consumer.targetEpoch) return false
  const read = new Set(topicsOf(member, world.topics).map((topic) => topic.id))
  const target = filtered(member.target, (topicId) => read.has(topicId))
  const left = isChanged ? withoutUnread(consumer, current, (topicId) => read.has(topicId), owned) : current
  const next = left === current ? reconcile(consumer, current, target, owned) : left
  if (next === current || isSame(next, current)) return false
  decide(group, { kind: 'current', memberId: subscription.memberId, current: next }, out)
  watchRevocation(group, member, now)
  return !sameAssignment(next.assigned, current.assigned)
}

/** A member of the consumer protocol has its rebalance time-out to give partitions back. */
function watchRevocation(group: Group, member: ConsumerMember, now: number): void {
  const { current, subscription } = member
  if (subscription.classic !== null) return
  const isRevoking = current.state === 'unrevoked'
  member.rebalanceDeadline = isRevoking ? now + subscription.rebalanceTimeoutMs : Number.POSITIVE_INFINITY
  group.alarm(member.rebalanceDeadline)
}

function isSame(a: Current, b: Current): boolean {
  return (
    a.epoch === b.epoch &&
    a.previousEpoch === b.previousEpoch &&
    a.state === b.state &&
    sameAssignment(a.assigned, b.assigned) &&
    sameAssignment(a.revoking, b.revoking)
  )
}

/** The member was heard of. */
export function heardOf(group: Group, member: ConsumerMember, world: World, now: number): void {
  member.sessionDeadline = now + sessionTimeoutMs(member.subscription, world)
  group.alarm(member.sessionDeadline)
}

export function sessionTimeoutMs({ classic }: Subscription, world: World): number {
  return classic?.sessionTimeoutMs ?? world.consumer.sessionTimeoutMs
}
