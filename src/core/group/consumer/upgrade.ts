import type { Group } from '../classic.ts'
import type { Out } from '../commands.ts'
import { type Member, metadataOf } from '../members.ts'
import { filtered, NO_PARTITIONS } from './assignment.ts'
import { type Refused, refused } from './consumer-command.ts'
import { begin, decide, heardOf } from './decide.ts'
import { hasUserData, readAssignment, readSubscription } from './embedded.ts'
import { type Subscription, sinceOf } from './member.ts'
import type { World } from './world.ts'

/** Why a classic group cannot go on in the consumer protocol with its members staying; null if it can (`group.consumer.migration.policy` is bidirectional). */
export function upgradeRefusal(group: Group): Refused | null {
  const cannot = `Cannot upgrade classic group ${group.name} to consumer group because`
  const members = [...group.members.values()]
  if (!group.isConsumerGroup()) {
    return refused('group-id-not-found', `${cannot} the group does not use the consumer embedded protocol.`)
  }
  if (members.length > group.limits.consumerGroupMaxSize) {
    return refused('group-max-size-reached', `${cannot} the group size exceeds the consumer group maximum size.`)
  }
  if (members.some((member) => subscriptionOf(group, member) === null)) {
    return refused('group-id-not-found', `${cannot} the embedded consumer protocol is malformed.`)
  }
  // What an assignor keeps in its members' assignments nobody would keep for it any more.
  if (!members.some((member) => hasUserData(member.assignment))) return null
  const advice = 'Please refer to the documentation or switch to a default assignor before re-attempting the upgrade.'
  return refused('group-id-not-found', `${cannot} an unsupported custom assignor is in use. ${advice}`)
}

/** Turns a classic group with members into a group of the consumer protocol: everybody keeps what he has, and the epoch goes on from the generation. */
export function upgrade(group: Group, world: World, now: number, out: Out): void {
  const { generation, protocol } = group
  const members = [...group.members.values()]
  const subscriptions = members.map((member) => subscriptionOf(group, member)!)
  for (const member of members) group.refuseParked(member, 'rebalance-in-progress', out)
  const consumer = begin(group, generation, generation, out)
  members.forEach((member, i) => {
    const { memberId } = member
    decide(group, { kind: 'member', subscription: subscriptions[i]! }, out)
    // A leader that has given one partition to two is not believed the second time.
    const given = protocol === null ? NO_PARTITIONS : readAssignment(member.assignment, world.topics)
    const assigned = filtered(given, (topicId, partition) => consumer.ownerOf(topicId, partition) === undefined)
    decide(group, { kind: 'target', memberId, assignment: assigned }, out)
    const since = sinceOf(new Map(), generation, assigned)
    const epochs = { epoch: generation, previousEpoch: generation, since }
    const current = { ...epochs, state: 'stable' as const, assigned, revoking: NO_PARTITIONS }
    decide(group, { kind: 'current', memberId, current }, out)
    heardOf(group, consumer.members.get(memberId)!, world, now)
  })
}

function subscriptionOf(group: Group, member: Member): Subscription | null {
  const name = group.protocol ?? member.protocols[0]!.name
  const said = readSubscription(metadataOf(member, name))
  if (said === null) return null
  return {
    memberId: member.memberId,
    instanceId: member.instanceId,
    rackId: said.rackId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    topics: said.topics,
    regex: '',
    assignor: null,
    classic: { sessionTimeoutMs: member.sessionTimeoutMs, protocols: member.protocols },
  }
}
