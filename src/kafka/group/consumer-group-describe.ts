import { type Assignment, union } from '../../core/group/consumer/assignment.ts'
import type { ConsumerGroup } from '../../core/group/consumer/consumer-group.ts'
import type { ConsumerMember } from '../../core/group/consumer/member.ts'
import { assignorOf } from '../../core/group/consumer/target.ts'
import type { TopicsView } from '../../core/group/consumer/world.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import {
  ConsumerGroupDescribeRequest,
  ConsumerGroupDescribeResponse,
} from '../../wire/kafka/messages/consumer-group-describe.ts'
import { api } from '../api.ts'
import { GROUP_OPERATIONS, UNASKED } from '../operations.ts'

/* ConsumerGroupDescribe, 0 to 1: groups of the consumer protocol, their members, and what these have and are to have. */

const MemberType = { classic: 0, consumer: 1 } as const

export const consumerGroupDescribe = api(
  ConsumerGroupDescribeRequest,
  ConsumerGroupDescribeResponse,
  {
    from: 0,
    to: 1,
    needs: {
      feature: 'group.version',
      off: ({ groupIds }) => ({
        groups: groupIds.map((groupId) => ({ groupId, errorCode: ErrorCode.UNSUPPORTED_VERSION })),
      }),
    },
  },
  (request, call) => {
    const { groups } = call.front
    const authorizedOperations = request.includeAuthorizedOperations ? GROUP_OPERATIONS : UNASKED
    let position = groups.deletedAt
    const described = request.groupIds.map((groupId) => {
      if (groupId === '') return { groupId, errorCode: ErrorCode.INVALID_GROUP_ID }
      const group = groups.get(groupId)
      position = Math.max(position, group?.changedAt ?? 0)
      if (group === undefined || group.consumer === null)
        return absent(groupId, group !== undefined || call.front.shares.byName.has(groupId))
      return { groupId, ...describe(group.consumer, groups.topics), authorizedOperations }
    })
    call.reply({ groups: described }, position)
  },
)

function absent(groupId: string, isOther: boolean) {
  const errorMessage = isOther ? `Group ${groupId} is not a consumer group.` : `Group ${groupId} not found.`
  return { groupId, errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage }
}

function describe(group: ConsumerGroup, topics: TopicsView) {
  return {
    groupState: group.state,
    groupEpoch: group.epoch,
    assignmentEpoch: group.targetEpoch,
    assignorName: assignorOf(group),
    members: [...group.members.values()].map((member) => memberOf(member, topics)),
  }
}

function memberOf({ subscription, current, target }: ConsumerMember, topics: TopicsView) {
  const { memberId, instanceId, rackId, clientId, clientHost, regex, classic } = subscription
  return {
    memberId,
    instanceId,
    rackId,
    memberEpoch: current.epoch,
    clientId,
    clientHost,
    subscribedTopicNames: subscription.topics,
    subscribedTopicRegex: regex,
    // What it is to give back it still has.
    assignment: partitionsOf(union(current.assigned, current.revoking), topics),
    targetAssignment: partitionsOf(target, topics),
    memberType: classic === null ? MemberType.consumer : MemberType.classic,
  }
}

/** Topics that have gone meanwhile are left out: they have no name any more. */
function partitionsOf(assignment: Assignment, topics: TopicsView) {
  const topicPartitions = [...assignment].flatMap(([topicId, partitions]) => {
    const topic = topics.byId(topicId)
    return topic === undefined ? [] : [{ topicId, topicName: topic.name, partitions }]
  })
  return { topicPartitions }
}
