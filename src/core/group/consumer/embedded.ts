import { decode, encode } from '../../../wire/kafka/codec.ts'
import { KafkaError } from '../../../wire/kafka/errors.ts'
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
} from '../../../wire/kafka/messages/consumer-protocol.ts'
import { Reader } from '../../../wire/kafka/reader.ts'
import type { Decoded } from '../../../wire/kafka/schema.ts'
import { Writer } from '../../../wire/kafka/writer.ts'
import { type Assignment, assignmentOf, NO_PARTITIONS } from './assignment.ts'
import type { TopicsView } from './world.ts'

/*
 * What members of the classic protocol put into its opaque fields: int16 version, then the message of that version. Versions newer than
 * ours are read as the newest we know: fields are only ever added at the end.
 */

/** What a member wants to read and has; null if it does not speak the consumers' embedded protocol. */
export function readSubscription(metadata: Uint8Array): Decoded<typeof ConsumerProtocolSubscription> | null {
  return attempt(() => {
    const reader = new Reader(metadata)
    const version = Math.min(reader.int16(), ConsumerProtocolSubscription.versions.to)
    return version < 0 ? null : decode(ConsumerProtocolSubscription, version, reader)
  })
}

/** The version in which a member speaks the embedded protocol. */
export function embeddedVersion(metadata: Uint8Array): number {
  const version = attempt(() => new Reader(metadata).int16()) ?? 0
  return Math.max(0, Math.min(version, ConsumerProtocolAssignment.versions.to))
}

/** What the leader of a classic group gave a member; nothing if it cannot be read. */
export function readAssignment(bytes: Uint8Array, topics: TopicsView): Assignment {
  const decoded = decodeAssignment(bytes)
  return decoded === null ? NO_PARTITIONS : byIds(decoded.assignedPartitions, topics)
}

/** Whether the leader's assignor put something of its own into a member's assignment. */
export function hasUserData(bytes: Uint8Array): boolean {
  const userData = decodeAssignment(bytes)?.userData
  return userData != null && userData.length > 0
}

function decodeAssignment(bytes: Uint8Array): Decoded<typeof ConsumerProtocolAssignment> | null {
  return attempt(() => {
    const reader = new Reader(bytes)
    const version = Math.min(reader.int16(), ConsumerProtocolAssignment.versions.to)
    return version < 0 ? null : decode(ConsumerProtocolAssignment, version, reader)
  })
}

/** Partitions by topic names as partitions by topic ids; topics that are not there are left out. */
export function byIds(
  list: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
  topics: TopicsView,
): Assignment {
  const entries: [string, readonly number[]][] = []
  for (const { topic, partitions } of list) {
    const known = topics.byName(topic)
    if (known !== undefined) entries.push([known.id, partitions])
  }
  return assignmentOf(entries)
}

/** An assignment as a classic member reads it. */
export function writeAssignment(assignment: Assignment, version: number, topics: TopicsView): Uint8Array {
  const assignedPartitions: { topic: string; partitions: number[] }[] = []
  for (const [topicId, partitions] of assignment) {
    const topic = topics.byId(topicId)?.name
    if (topic !== undefined) assignedPartitions.push({ topic, partitions: [...partitions] })
  }
  const writer = new Writer(256)
  writer.int16(version)
  encode(ConsumerProtocolAssignment, version, writer, { assignedPartitions, userData: null })
  return writer.joined()
}

function attempt<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof KafkaError) return null
    throw error
  }
}
