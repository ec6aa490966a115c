import { CLUSTER, Operation, ResourceType } from '../../core/access/acl.ts'
import { OPERATIONS_OF } from '../../core/access/acls.ts'
import { CreatePartitionsRequest, CreatePartitionsResponse } from '../../wire/kafka/messages/create-partitions.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../../wire/kafka/messages/create-topics.ts'
import { DeleteRecordsRequest, DeleteRecordsResponse } from '../../wire/kafka/messages/delete-records.ts'
import { DeleteTopicsRequest, DeleteTopicsResponse } from '../../wire/kafka/messages/delete-topics.ts'
import { DescribeProducersRequest, DescribeProducersResponse } from '../../wire/kafka/messages/describe-producers.ts'
import {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
} from '../../wire/kafka/messages/describe-topic-partitions.ts'
import { FetchRequest, FetchResponse } from '../../wire/kafka/messages/fetch.ts'
import { ListOffsetsRequest, ListOffsetsResponse } from '../../wire/kafka/messages/list-offsets.ts'
import { MetadataRequest, MetadataResponse } from '../../wire/kafka/messages/metadata.ts'
import {
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse,
} from '../../wire/kafka/messages/offset-for-leader-epoch.ts'
import { ProduceRequest, ProduceResponse } from '../../wire/kafka/messages/produce.ts'
import { type Encodable, ZERO_UUID } from '../../wire/kafka/schema.ts'
import { UNASKED } from '../operations.ts'
import type { Ask } from './authorizer.ts'
import { DENIED, type Guard, guard, mayOnCluster, split, topicName } from './guard.ts'

/* Topics: what is not allowed is taken out of the request, and told with what the handler answers. */

const { topic: TOPIC } = ResourceType

export function mayOnTopic(ask: Ask, operation: number, name: string): boolean {
  return ask.may(operation, TOPIC, name)
}

const produce = guard(ProduceRequest, ProduceResponse, (request, ask, call) => {
  const { transactionalId } = request
  const foreign = transactionalId !== null && !ask.may(Operation.write, ResourceType.transactionalId, transactionalId)
  const denied = foreign ? DENIED.transactionalId : DENIED.topic
  const [topicData, refused] = split(request.topicData, (topic) => {
    const name = topicName(call, topic)
    return !foreign && (name === null || mayOnTopic(ask, Operation.write, name))
  })
  if (refused.length === 0) return { pass: request }
  const answers = refused.map(({ name, topicId, partitionData }) => ({
    name,
    topicId,
    partitionResponses: partitionData.map(({ index }) => ({ index, errorCode: denied.errorCode, baseOffset: -1 })),
  }))
  // Nothing else can tell a producer that does not listen.
  if (request.acks === 0)
    return { abort: `${ask.principal} may not write to ${refused.map(({ name }) => name).join()}` }
  return {
    pass: { ...request, topicData },
    amend: (response) => ({ ...response, responses: [...(response.responses ?? []), ...answers] }),
  }
})

/** Which partitions are fetched the connection's fetch session knows: the handler asks for each of them. */
const fetch = guard(FetchRequest, FetchResponse, (request) => ({ pass: request }))

const listOffsets = guard(ListOffsetsRequest, ListOffsetsResponse, (request, ask) => {
  const [topics, refused] = split(request.topics, ({ name }) => mayOnTopic(ask, Operation.describe, name))
  const answers = refused.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, ...DENIED.topic })),
  }))
  return {
    pass: { ...request, topics },
    amend: (response) => ({ ...response, topics: [...(response.topics ?? []), ...answers] }),
  }
})

type MetadataTopic = NonNullable<Encodable<typeof MetadataResponse>['topics']>[number]

const metadata = guard(MetadataRequest, MetadataResponse, (request, ask, call) => {
  const all = request.topics === null || (call.version === 0 && request.topics.length === 0)
  const refused: MetadataTopic[] = []
  const { byId, byName } = call.front.topics
  const mayCreate = mayOnCluster(ask, Operation.create)
  const topics = (request.topics ?? []).filter(({ name, topicId }) => {
    const asked = name ?? byId.get(topicId)?.name
    if (asked === undefined) return true
    const isMissing = !byName.has(asked) && request.allowAutoTopicCreation && call.front.options.autoCreateTopics
    if (mayOnTopic(ask, Operation.describe, asked)) {
      if (!isMissing || mayCreate || mayOnTopic(ask, Operation.create, asked)) return true
    }
    // Who asks by id, and may not know, is not told the name.
    refused.push({ ...DENIED.topic, name: name === null ? null : asked, topicId: name === null ? topicId : ZERO_UUID })
    return false
  })
  return {
    pass: all ? request : { ...request, topics },
    amend: (response) => ({
      ...response,
      topics: [...visible(response.topics ?? [], ask), ...refused],
      clusterAuthorizedOperations: clusterOperations(response.clusterAuthorizedOperations, ask),
    }),
  }
})

/** Topics that the client may know of, with what it may do with them if it asked. */
function visible<T extends { name?: string | null | undefined; topicAuthorizedOperations?: number | undefined }>(
  topics: readonly T[],
  ask: Ask,
): T[] {
  return topics
    .filter(({ name }) => typeof name !== 'string' || mayOnTopic(ask, Operation.describe, name))
    .map((topic) => {
      const asked = topic.topicAuthorizedOperations !== undefined && topic.topicAuthorizedOperations !== UNASKED
      if (!asked || typeof topic.name !== 'string') return topic
      return { ...topic, topicAuthorizedOperations: ask.allowed(OPERATIONS_OF.topic, TOPIC, topic.name) }
    })
}

