import type { Assignment } from '../consumer/assignment.ts'
import { type HeartbeatReply, type Refused, refused } from '../consumer/consumer-command.ts'
import { hashOf } from '../consumer/topics-hash.ts'
import type { TopicsView, TopicView } from '../consumer/world.ts'
import type { ShareFact, ShareGroup, ShareMember, Sharer } from './share-group.ts'
import { assignSimple, topicsOf } from './simple.ts'

/** ShareGroupHeartbeat, checked for what can be checked without the group. */
export interface ShareHeartbeat {
  readonly memberId: string
  /** 0 to join, -1 to leave. */
  readonly memberEpoch: number
  readonly rackId: string | null
  /** Null where it has not changed. */
  readonly topics: readonly string[] | null
  readonly clientId: string
  readonly clientHost: string
}

/** What a share group's decisions depend on beside its own state. */
export interface ShareWorld {
  readonly topics: TopicsView
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  /** `group.share.max.size` */
  readonly maxSize: number
}

/** Facts that were decided, applied already. */
type Out = ShareFact[]

function decide(group: ShareGroup, fact: ShareFact, out: Out): void {
  group.apply(fact)
  out.push(fact)
}

/** ShareGroupHeartbeat: joins, says what it wants to read, leaves. Answered at once. */
export function shareHeartbeat(
  group: ShareGroup,
  command: ShareHeartbeat,
  world: ShareWorld,
  now: number,
  out: Out,
): HeartbeatReply | Refused {
  const { memberId, memberEpoch } = command
  const known = group.members.get(memberId)
  const refusal = refusalOf(group, known, command, world)
  if (refusal !== null) return refusal
  if (memberEpoch < 0) {
    dismiss(group, memberId, world, out)
    return { ok: true, memberId, memberEpoch, heartbeatIntervalMs: 0, assignment: null }
  }
  const member: ShareMember = {
    memberId,
    rackId: command.rackId ?? known?.member.rackId ?? null,
    clientId: command.clientId,
    clientHost: command.clientHost,
    topics: command.topics ?? known?.member.topics ?? [],
  }
  const wantsOther = known === undefined || !sameTopics(known.member.topics, member.topics)
  if (group.epoch === 0) decide(group, { kind: 'group', epoch: 1, topicsHash: 0 }, out)
  if (known === undefined || !sameMember(known.member, member)) {
    const epoch = known?.epoch ?? 0
    decide(group, { kind: 'member', member, epoch, previousEpoch: known?.previousEpoch ?? 0 }, out)
  }
  bumpIfChanged(group, wantsOther && (known !== undefined || member.topics.length > 0), world, out)
  const sharer = group.members.get(memberId)!
  if (sharer.epoch !== group.epoch) {
    decide(group, { kind: 'member', member, epoch: group.epoch, previousEpoch: sharer.epoch }, out)
  }
  const current = group.members.get(memberId)!
  current.sessionDeadline = now + world.sessionTimeoutMs
  group.alarm(current.sessionDeadline)
  const has = assignmentOf(group, memberId, world)
  // Who comes with an epoch before his own did not get the last answer.
  const isTold = command.topics !== null || memberEpoch !== current.epoch
  return {
    ok: true,
    memberId,
    memberEpoch: current.epoch,
    heartbeatIntervalMs: world.heartbeatIntervalMs,
    assignment: isTold ? has : null,
  }
}

export function assignmentOf(
  group: ShareGroup,
  memberId: string,
  { topics }: { readonly topics: TopicsView },
): Assignment {
  return group.assignmentOf(memberId, () => assignSimple(group, topics))
}

function refusalOf(
  group: ShareGroup,
  known: Sharer | undefined,
  { memberId, memberEpoch }: ShareHeartbeat,
  { maxSize }: ShareWorld,
): Refused | null {
  if (memberEpoch >= 0 && known === undefined && group.members.size >= maxSize) {
    return refused('group-max-size-reached', `The share group has reached its maximum capacity of ${maxSize} members.`)
  }
  if (known === undefined) {
    if (memberEpoch === 0) return null
    return refused('unknown-member-id', `Member ${memberId} is not a member of group ${group.name}.`)
  }
  if (memberEpoch <= 0 || memberEpoch === known.epoch || memberEpoch === known.previousEpoch) return null
  const isGreater = memberEpoch > known.epoch
  const previous = isGreater ? '' : `, and it does not match the previous member epoch (${known.previousEpoch})`
  const text = `The share group member has a ${isGreater ? 'greater' : 'smaller'} member epoch (${memberEpoch}) than the one known by the group coordinator (${known.epoch})${previous}. The member must abandon all its partitions and rejoin.`
  return refused('fenced-member-epoch', text)
}

function dismiss(group: ShareGroup, memberId: string, world: ShareWorld, out: Out): void {
  decide(group, { kind: 'left', memberId }, out)
  decide(group, { kind: 'group', epoch: group.epoch + 1, topicsHash: readHash(group, world) }, out)
}

function bumpIfChanged(group: ShareGroup, isChanged: boolean, world: ShareWorld, out: Out): void {
  if (!isChanged && group.topicsVersion === world.topics.version) return
  group.topicsVersion = world.topics.version
  const topicsHash = readHash(group, world)
  if (isChanged || topicsHash !== group.topicsHash) {
    decide(group, { kind: 'group', epoch: group.epoch + 1, topicsHash }, out)
  }
}

function readHash(group: ShareGroup, { topics }: ShareWorld): number {
  const all = new Map<string, TopicView>()
  for (const { member } of group.members.values()) {
    for (const topic of topicsOf(member.topics, topics)) all.set(topic.id, topic)
  }
  return hashOf(all)
}

/** Ends the sessions whose time is over; returns who was dismissed. */
export function tickShare(group: ShareGroup, world: ShareWorld, now: number, out: Out): string[] {
  const late = [...group.members]
    .filter(([, { sessionDeadline }]) => sessionDeadline <= now)
    .map(([memberId]) => memberId)
  for (const memberId of late) dismiss(group, memberId, world, out)
  group.wake = Number.POSITIVE_INFINITY
  for (const { sessionDeadline } of group.members.values()) group.alarm(sessionDeadline)
  return late
}

function sameTopics(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i])
}

function sameMember(a: ShareMember, b: ShareMember): boolean {
  return (
    a.rackId === b.rackId &&
    a.clientId === b.clientId &&
    a.clientHost === b.clientHost &&
    sameTopics(a.topics, b.topics)
  )
}
