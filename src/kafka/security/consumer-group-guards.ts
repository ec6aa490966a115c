import { Operation } from '../../core/access/acl.ts'
import {
  ConsumerGroupDescribeRequest,
  ConsumerGroupDescribeResponse,
} from '../../wire/kafka/messages/consumer-group-describe.ts'
import {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from '../../wire/kafka/messages/consumer-group-heartbeat.ts'
import { groupOperations, mayOnGroup } from './group-guards.ts'
import { DENIED, type Guard, guard, split } from './guard.ts'
import { mayOnTopic } from './topic-guards.ts'

/* Groups of the consumer protocol (KIP-848). */

const heartbeat = guard(ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, (request, ask) => {
  if (!mayOnGroup(ask, Operation.read, request.groupId)) return { answer: DENIED.group }
  const denied = (request.subscribedTopicNames ?? []).some((name) => !mayOnTopic(ask, Operation.describe, name))
  return denied ? { answer: DENIED.topic } : { pass: request }
})

const describe = guard(ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse, (request, ask) => {
  const [groupIds, refused] = split(request.groupIds, (groupId) => mayOnGroup(ask, Operation.describe, groupId))
  const answers = refused.map((groupId) => ({ groupId, errorCode: DENIED.group.errorCode }))
  return {
    pass: { ...request, groupIds },
    amend: (response) => ({
      ...response,
      groups: [
        ...(response.groups ?? []).map((group) => {
          const topics = (group.members ?? []).flatMap((member) => [
            ...(member.subscribedTopicNames ?? []),
            ...(member.assignment?.topicPartitions ?? []).map(({ topicName }) => topicName ?? ''),
          ])
          // Who may not know of all of its topics is not told of the group's members.
          if (topics.some((name) => !mayOnTopic(ask, Operation.describe, name))) {
            const errorMessage = 'The group has described topic(s) that the client is not authorized to describe.'
            return { groupId: group.groupId, errorCode: DENIED.topic.errorCode, errorMessage }
          }
          const authorizedOperations = groupOperations(group.authorizedOperations, ask, group.groupId ?? '')
          return { ...group, authorizedOperations }
        }),
        ...answers,
      ],
    }),
  }
})

export const CONSUMER_GROUP_GUARDS: readonly Guard[] = [heartbeat, describe]
