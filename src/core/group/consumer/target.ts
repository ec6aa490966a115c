import type { AssignedMember } from './assigned-member.ts'
import { type Assignment, NO_PARTITIONS } from './assignment.ts'
import { ASSIGNORS, DEFAULT_ASSIGNOR } from './assignor.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { Subscription } from './member.ts'
import { hashOf } from './topics-hash.ts'
import type { TopicsView, TopicView } from './world.ts'

/** The topics that a member reads, as far as they are there, each once. */
export function topicsOf({ topics, regex }: Subscription, view: TopicsView): TopicView[] {
  const found = new Map<string, TopicView>()
  for (const name of topics) {
    const topic = view.byName(name)
    if (topic !== undefined) found.set(topic.id, topic)
  }
  if (regex !== '') {
    for (const name of view.matching(regex)) {
      const topic = view.byName(name)
      if (topic !== undefined) found.set(topic.id, topic)
    }
  }
  return [...found.values()]
}

/** Stands for all that the members want to read: another number means that the partitions have to be assigned anew. */
export function topicsHash(group: ConsumerGroup, view: TopicsView): number {
  const all = new Map<string, TopicView>()
  for (const { subscription } of group.members.values()) {
    for (const topic of topicsOf(subscription, view)) all.set(topic.id, topic)
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
  for (const [memberId, { subscription, target }] of group.members) {
    const topicIds = topicsOf(subscription, view).map((topic) => topic.id)
    members.push({ memberId, instanceId: subscription.instanceId, topicIds, before: target })
  }
  const assign = ASSIGNORS.get(assignorOf(group))!
  const result = assign(members, (topicId) => view.byId(topicId)!.partitions.length)
  return new Map(members.map(({ memberId }, i) => [memberId, result[i] ?? NO_PARTITIONS]))
}
