import type { Group } from '../../core/group/classic.ts'
import type { ConsumerGroup } from '../../core/group/consumer/consumer-group.ts'
import type { Subscription } from '../../core/group/consumer/member.ts'
import { topicsWanted } from '../../core/group/consumer/target.ts'
import type { TopicsView } from '../../core/group/consumer/world.ts'

/** Journal bytes of a fact beside what it names: frame, lengths and numbers. */
const FACT = 96
/** A partition in an assignment, with a topic's id if it is the first of it. */
const PARTITION = 36

interface Room {
  readonly memberChanges: number
  readonly partitionsGiven: number
  readonly version: number
  readonly bytes: number
}

/** What was worked out last: heartbeats are many, and what each of them changes is little. */
const known = new WeakMap<ConsumerGroup, Room>()
/** So much more than is needed may be asked for before it is worked out again. */
const SLACK = 64 * 1024

/** Bytes of journal that one step of a group of the consumer protocol takes at most: new targets for all, and a change of the protocol. */
export function consumerRoom({ name, consumer }: Group, topics: TopicsView): number {
  if (consumer === null) return 0
  const { memberChanges, partitionsGiven } = consumer
  const { version } = topics
  const last = known.get(consumer)
  if (last !== undefined && last.memberChanges === memberChanges && last.version === version) {
    // As if members had kept what they had before as well.
    const more = PARTITION * (partitionsGiven - last.partitionsGiven)
    if (more <= SLACK) return last.bytes + more
  }
  const bytes = roomOf(name, consumer, topics)
  known.set(consumer, { memberChanges, partitionsGiven, version, bytes })
  return bytes
}

function roomOf(name: string, consumer: ConsumerGroup, topics: TopicsView): number {
  const head = FACT + 3 * name.length
  const seen = new Map<string, number>()
  let bytes = 4 * head
  for (const { subscription, target, current } of consumer.members.values()) {
    bytes += 4 * head + 9 * subscription.memberId.length + subscriptionBytes(subscription)
    for (const { id, partitions } of topicsWanted(subscription, topics)) seen.set(id, partitions.length)
    for (const assignment of [target, current.assigned, current.revoking]) {
      for (const partitions of assignment.values()) bytes += PARTITION * partitions.length
    }
  }
  for (const partitions of seen.values()) bytes += 4 * PARTITION * partitions
  return bytes
}

export function subscriptionBytes(subscription: Subscription): number {
  const { memberId, instanceId, rackId, clientId, clientHost, topics, regex, assignor, classic } = subscription
  let bytes = FACT
  for (const text of [memberId, instanceId, rackId, clientId, clientHost, regex, assignor, ...topics]) {
    bytes += 8 + 3 * (text?.length ?? 0)
  }
  for (const { name, metadata } of classic?.protocols ?? []) bytes += 16 + 3 * name.length + metadata.length
  return bytes
}

/** Bytes of journal that a member with these texts and subscriptions takes at most, when it gets all that it reads. */
export function subscriptionRoom(
  group: string,
  texts: readonly (string | null)[],
  names: readonly string[],
  topics: TopicsView,
  regex: string | null,
): number {
  let bytes = 8 * (FACT + 3 * group.length)
  for (const text of texts) bytes += 9 * (text?.length ?? 0)
  for (const name of names) bytes += 8 + 3 * name.length
  const read = regex === null || regex === '' ? names : [...names, ...topics.matching(regex)]
  for (const name of read) bytes += 4 * PARTITION * (topics.byName(name)?.partitions.length ?? 0)
  return bytes
}
