import { parseAge } from '../../core/stream/age.ts'
import type { Table } from '../../wire/amqp/field.ts'
import { type Named, type Refusal, refuse } from '../refusal.ts'
import { checkCount, newIds, newUuid } from '../topic/create.ts'
import { deleteTopic } from '../topic/delete.ts'
import { checkTopicName, collisionKey } from '../topic/name.ts'
import { streamKey } from '../topic/topic.ts'
import { writeFact } from '../topic/topic-record.ts'
import type { Topics } from '../topic/topics.ts'
import { STREAM_ROOM } from './stream-logs.ts'

const DEFAULT_VHOST = '/'
/** RabbitMQ's default, and the least that Kafka knows. */
const SEGMENT_BYTES = 500_000_000
const LEAST_SEGMENT = 14

/** Makes the topic that a stream queue is. Kafka's clients see it if it is in the default vhost and they could have made one of that name. */
export function createStreamTopic(topics: Topics, at: Named, args: Table): Refusal | null {
  const key = streamKey(at.vhost, at.name)
  const inDefault = at.vhost === DEFAULT_VHOST
  // What a queue that went with its vhost has left goes at once.
  const left = topics.streams.get(key)
  if (left !== undefined) deleteTopic(topics, left)
  if (inDefault && topics.byName.has(at.name)) return refuse({ reason: 'topic-exists', at })
  if (checkCount(topics, 1) !== null || !topics.broker.hasRoomForDefinition(STREAM_ROOM, false))
    return refuse({ reason: 'no-room' })
  const visible = inDefault && checkTopicName(at.name) === null && !topics.byCollisionKey.has(collisionKey(at.name))
  const fact = {
    op: 'create' as const,
    name: visible ? at.name : key,
    id: newUuid(topics),
    configs: configsOf(args),
    partitions: newIds(topics, 1),
    stream: { vhost: at.vhost, queue: at.name, hidden: !visible },
  }
  topics.apply(fact, writeFact(topics.broker, fact))
  return null
}

/** A stream's limits are those of its topic. */
export function configsOf(args: Table): [string, string][] {
  const age = args.get('x-max-age')?.value
  const bytes = args.get('x-max-length-bytes')?.value
  const segment = Number(args.get('x-stream-max-segment-size-bytes')?.value ?? SEGMENT_BYTES)
  return [
    ['retention.ms', String(typeof age === 'string' ? (parseAge(age) ?? -1) : -1)],
    ['retention.bytes', String(bytes ?? -1)],
    ['segment.bytes', String(Math.min(Math.max(segment, LEAST_SEGMENT), 0x7fffffff))],
  ]
}
