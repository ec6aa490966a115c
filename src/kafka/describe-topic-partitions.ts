import { checkTopicName } from '../broker/topic/name.ts'
import { ErrorCode } from '../wire/kafka/errors.ts'
import {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
} from '../wire/kafka/messages/describe-topic-partitions.ts'
import type { Encodable } from '../wire/kafka/schema.ts'
import { api } from './api.ts'
import { TOPIC_OPERATIONS } from './operations.ts'

/*
 * DescribeTopicPartitions, 0: partitions of topics in the order of the topics' names, as many as one answer may have; a cursor
 * says where the next one goes on. An empty list asks for all topics.
 */

/** `max.request.partition.size.limit`. */
const MAX_PARTITIONS = 2000

type Answer = Encodable<typeof DescribeTopicPartitionsResponse>
type TopicAnswer = NonNullable<Answer['topics']>[number]

export const describeTopicPartitions = api(
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
  { from: 0, to: 0 },
  (request, call) => {
    const { topics, options } = call.front
    const asked = request.topics.map(({ name }) => name)
    const names = [...new Set(asked.length === 0 ? topics.byName.keys() : asked)].sort()
    const { cursor } = request
    if (cursor !== null && (cursor.partitionIndex < 0 || (asked.length > 0 && !asked.includes(cursor.topicName)))) {
      const wrong = { errorCode: ErrorCode.INVALID_REQUEST, isInternal: false }
      call.reply({ topics: names.map((name) => ({ name, ...wrong })) }, 0)
      return
    }
    let left = Math.max(1, Math.min(request.responsePartitionLimit, MAX_PARTITIONS))
    let nextCursor: Answer['nextCursor'] = null
    const answers: TopicAnswer[] = []
    for (const name of names) {
      if (cursor !== null && name < cursor.topicName) continue
      const first = cursor !== null && name === cursor.topicName ? Math.max(0, cursor.partitionIndex) : 0
      if (left === 0) {
        nextCursor = { topicName: name, partitionIndex: first }
        break
      }
      const topic = topics.byName.get(name)
      if (topic === undefined) {
        const errorCode =
          checkTopicName(name) === null ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION
        answers.push({ name, errorCode, isInternal: false, topicAuthorizedOperations: TOPIC_OPERATIONS })
        continue
      }
      const told = topic.partitions.slice(first, first + left)
      const replicas = [options.nodeId]
      answers.push({
        name,
        topicId: topic.id,
        isInternal: topic.isInternal,
        partitions: told.map(({ number }) => ({
          partitionIndex: number,
          leaderId: options.nodeId,
          leaderEpoch: topics.leaderEpoch,
          replicaNodes: replicas,
          isrNodes: replicas,
          eligibleLeaderReplicas: [],
          lastKnownElr: [],
        })),
        topicAuthorizedOperations: TOPIC_OPERATIONS,
      })
      left -= told.length
      if (first + told.length < topic.partitions.length) {
        nextCursor = { topicName: name, partitionIndex: first + told.length }
        break
      }
    }
    call.reply({ topics: answers, nextCursor }, topics.position)
  },
)
