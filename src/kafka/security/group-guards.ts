import { Operation, ResourceType } from '../../core/access/acl.ts'
import { OPERATIONS_OF } from '../../core/access/acls.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import { DeleteGroupsRequest, DeleteGroupsResponse } from '../../wire/kafka/messages/delete-groups.ts'
import { DescribeGroupsRequest, DescribeGroupsResponse } from '../../wire/kafka/messages/describe-groups.ts'
import { FindCoordinatorRequest, FindCoordinatorResponse } from '../../wire/kafka/messages/find-coordinator.ts'
import { HeartbeatRequest, HeartbeatResponse } from '../../wire/kafka/messages/heartbeat.ts'
import { JoinGroupRequest, JoinGroupResponse } from '../../wire/kafka/messages/join-group.ts'
import { LeaveGroupRequest, LeaveGroupResponse } from '../../wire/kafka/messages/leave-group.ts'
import { ListGroupsRequest, ListGroupsResponse } from '../../wire/kafka/messages/list-groups.ts'
import { OffsetCommitRequest, OffsetCommitResponse } from '../../wire/kafka/messages/offset-commit.ts'
import { OffsetDeleteRequest, OffsetDeleteResponse } from '../../wire/kafka/messages/offset-delete.ts'
import { OffsetFetchRequest, OffsetFetchResponse } from '../../wire/kafka/messages/offset-fetch.ts'
import { SyncGroupRequest, SyncGroupResponse } from '../../wire/kafka/messages/sync-group.ts'
import { UNASKED } from '../operations.ts'
import type { Ask } from './authorizer.ts'
import { DENIED, type Guard, guard, mayOnCluster, split, topicName, whole } from './guard.ts'
import { mayOnTopic } from './topic-guards.ts'

/* Groups and what they have committed. */

const { group: GROUP, transactionalId: TRANSACTIONAL_ID } = ResourceType
const { errorCode: GROUP_DENIED } = DENIED.group
const { errorCode: TOPIC_DENIED } = DENIED.topic

export function mayOnGroup(ask: Ask, operation: number, groupId: string): boolean {
  return ask.may(operation, GROUP, groupId)
}

const isMember = (request: { readonly groupId: string }, ask: Ask) => mayOnGroup(ask, Operation.read, request.groupId)

const joinGroup = whole(JoinGroupRequest, JoinGroupResponse, isMember, (request, call) => ({
  errorCode: GROUP_DENIED,
  memberId: request.memberId,
  protocolName: call.version >= 7 ? null : '',
}))
const syncGroup = whole(SyncGroupRequest, SyncGroupResponse, isMember, () => ({ errorCode: GROUP_DENIED }))
const heartbeat = whole(HeartbeatRequest, HeartbeatResponse, isMember, () => ({ errorCode: GROUP_DENIED }))
const leaveGroup = whole(LeaveGroupRequest, LeaveGroupResponse, isMember, () => ({ errorCode: GROUP_DENIED }))

const offsetCommit = guard(OffsetCommitRequest, OffsetCommitResponse, (request, ask, call) => {
  const refuse = (topics: typeof request.topics, errorCode: number) =>
    topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    }))
  if (!isMember(request, ask)) return { answer: { topics: refuse(request.topics, GROUP_DENIED) } }
  const [topics, refused] = split(request.topics, (topic) => {
    const name = topicName(call, topic)
    return name === null || mayOnTopic(ask, Operation.read, name)
  })
  if (refused.length === 0) return { pass: request }
  const answers = refuse(refused, TOPIC_DENIED)
  return {
    pass: { ...request, topics },
    amend: (response) => ({ ...response, topics: [...(response.topics ?? []), ...answers] }),
  }
})

interface FetchedTopic {
  readonly name: string
  readonly topicId?: string
  readonly partitionIndexes: readonly number[]
}

function refuseOffsets({ name, topicId, partitionIndexes }: FetchedTopic) {
  return {
    name,
    topicId: topicId!,
    partitions: partitionIndexes.map((partitionIndex) => ({
      partitionIndex,
      committedOffset: -1,
      metadata: '',
      errorCode: TOPIC_DENIED,
    })),
  }
}

