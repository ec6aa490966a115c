import { readSubscription } from './consumer/embedded.ts'
import { type Member, metadataOf } from './members.ts'

/** What is asked of a classic group. */
interface Generation {
  readonly protocolType: string
  readonly protocol: string | null
  readonly members: ReadonlyMap<string, Member>
}

/**
 * The topics that the members of a generation read; null when that cannot be known, because they do not speak the consumers' embedded protocol (int16
 * version, then ConsumerProtocolSubscription).
 */
export function topicsRead({ protocolType, protocol, members }: Generation): ReadonlySet<string> | null {
  if (protocolType !== 'consumer') return null
  const topics = new Set<string>()
  for (const member of members.values()) {
    const said = readSubscription(metadataOf(member, protocol))
    if (said === null) return null
    for (const name of said.topics) topics.add(name)
  }
  return topics
}
