import { ZERO_UUID } from '../../wire/kafka/schema.ts'
import { checkTopicName, collisionKey } from './name.ts'
import { type Refusal, refuse } from './refusal.ts'
import { hasRoomFor } from './room.ts'
import type { Topic } from './topic.ts'
import { checkConfigs } from './topic-config.ts'
import { factRoom, writeFact } from './topic-record.ts'
import type { Topics } from './topics.ts'

/** The most partitions that one command may make. */
const MAX_PARTITIONS_AT_ONCE = 10_000

export interface TopicSpec {
  readonly name: string
  /** -1 for the broker's default. */
  readonly partitions: number
  readonly configs: ReadonlyMap<string, string>
}

/** The id is the topic's; where it was only looked, one that it could have had. */
export type Created = { readonly ok: true; readonly id: string; readonly topic: Topic | null }

/** Makes a topic; with `onlyCheck` it is only looked whether that could be done. */
export function createTopic(topics: Topics, spec: TopicSpec, onlyCheck = false): Created | Refusal {
  const count = spec.partitions === -1 ? topics.options.defaultPartitions : spec.partitions
  const refusal = check(topics, spec, count)
  if (refusal !== null) return refusal
  const id = newUuid(topics)
  if (onlyCheck) return { ok: true, id, topic: null }
  const { broker } = topics
  const fact = {
    op: 'create' as const,
    name: spec.name,
    id,
    configs: [...spec.configs],
    partitions: newIds(topics, count),
  }
  const position = writeFact(broker, fact)
  topics.apply(fact, position)
  return { ok: true, id, topic: topics.byId.get(id)! }
}

function check(topics: Topics, spec: TopicSpec, count: number): Refusal | null {
  const wrong = checkNameAndConfigs(topics, spec.name, spec.configs)
  if (wrong !== null) return wrong
  if (count <= 0) return refuse('invalid-partitions', 'Number of partitions was set to an invalid non-positive value.')
  return checkCount(topics, count) ?? roomFor(topics, count)
}

/** What is looked at before anything else. */
export function checkNameAndConfigs(
  topics: Topics,
  name: string,
  configs: ReadonlyMap<string, string>,
): Refusal | null {
  const wrongName = checkTopicName(name)
  if (wrongName !== null) return refuse('invalid-name', wrongName)
  if (topics.byName.has(name)) return refuse('topic-exists', `Topic '${name}' already exists.`)
  const collision = topics.byCollisionKey.get(collisionKey(name))
  if (collision !== undefined) {
    return refuse('invalid-name', `Topic '${name}' collides with existing topic: ${collision.name}`)
  }
  const wrongConfig = checkConfigs(configs)
  return wrongConfig === null ? null : refuse('invalid-config', wrongConfig)
}

/** Whether so many partitions more may be. */
export function checkCount(topics: Topics, more: number): Refusal | null {
  if (more > MAX_PARTITIONS_AT_ONCE) {
    return refuse('too-many-partitions', 'Excessively large number of partitions per request.')
  }
  const { maxPartitions } = topics.options
  if (topics.partitions.size + more <= maxPartitions) return null
  return refuse('too-many-partitions', `This broker has at most ${maxPartitions} partitions.`)
}

/** Whether the journal can take a fact about so many partitions. */
export function roomFor(topics: Topics, partitions: number): Refusal | null {
  if (hasRoomFor(topics.broker, factRoom(partitions))) return null
  return refuse('no-room', 'The disk is full.')
}

export function newIds(topics: Topics, count: number): number[] {
  const { broker } = topics
  return Array.from({ length: count }, () => ++broker.lastId)
}

/** A random (version 4) uuid in Kafka's form, which never begins with a dash. */
export function newUuid(topics: Topics): string {
  const bytes = Buffer.alloc(16)
  for (;;) {
    topics.broker.env.random.fill(bytes)
    bytes[6] = (bytes[6]! & 0x0f) | 0x40
    bytes[8] = (bytes[8]! & 0x3f) | 0x80
    const id = bytes.toString('base64url')
    if (!id.startsWith('-') && id !== ZERO_UUID && !topics.byId.has(id)) return id
  }
}
