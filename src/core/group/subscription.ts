import type { Group } from './classic.ts'
import { topicsOf } from './consumer/target.ts'
import type { TopicsView } from './consumer/world.ts'

/** The topics that the group's members read; null when that cannot be known. Who joins a classic group is heard when the next generation begins. */
export function subscribedTopics(group: Group, view: TopicsView): ReadonlySet<string> | null {
  if (group.consumer === null) return group.subscribed
  const names = new Set<string>()
  for (const member of group.consumer.members.values()) {
    for (const { name } of topicsOf(member, view)) names.add(name)
  }
  return names
}
