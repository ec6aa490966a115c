import { type Assignment, AssignmentBuilder } from '../consumer/assignment.ts'
import type { TopicsView, TopicView } from '../consumer/world.ts'
import type { ShareGroup } from './share-group.ts'

/**
 * The `simple` assignor of share groups: every partition has a reader, and every member a partition to read if there is one. Members beyond the partitions
 * share them, in turn.
 */
export function assignSimple(group: ShareGroup, view: TopicsView): Map<string, Assignment> {
  const builders = new Map<string, AssignmentBuilder>()
  const readers = new Map<TopicView, string[]>()
  for (const [memberId, { member }] of group.members) {
    builders.set(memberId, new AssignmentBuilder())
    for (const topic of topicsOf(member.topics, view)) {
      const others = readers.get(topic)
      if (others === undefined) readers.set(topic, [memberId])
      else others.push(memberId)
    }
  }
  // Where the last topic's turn ended: so that many small topics do not all go to the first members.
  let turn = 0
  for (const [topic, members] of readers) {
    const partitions = topic.partitions.length
    const rounds = Math.max(partitions, members.length)
    for (let i = 0; partitions > 0 && i < rounds; i++) {
      builders.get(members[(turn + i) % members.length]!)!.add(topic.id, i % partitions)
    }
    turn += rounds
  }
  return new Map([...builders].map(([memberId, builder]) => [memberId, builder.build()]))
}

/** The topics among these names that are there, each once. */
export function topicsOf(names: readonly string[], view: TopicsView): Set<TopicView> {
  const topics = new Set<TopicView>()
  for (const name of names) {
    const topic = view.byName(name)
    if (topic !== undefined) topics.add(topic)
  }
  return topics
}
