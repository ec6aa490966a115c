import type { AssignedMember } from './assigned-member.ts'
import { type Assignment, NO_PARTITIONS } from './assignment.ts'
import { ASSIGNORS, DEFAULT_ASSIGNOR } from './assignor.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember, Subscription } from './member.ts'
import { hashOf } from './topics-hash.ts'
import type { TopicsView, TopicView } from './world.ts'

/** The topics that a member wants to read, as far as they are there, each once. */
export function topicsWanted({ topics, regex }: Subscription, view: TopicsView): TopicView[] {
  return found(topics, regex === '' ? NONE : view.matching(regex), view)
}

/**
 * Those that it is given: an expression finds what the member may know of. Of who has not been heard of since the start it is not known what that is, beside
 * what it was given before.
 */
export function topicsOf({ subscription, sees, target }: Reader, view: TopicsView): TopicView[] {
  const { topics, regex } = subscription
  if (regex === '' || sees === null) return topicsWanted(subscription, view)
  const isSeen = sees ?? ((name: string) => target.has(view.byName(name)?.id ?? ''))
  return found(topics, view.matching(regex).filter(isSeen), view)
}

type Reader = Pick<ConsumerMember, 'subscription' | 'sees' | 'target'>

const NONE: readonly string[] = []

function found(names: readonly string[], matching: readonly string[], view: TopicsView): TopicView[] {
  const all = new Map<string, TopicView>()
  for (const some of [names, matching]) {
    for (const name of some) {
      const topic = view.byName(name)
      if (topic !== undefined) all.set(topic.id, topic)
    }
  }
  return [...all.values()]
}

/** Stands for all that the members want to read: another number means that the partitions have to be assigned anew. */
export function topicsHash(group: ConsumerGroup, view: TopicsView): number {
  const all = new Map<string, TopicView>()
  for (const member of group.members.values()) {
    for (const topic of topicsOf(member, view)) all.set(topic.id, topic)
  }
  return hashOf(all)
}

/** The assignor that most members ask for, of several the first in Kafka's order; the default if none asks. */
export function assignorOf(group: ConsumerGroup): string {
  const votes = new Map([...ASSIGNORS.keys()].map((name) => [name, 0]))
  for (const { subscription } of group.members.values()) {
    const { assignor } = subscription
    if (assignor !== null) votes.set(assignor, (votes.get(assignor) ?? 0) + 1)
  }
  let best = DEFAULT_ASSIGNOR
  let most = 0
  for (const [name, count] of votes) {
    if (count <= most) continue
    best = name
    most = count
  }
  return best
}

/** A new target for every member, in their order. */
export function computeTarget(group: ConsumerGroup, view: TopicsView): Map<string, Assignment> {
  const members: AssignedMember[] = []
  for (const [memberId, member] of group.members) {
    const topicIds = topicsOf(member, view).map((topic) => topic.id)
    members.push({ memberId, instanceId: member.subscription.instanceId, topicIds, before: member.target })
  }
  const assign = ASSIGNORS.get(assignorOf(group))!
  const result = assign(members, (topicId) => view.byId(topicId)!.partitions.length)
  return new Map(members.map(({ memberId }, i) => [memberId, result[i] ?? NO_PARTITIONS]))
}
