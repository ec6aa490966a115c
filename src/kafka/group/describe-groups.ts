import type { Group } from '../../core/group/classic.ts'
import { type Member, metadataOf, NOTHING } from '../../core/group/members.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import { DescribeGroupsRequest, DescribeGroupsResponse } from '../../wire/kafka/messages/describe-groups.ts'
import { api } from '../api.ts'
import { GROUP_OPERATIONS, UNASKED } from '../operations.ts'

/*
 * DescribeGroups, 0 to 6. A group that is not there is Dead; from version 6 on it is an error as well. The protocol and what
 * members said under it is told of a stable group only.
 */

export const describeGroups = api(
  DescribeGroupsRequest,
  DescribeGroupsResponse,
  { from: 0, to: 6 },
  (request, call) => {
    const { groups } = call.front
    const authorizedOperations = request.includeAuthorizedOperations ? GROUP_OPERATIONS : UNASKED
    let position = 0
    const described = request.groups.map((groupId) => {
      const group = groups.get(groupId)
      if (group !== undefined) position = Math.max(position, group.changedAt)
      if (group === undefined || group.consumer !== null) {
        const isOther = group !== undefined || call.front.shares.byName.has(groupId)
        return absent(groupId, isOther, call.version, authorizedOperations)
      }
      return { ...describe(group), authorizedOperations }
    })
    call.reply({ groups: described }, Math.max(position, groups.deletedAt))
  },
)

function absent(groupId: string, isOther: boolean, version: number, authorizedOperations: number) {
  const groupState = 'Dead'
  if (version < 6) return { groupId, groupState, authorizedOperations }
  const errorMessage = isOther ? `Group ${groupId} is not a classic group.` : `Group ${groupId} not found.`
  return { groupId, groupState, errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage }
}

function describe(group: Group) {
  const isStable = group.state === 'Stable'
  const members = [...group.members.values()].map((member) => memberOf(member, isStable ? group.protocol : null))
  return {
    groupId: group.name,
    groupState: group.state,
    protocolType: group.protocolType,
    protocolData: isStable ? (group.protocol ?? '') : '',
    members,
  }
}

function memberOf(member: Member, protocol: string | null) {
  return {
    memberId: member.memberId,
    groupInstanceId: member.instanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    memberMetadata: protocol === null ? NOTHING : metadataOf(member, protocol),
    memberAssignment: member.assignment,
  }
}
