import { checkTopicName } from '../broker/topic/name.ts'
import type { Topic } from '../broker/topic/topic.ts'
import { ErrorCode } from '../wire/kafka/errors.ts'
import { MetadataRequest, MetadataResponse } from '../wire/kafka/messages/metadata.ts'
import { type Decoded, type Encodable, ZERO_UUID } from '../wire/kafka/schema.ts'
import { api, type Call } from './api.ts'
import { CLUSTER_OPERATIONS, TOPIC_OPERATIONS, UNASKED } from './operations.ts'

/*
 * Metadata, 0 to 13. An empty list of topics means all in version 0, none later; null means all. A topic that is not there comes into being if
 * the client allows it (always before version 4) and the broker does, a moment later, and is told of when it is asked for again: a client that would
 * not ask again has to find that out here, and not with a Kafka. Topics can be asked for by id from version 12 on.
 */

type TopicEntry = NonNullable<Encodable<typeof MetadataResponse>['topics']>[number]
type Asked = NonNullable<Decoded<typeof MetadataRequest>['topics']>[number]

export const metadata = api(MetadataRequest, MetadataResponse, { from: 0, to: 13 }, (request, call) => {
  const { front } = call
  const { topics } = front
  const operations = request.includeTopicAuthorizedOperations ? TOPIC_OPERATIONS : UNASKED
  const all = request.topics === null || (call.version === 0 && request.topics.length === 0)
  const mayCreate = front.options.autoCreateTopics && (call.version < 4 || request.allowAutoTopicCreation)
  const entries = all
    ? [...topics.byName.values()].map((topic) => entryOf(topic, call, operations))
    : once(request.topics!).map((asked) => lookUp(asked, call, mayCreate, operations))
  const address = addressFor(call)
  call.reply(
    {
      brokers: [{ nodeId: front.options.nodeId, ...address, rack: null }],
      clusterId: front.options.clusterId,
      controllerId: front.options.nodeId,
      topics: entries,
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : UNASKED,
    },
    topics.position,
  )
})

/** Where clients are told to find us: what the operator says, or where this one found us. */
export function addressFor(call: Call): { host: string; port: number } {
  return call.front.options.advertised ?? { host: call.localHost, port: call.localPort }
}

/** A topic that is asked for twice is told once. */
function once(asked: readonly Asked[]): Asked[] {
  if (asked.length === 1) return [...asked]
  const byKey = new Map(asked.map((one) => [`${one.name ?? ''} ${one.topicId}`, one]))
  return [...byKey.values()]
}

function lookUp(asked: Asked, call: Call, mayCreate: boolean, operations: number): TopicEntry {
  const { topics } = call.front
  const { name, topicId } = asked
  if (name === null || (name === '' && topicId !== ZERO_UUID)) {
    const topic = topics.byId.get(topicId)
    if (topic !== undefined) return entryOf(topic, call, operations)
    return { errorCode: ErrorCode.UNKNOWN_TOPIC_ID, name: null, topicId }
  }
  const topic = topics.byName.get(name)
  if (topic !== undefined) return entryOf(topic, call, operations)
  if (checkTopicName(name) !== null) return { errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION, name }
  if (mayCreate) call.front.comingTopics.add(name)
  return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, name }
}

function entryOf(topic: Topic, call: Call, topicAuthorizedOperations: number): TopicEntry {
  const { nodeId } = call.front.options
  const { leaderEpoch } = call.front.topics
  return {
    name: topic.name,
    topicId: topic.id,
    isInternal: topic.isInternal,
    partitions: topic.partitions.map((partition) => ({
      partitionIndex: partition.number,
      leaderId: nodeId,
      leaderEpoch,
      replicaNodes: [nodeId],
      isrNodes: [nodeId],
    })),
    topicAuthorizedOperations,
  }
}
