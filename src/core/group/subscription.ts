import { decode } from '../../wire/kafka/codec.ts'
import { KafkaError } from '../../wire/kafka/errors.ts'
import { ConsumerProtocolSubscription } from '../../wire/kafka/messages/consumer-protocol.ts'
import { Reader } from '../../wire/kafka/reader.ts'
import type { Group } from './classic.ts'
import { metadataOf } from './members.ts'

/**
 * The topics that the group's members read; null when that cannot be known, because there is no generation or the members
 * do not speak the consumers' embedded protocol (int16 version, then ConsumerProtocolSubscription).
 */
export function subscribedTopics(group: Group): Set<string> | null {
  if (!group.isConsumerGroup() || group.protocol === null || group.members.size === 0) return null
  const topics = new Set<string>()
  for (const member of group.members.values()) {
    const names = topicsOf(metadataOf(member, group.protocol))
    if (names === null) return null
    for (const name of names) topics.add(name)
  }
  return topics
}

function topicsOf(metadata: Uint8Array): string[] | null {
  try {
    const reader = new Reader(metadata)
    const version = Math.min(reader.int16(), ConsumerProtocolSubscription.versions.to)
    if (version < 0) return null
    return decode(ConsumerProtocolSubscription, version, reader).topics
  } catch (error) {
    if (error instanceof KafkaError) return null
    throw error
  }
}
