import type { Assignment } from '../../core/group/consumer/assignment.ts'
import type { TopicsView } from '../../core/group/consumer/world.ts'
import type { ShareGroup, Sharer } from '../../core/group/share/share-group.ts'
import { assignmentOf } from '../../core/group/share/share-heartbeat.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import {
  ShareGroupDescribeRequest,
  ShareGroupDescribeResponse,
} from '../../wire/kafka/messages/share-group-describe.ts'
import { api } from '../api.ts'
import { GROUP_OPERATIONS, UNASKED } from '../operations.ts'

/* ShareGroupDescribe, 1: share groups and their members. */

export const shareGroupDescribe = api(
  ShareGroupDescribeRequest,
  ShareGroupDescribeResponse,
  {
    from: 1,
    to: 1,
    needs: {
      feature: 'share.version',
      off: ({ groupIds }) => ({
        groups: groupIds.map((groupId) => ({ groupId, errorCode: ErrorCode.UNSUPPORTED_VERSION })),
      }),
    },
  },
  (request, call) => {
    const { shares, groups } = call.front
    const authorizedOperations = request.includeAuthorizedOperations ? GROUP_OPERATIONS : UNASKED
    let position = shares.deletedAt
    const described = request.groupIds.map((groupId) => {
      if (groupId === '') return { groupId, errorCode: ErrorCode.INVALID_GROUP_ID }
      const group = shares.byName.get(groupId)
      if (group === undefined) {
        const isOther = groups.get(groupId) !== undefined
        const errorMessage = isOther ? `Group ${groupId} is not a share group.` : `Group ${groupId} not found.`
        return { groupId, errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage }
      }
      position = Math.max(position, group.changedAt)
      return { groupId, ...describe(group, groups.topics), authorizedOperations }
    })
    call.reply({ groups: described }, position)
  },
)

function describe(group: ShareGroup, topics: TopicsView) {
  return {
    groupState: group.state,
    groupEpoch: group.epoch,
    assignmentEpoch: group.epoch,
    assignorName: 'simple',
    members: [...group.members.values()].map((sharer) => memberOf(group, sharer, topics)),
  }
}

function memberOf(group: ShareGroup, { member, epoch }: Sharer, topics: TopicsView) {
  const { memberId, rackId, clientId, clientHost } = member
  const assignment = partitionsOf(assignmentOf(group, memberId, { topics }), topics)
  return { memberId, rackId, memberEpoch: epoch, clientId, clientHost, subscribedTopicNames: member.topics, assignment }
}

function partitionsOf(assignment: Assignment, topics: TopicsView) {
  const topicPartitions = [...assignment].flatMap(([topicId, partitions]) => {
    const topic = topics.byId(topicId)
    return topic === undefined ? [] : [{ topicId, topicName: topic.name, partitions }]
  })
  return { topicPartitions }
}