const offsetFetch = guard(OffsetFetchRequest, OffsetFetchResponse, (request, ask, call) => {
  const sees = (topic: { readonly name?: string | undefined; readonly topicId?: string | undefined }) => {
    const name = topicName(call, { name: topic.name ?? null, topicId: topic.topicId ?? '' })
    return name === null || mayOnTopic(ask, Operation.describe, name)
  }
  const mayAsk = (groupId: string) => mayOnGroup(ask, Operation.describe, groupId)
  if (call.version < 8) {
    const all = request.topics === null
    const [topics, refused] = split(request.topics ?? [], sees)
    if (!mayAsk(request.groupId)) {
      // Versions 0 and 1 have no place for it but the partitions.
      const answers = (request.topics ?? [])
        .map((topic) => refuseOffsets(topic))
        .map((topic) => ({
          ...topic,
          partitions: topic.partitions.map((one) => ({ ...one, errorCode: GROUP_DENIED })),
        }))
      return { answer: call.version >= 2 ? { errorCode: GROUP_DENIED, topics: [] } : { topics: answers } }
    }
    return {
      pass: all ? request : { ...request, topics },
      amend: (response) => ({
        ...response,
        topics: [...(response.topics ?? []).filter(sees), ...refused.map((topic) => refuseOffsets(topic))],
      }),
    }
  }
  const [groups, strange] = split(request.groups, ({ groupId }) => mayAsk(groupId))
  const refused = new Map(
    groups.map(({ groupId, topics }) => [groupId, (topics ?? []).filter((topic) => !sees(topic)).map(refuseOffsets)]),
  )
  return {
    pass: {
      ...request,
      groups: groups.map((group) => ({ ...group, topics: group.topics?.filter(sees) ?? null })),
    },
    amend: (response) => ({
      ...response,
      groups: [
        ...(response.groups ?? []).map((group) => ({
          ...group,
          topics: [...(group.topics ?? []).filter(sees), ...(refused.get(group.groupId ?? '') ?? [])],
        })),
        ...strange.map(({ groupId }) => ({ groupId, errorCode: GROUP_DENIED, topics: [] })),
      ],
    }),
  }
})

const offsetDelete = guard(OffsetDeleteRequest, OffsetDeleteResponse, (request, ask) => {
  if (!mayOnGroup(ask, Operation.delete, request.groupId)) return { answer: { errorCode: GROUP_DENIED } }
  const [topics, refused] = split(request.topics, ({ name }) => mayOnTopic(ask, Operation.read, name))
  const answers = refused.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: TOPIC_DENIED })),
  }))
  return {
    pass: { ...request, topics },
    amend: (response) => ({ ...response, topics: [...(response.topics ?? []), ...answers] }),
  }
})

/** What coordinators are looked for: of groups, of transactions, of shares. */
const KEY_TYPES = { group: 0, transaction: 1, share: 2 } as const

const findCoordinator = guard(FindCoordinatorRequest, FindCoordinatorResponse, (request, ask, call) => {
  const denied = (key: string) => {
    if (request.keyType === KEY_TYPES.group) return mayOnGroup(ask, Operation.describe, key) ? null : DENIED.group
    if (request.keyType === KEY_TYPES.transaction) {
      return ask.may(Operation.describe, TRANSACTIONAL_ID, key) ? null : DENIED.transactionalId
    }
    return mayOnCluster(ask, Operation.clusterAction) ? null : DENIED.cluster
  }
  const nowhere = { nodeId: -1, host: '', port: -1 }
  if (call.version < 4) {
    const refusal = denied(request.key)
    return refusal === null ? { pass: request } : { answer: { ...refusal, ...nowhere } }
  }
  const [coordinatorKeys, refused] = split(request.coordinatorKeys, (key) => denied(key) === null)
  const answers = refused.map((key) => ({ key, ...nowhere, errorCode: denied(key)!.errorCode }))
  return {
    pass: { ...request, coordinatorKeys },
    amend: (response) => ({ ...response, coordinators: [...(response.coordinators ?? []), ...answers] }),
  }
})

/** What the client may do with a group, if it asked. */
export function groupOperations(told: number | undefined, ask: Ask, groupId: string): number {
  return told === undefined || told === UNASKED ? UNASKED : ask.allowed(OPERATIONS_OF.group, GROUP, groupId)
}

const describeGroups = guard(DescribeGroupsRequest, DescribeGroupsResponse, (request, ask) => {
  const [groups, refused] = split(request.groups, (groupId) => mayOnGroup(ask, Operation.describe, groupId))
  const answers = refused.map((groupId) => ({ groupId, errorCode: GROUP_DENIED }))
  return {
    pass: { ...request, groups },
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

const listGroups = guard(ListGroupsRequest, ListGroupsResponse, (request, ask) => ({
  pass: request,
  amend: (response) => ({
    ...response,
    groups: (response.groups ?? []).filter(
      ({ groupId }) => mayOnCluster(ask, Operation.describe) || mayOnGroup(ask, Operation.describe, groupId ?? ''),
    ),
  }),
}))

const deleteGroups = guard(DeleteGroupsRequest, DeleteGroupsResponse, (request, ask) => {
  const [groupsNames, refused] = split(request.groupsNames, (groupId) => mayOnGroup(ask, Operation.delete, groupId))
  const answers = refused.map((groupId) => ({ groupId, errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED }))
  return {
    pass: { ...request, groupsNames },
    amend: (response) => ({ ...response, results: [...(response.results ?? []), ...answers] }),
  }
})

export const GROUP_GUARDS: readonly Guard[] = [
  joinGroup,
  syncGroup,
  heartbeat,
  leaveGroup,
  offsetCommit,
  offsetFetch,
  offsetDelete,
  findCoordinator,
  describeGroups,
  listGroups,
  deleteGroups,
]