/** What the client may do with the cluster, if it asked: nothing is told to who may not describe it. */
export function clusterOperations(told: number | undefined, ask: Ask): number {
  if (told === undefined || told === UNASKED) return UNASKED
  if (!mayOnCluster(ask, Operation.describe)) return 0
  return ask.allowed(OPERATIONS_OF.cluster, ResourceType.cluster, CLUSTER)
}

const describeTopicPartitions = guard(
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
  (request, ask) => {
    const [topics, refused] = split(request.topics, ({ name }) => mayOnTopic(ask, Operation.describe, name))
    const answers = refused.map(({ name }) => ({ ...DENIED.topic, name }))
    // No names at all ask for every topic: the answer then tells those that may be seen.
    if (topics.length === 0 && refused.length > 0) return { answer: { topics: answers } }
    return {
      pass: { ...request, topics },
      amend: (response) => ({ ...response, topics: [...visible(response.topics ?? [], ask), ...answers] }),
    }
  },
)

const createTopics = guard(CreateTopicsRequest, CreateTopicsResponse, (request, ask) => {
  const everywhere = mayOnCluster(ask, Operation.create)
  const [topics, refused] = split(request.topics, ({ name }) => everywhere || mayOnTopic(ask, Operation.create, name))
  const names = [...new Set(refused.map(({ name }) => name))]
  const answers = names.map((name) => ({ name, ...DENIED.topic, errorMessage: 'Authorization failed.' }))
  return {
    pass: { ...request, topics },
    amend: (response) => ({
      ...response,
      topics: [
        ...(response.topics ?? []).map((topic) =>
          mayOnTopic(ask, Operation.describeConfigs, topic.name ?? '')
            ? topic
            : {
                ...topic,
                topicConfigErrorCode: DENIED.topic.errorCode,
                numPartitions: -1,
                replicationFactor: -1,
                configs: [],
              },
        ),
        ...answers,
      ],
    }),
  }
})

const deleteTopics = guard(DeleteTopicsRequest, DeleteTopicsResponse, (request, ask, call) => {
  const denied = (name: string | null, topicId: string) => {
    const known = name ?? call.front.topics.byId.get(topicId)?.name
    if (known === undefined) return false
    return !mayOnTopic(ask, Operation.delete, known)
  }
  const [topics, refused] = split(request.topics, ({ name, topicId }) => !denied(name, topicId))
  const [topicNames, refusedNames] = split(request.topicNames, (name) => !denied(name, ZERO_UUID))
  const answers = [...refused, ...refusedNames.map((name) => ({ name, topicId: ZERO_UUID }))].map(
    ({ name, topicId }) => ({ name, topicId, ...DENIED.topic }),
  )
  return {
    pass: { ...request, topics, topicNames },
    amend: (response) => ({ ...response, responses: [...(response.responses ?? []), ...answers] }),
  }
})

const createPartitions = guard(CreatePartitionsRequest, CreatePartitionsResponse, (request, ask) => {
  const [topics, refused] = split(request.topics, ({ name }) => mayOnTopic(ask, Operation.alter, name))
  const answers = refused.map(({ name }) => ({ name, ...DENIED.topic, errorMessage: null }))
  return {
    pass: { ...request, topics },
    amend: (response) => ({ ...response, results: [...(response.results ?? []), ...answers] }),
  }
})

const deleteRecords = guard(DeleteRecordsRequest, DeleteRecordsResponse, (request, ask) => {
  const [topics, refused] = split(request.topics, ({ name }) => mayOnTopic(ask, Operation.delete, name))
  const answers = refused.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, lowWatermark: -1, ...DENIED.topic })),
  }))
  return {
    pass: { ...request, topics },
    amend: (response) => ({ ...response, topics: [...(response.topics ?? []), ...answers] }),
  }
})

const offsetForLeaderEpoch = guard(OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, (request, ask) => {
  const [topics, refused] = split(request.topics, ({ topic }) => mayOnTopic(ask, Operation.describe, topic))
  const answers = refused.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition }) => ({ partition, ...DENIED.topic })),
  }))
  return {
    pass: { ...request, topics },
    amend: (response) => ({ ...response, topics: [...(response.topics ?? []), ...answers] }),
  }
})

const describeProducers = guard(DescribeProducersRequest, DescribeProducersResponse, (request, ask) => {
  const [topics, refused] = split(request.topics, ({ name }) => mayOnTopic(ask, Operation.read, name))
  const answers = refused.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, ...DENIED.topic })),
  }))
  return {
    pass: { ...request, topics },
    amend: (response) => ({ ...response, topics: [...(response.topics ?? []), ...answers] }),
  }
})

export const TOPIC_GUARDS: readonly Guard[] = [
  produce,
  fetch,
  listOffsets,
  metadata,
  describeTopicPartitions,
  createTopics,
  deleteTopics,
  createPartitions,
  deleteRecords,
  offsetForLeaderEpoch,
  describeProducers,
]
