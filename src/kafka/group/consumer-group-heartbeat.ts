import { subscriptionRoom } from '../../broker/group/consumer-room.ts'
import { whyNoRegex } from '../../broker/group/topics-view.ts'
import { Operation, ResourceType } from '../../core/access/acl.ts'
import { assignmentOf } from '../../core/group/consumer/assignment.ts'
import { ASSIGNORS } from '../../core/group/consumer/assignor.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from '../../wire/kafka/messages/consumer-group-heartbeat.ts'
import type { Decoded } from '../../wire/kafka/schema.ts'
import { api, type Call } from '../api.ts'
import { GROUP_CODES, NO_ROOM } from './refusals.ts'
import { randomId } from './uuid.ts'

/*
 * ConsumerGroupHeartbeat, 0 to 1: the one request of the consumer protocol (KIP-848). A member joins with it, hears what it is to read, says what it has, and
 * leaves. From version 1 on it brings its own id (KIP-1082) and may subscribe by a regular expression.
 */

type Request = Decoded<typeof ConsumerGroupHeartbeatRequest>
type HeartbeatCall = Call<typeof ConsumerGroupHeartbeatResponse>

const LEAVE = -1
const LEAVE_FOR_NOW = -2

export const consumerGroupHeartbeat = api(
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
  { from: 0, to: 1, needs: { feature: 'group.version', off: () => ({ errorCode: ErrorCode.UNSUPPORTED_VERSION }) } },
  (request, call) => {
    const wrong = check(request, call.version)
    if (wrong !== null) {
      call.reply(wrong, 0)
      return
    }
    const { groups } = call.front
    const known = groups.get(request.groupId)
    const room = (known === undefined ? 0 : groups.roomFor(known, 0)) + sizeOf(request, call)
    if (room > groups.limits.groupMaxBytes) {
      call.reply({ errorCode: ErrorCode.GROUP_MAX_SIZE_REACHED, errorMessage: 'The group takes too many bytes.' }, 0)
      return
    }
    groups.whenRoom(room, (hasRoom) => {
      if (hasRoom) beat(request, call)
      else call.reply({ errorCode: NO_ROOM, errorMessage: 'The disk is full.' }, 0)
    })
  },
)

function beat(request: Request, call: HeartbeatCall): void {
  const { groups, broker } = call.front
  const { groupId, memberEpoch } = request
  if (call.front.shares.byName.has(groupId)) {
    const errorMessage = `Group ${groupId} is not a consumer group.`
    call.reply({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage }, groups.deletedAt)
    return
  }
  const group = memberEpoch === 0 ? groups.open(groupId) : groups.get(groupId)
  if (group === undefined) {
    const errorMessage = memberEpoch < 0 ? `Group ${groupId} not found.` : `Consumer group ${groupId} not found.`
    call.reply({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage }, groups.deletedAt)
    return
  }
  const owned = request.topicPartitions
  const { ask } = call
  const reply = groups.heartbeat(group, {
    memberId: request.memberId === '' ? randomId(broker.env.random) : request.memberId,
    memberEpoch,
    instanceId: request.instanceId,
    rackId: request.rackId,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    topics: request.subscribedTopicNames,
    regex: request.subscribedTopicRegex,
    wrongRegex: whyNoRegex(request.subscribedTopicRegex ?? ''),
    sees: ask === null ? null : (topic) => ask.may(Operation.describe, ResourceType.topic, topic),
    assignor: request.serverAssignor,
    owned: owned === null ? null : assignmentOf(owned.map(({ topicId, partitions }) => [topicId, partitions])),
    clientId: call.clientId,
    clientHost: call.clientHost,
  })
  if (!reply.ok) {
    call.reply({ errorCode: GROUP_CODES[reply.error], errorMessage: reply.text }, group.changedAt)
    return
  }
  const { memberId, heartbeatIntervalMs, assignment } = reply
  const topicPartitions = [...(assignment ?? [])].map(([topicId, partitions]) => ({ topicId, partitions }))
  call.reply(
    {
      memberId,
      memberEpoch: reply.memberEpoch,
      heartbeatIntervalMs,
      assignment: assignment === null ? null : { topicPartitions },
    },
    group.changedAt,
  )
}

type Wrong = { readonly errorCode: number; readonly errorMessage: string }

function check(request: Request, version: number): Wrong | null {
  const { serverAssignor } = request
  const invalid = invalidity(request, version)
  if (invalid !== null) return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: invalid }
  if (serverAssignor !== null && !ASSIGNORS.has(serverAssignor)) {
    const names = [...ASSIGNORS.keys()].join(', ')
    const errorMessage = `ServerAssignor ${serverAssignor} is not supported. Supported assignors: ${names}.`
    return { errorCode: ErrorCode.UNSUPPORTED_ASSIGNOR, errorMessage }
  }
  return null
}

/** What a request says that it may not; the first of Kafka's reasons. */
function invalidity(request: Request, version: number): string | null {
  const { memberId, memberEpoch, instanceId } = request
  if ((version >= 1 || memberEpoch > 0 || memberEpoch === LEAVE) && memberId === '') return "MemberId can't be empty."
  if (request.groupId === '') return "GroupId can't be empty."
  if (instanceId === '') return "InstanceId can't be empty."
  if (request.rackId === '') return "RackId can't be empty."
  if (memberEpoch === 0) return invalidJoin(request)
  if (memberEpoch === LEAVE_FOR_NOW) {
    if (memberId === '') return "MemberId can't be empty."
    return instanceId === null ? "InstanceId can't be null." : null
  }
  return memberEpoch < LEAVE_FOR_NOW ? 'MemberEpoch is invalid.' : null
}

function invalidJoin(request: Request): string | null {
  const { rebalanceTimeoutMs, topicPartitions, subscribedTopicNames, subscribedTopicRegex } = request
  if (rebalanceTimeoutMs === -1) return 'RebalanceTimeoutMs must be provided in first request.'
  if (topicPartitions === null || topicPartitions.length > 0) return 'TopicPartitions must be empty when (re-)joining.'
  if (subscribedTopicNames !== null || subscribedTopicRegex !== null) return null
  return 'Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.'
}

/** Bytes of journal that what the request brings takes at most. */
function sizeOf(request: Request, call: HeartbeatCall): number {
  return subscriptionRoom(
    request.groupId,
    [request.memberId, request.instanceId, request.rackId, request.subscribedTopicRegex, call.clientId],
    request.subscribedTopicNames ?? [],
    call.front.groups.topics,
    whyNoRegex(request.subscribedTopicRegex ?? '') === null ? request.subscribedTopicRegex : null,
  )
}
