import { Operation } from '../../core/access/acl.ts'
import {
  AlterShareGroupOffsetsRequest,
  AlterShareGroupOffsetsResponse,
} from '../../wire/kafka/messages/alter-share-group-offsets.ts'
import {
  DeleteShareGroupOffsetsRequest,
  DeleteShareGroupOffsetsResponse,
} from '../../wire/kafka/messages/delete-share-group-offsets.ts'
import {
  DescribeShareGroupOffsetsRequest,
  DescribeShareGroupOffsetsResponse,
} from '../../wire/kafka/messages/describe-share-group-offsets.ts'
import { ShareAcknowledgeRequest, ShareAcknowledgeResponse } from '../../wire/kafka/messages/share-acknowledge.ts'
import { ShareFetchRequest, ShareFetchResponse } from '../../wire/kafka/messages/share-fetch.ts'
import {
  ShareGroupDescribeRequest,
  ShareGroupDescribeResponse,
} from '../../wire/kafka/messages/share-group-describe.ts'
import {
  ShareGroupHeartbeatRequest,
  ShareGroupHeartbeatResponse,
} from '../../wire/kafka/messages/share-group-heartbeat.ts'
import type { Call } from '../api.ts'
import type { Ask } from './authorizer.ts'
import { groupOperations, mayOnGroup } from './group-guards.ts'
import { DENIED, type Guard, guard, split } from './guard.ts'
import { mayOnTopic } from './topic-guards.ts'

/* Share groups (KIP-932). */

const heartbeat = guard(ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse, (request, ask) => {
  if (!mayOnGroup(ask, Operation.read, request.groupId)) return { answer: DENIED.group }
  const denied = (request.subscribedTopicNames ?? []).some((name) => !mayOnTopic(ask, Operation.describe, name))
  return denied ? { answer: DENIED.topic } : { pass: request }
})

const describe = guard(ShareGroupDescribeRequest, ShareGroupDescribeResponse, (request, ask) => {
  const [groupIds, refused] = split(request.groupIds, (groupId) => mayOnGroup(ask, Operation.describe, groupId))
  const answers = refused.map((groupId) => ({ groupId, errorCode: DENIED.group.errorCode }))
  return {
    pass: { ...request, groupIds },
    amend: (response) => ({
      ...response,
      groups: [
        ...(response.groups ?? []).map((group) => ({
          ...group,
          authorizedOperations: groupOperations(group.authorizedOperations, ask, group.groupId ?? ''),
        })),
        ...answers,
      ],
    }),
  }
})

/** Topics by id that the client may read; those that are not there are told of by the handler. */
function mayRead(call: Call, ask: Ask): (topic: { readonly topicId: string }) => boolean {
  return ({ topicId }) => {
    const name = call.front.topics.byId.get(topicId)?.name
    return name === undefined || mayOnTopic(ask, Operation.read, name)
  }
}

function denied<P extends { readonly partitionIndex: number }>(
  topics: readonly { topicId: string; partitions: P[] }[],
) {
  return topics.map(({ topicId, partitions }) => ({
    topicId,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: DENIED.topic.errorCode })),
  }))
}

const fetch = guard(ShareFetchRequest, ShareFetchResponse, (request, ask, call) => {
  if (!mayOnGroup(ask, Operation.read, request.groupId ?? '')) return { answer: DENIED.group }
  const [topics, refused] = split(request.topics, mayRead(call, ask))
  if (refused.length === 0) return { pass: request }
  const answers = denied(refused)
  return {
    pass: { ...request, topics },
    amend: (response) => ({ ...response, responses: [...(response.responses ?? []), ...answers] }),
  }
})

const acknowledge = guard(ShareAcknowledgeRequest, ShareAcknowledgeResponse, (request, ask, call) => {
  if (!mayOnGroup(ask, Operation.read, request.groupId ?? '')) return { answer: DENIED.group }
  const [topics, refused] = split(request.topics, mayRead(call, ask))
  if (refused.length === 0) return { pass: request }
  const answers = denied(refused)
  return {
    pass: { ...request, topics },
    amend: (response) => ({ ...response, responses: [...(response.responses ?? []), ...answers] }),
  }
})

const describeOffsets = guard(DescribeShareGroupOffsetsRequest, DescribeShareGroupOffsetsResponse, (request, ask) => {
  const [groups, refused] = split(request.groups, ({ groupId }) => mayOnGroup(ask, Operation.describe, groupId))
  const answers = refused.map(({ groupId }) => ({ groupId, ...DENIED.group }))
  const mayDescribe = ({ topicName }: { readonly topicName: string }) => mayOnTopic(ask, Operation.describe, topicName)
  return {
    pass: {
      ...request,
      groups: groups.map((group) => ({ ...group, topics: group.topics?.filter(mayDescribe) ?? null })),
    },
    amend: (response) => ({
      ...response,
      groups: [
        ...(response.groups ?? []).map((group) => ({
          ...group,
          topics: (group.topics ?? []).filter(({ topicName }) => mayDescribe({ topicName: topicName ?? '' })),
        })),
        ...answers,
      ],
    }),
  }
})

const alterOffsets = guard(AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsResponse, (request, ask) => {
  if (!mayOnGroup(ask, Operation.read, request.groupId)) return { answer: DENIED.group }
  const mayReadTopic = ({ topicName }: { readonly topicName: string }) => mayOnTopic(ask, Operation.read, topicName)
  const [topics, refused] = split(request.topics, mayReadTopic)
  const answers = refused.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, ...DENIED.topic })),
  }))
  return {
    pass: { ...request, topics },
    amend: (response) => ({ ...response, responses: [...(response.responses ?? []), ...answers] }),
  }
})

const deleteOffsets = guard(DeleteShareGroupOffsetsRequest, DeleteShareGroupOffsetsResponse, (request, ask) => {
  if (!mayOnGroup(ask, Operation.delete, request.groupId)) return { answer: DENIED.group }
  const [topics, refused] = split(request.topics, ({ topicName }) => mayOnTopic(ask, Operation.read, topicName))
  const answers = refused.map(({ topicName }) => ({ topicName, ...DENIED.topic }))
  return {
    pass: { ...request, topics },
    amend: (response) => ({ ...response, responses: [...(response.responses ?? []), ...answers] }),
  }
})

export const SHARE_GROUP_GUARDS: readonly Guard[] = [
  heartbeat,
  describe,
  fetch,
  acknowledge,
  describeOffsets,
  alterOffsets,
  deleteOffsets,
]
