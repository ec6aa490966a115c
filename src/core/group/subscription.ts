import type { Group } from './classic.ts'
import { readSubscription } from './consumer/embedded.ts'
import { topicsOf } from './consumer/target.ts'
import type { TopicsView } from './consumer/world.ts'
import { metadataOf } from './members.ts'

/**
 * The topics that the group's members read; null when that cannot be known, because there is no generation or the members
 * do not speak the consumers' embedded protocol (int16 version, then ConsumerProtocolSubscription).
 */
export function subscribedTopics(group: Group, view: TopicsView): Set<string> | null {
  if (group.consumer !== null) {
    const names = new Set<string>()
    for (const member of group.consumer.members.values()) {
      for (const { name } of topicsOf(member, view)) names.add(name)
    }
    return names
  }
  if (!group.isConsumerGroup() || group.protocol === null || group.members.size === 0) return null
  const topics = new Set<string>()
  for (const member of group.members.values()) {
    const said = readSubscription(metadataOf(member, group.protocol))
    if (said === null) return null
    for (const name of said.topics) topics.add(name)
  }
  return topics
}
