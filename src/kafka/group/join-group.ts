import type { JoinReply, Reply } from '../../core/group/commands.ts'
import { assert } from '../../std/assert.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import { JoinGroupRequest, JoinGroupResponse } from '../../wire/kafka/messages/join-group.ts'
import type { Decoded } from '../../wire/kafka/schema.ts'
import { api, type Call } from '../api.ts'
import { GROUP_CODES, NO_ROOM } from './refusals.ts'
import { randomUuid } from './uuid.ts'

/*
 * JoinGroup, 0 to 9. Parked until the join phase of the group ends. From version 4 on a member without an id is sent away with one first
 * (KIP-394), and joins with it.
 */

type Request = Decoded<typeof JoinGroupRequest>
type JoinCall = Call<typeof JoinGroupResponse>

export const joinGroup = api(JoinGroupRequest, JoinGroupResponse, { from: 0, to: 9 }, (request, call) => {
  const { groups } = call.front
  const { groupMinSessionTimeoutMs: least, groupMaxSessionTimeoutMs: most } = groups.limits
  if (request.groupId === '') refuse(call, ErrorCode.INVALID_GROUP_ID, request.memberId)
  else if (request.sessionTimeoutMs < least || request.sessionTimeoutMs > most) {
    refuse(call, ErrorCode.INVALID_SESSION_TIMEOUT, request.memberId)
  } else {
    const known = groups.get(request.groupId)
    const room = sizeOf(request, call) + (known === undefined ? 0 : groups.roomFor(known, 0))
    if (room > groups.limits.groupMaxBytes) {
      refuse(call, ErrorCode.GROUP_MAX_SIZE_REACHED, '')
      return
    }
    groups.whenRoom(room, (hasRoom) => {
      if (hasRoom) join(request, call)
      else refuse(call, NO_ROOM, request.memberId)
    })
  }
})

function join(request: Request, call: JoinCall): void {
  const { groups, broker } = call.front
  const { memberId, groupInstanceId: instanceId, sessionTimeoutMs } = request
  if (call.front.shares.byName.has(request.groupId)) {
    refuse(call, ErrorCode.INCONSISTENT_GROUP_PROTOCOL, memberId)
    return
  }
  // Only who has no id yet may bring a group into being.
  const group = memberId === '' ? groups.open(request.groupId) : groups.get(request.groupId)
  if (group === undefined) {
    refuse(call, ErrorCode.UNKNOWN_MEMBER_ID, memberId)
    return
  }
  groups.handle(group, {
    kind: 'join',
    token: groups.park((reply, position) => answer(call, reply, position)),
    memberId,
    newMemberId: `${instanceId ?? call.clientId}-${randomUuid(broker.env.random)}`,
    instanceId,
    clientId: call.clientId,
    clientHost: call.clientHost,
    sessionTimeoutMs,
    // Version 0 has one time-out for both.
    rebalanceTimeoutMs: call.version === 0 ? sessionTimeoutMs : Math.max(0, request.rebalanceTimeoutMs),
    protocolType: request.protocolType,
    protocols: request.protocols,
    requireKnownMemberId: call.version >= 4,
    supportsSkippingAssignment: call.version >= 9,
  })
}

function answer(call: JoinCall, reply: Reply, position: number): void {
  assert(reply.kind === 'join', 'a join is answered as a join')
  if (reply.error !== 'none') {
    refuse(call, GROUP_CODES[reply.error], reply.memberId, position)
    return
  }
  call.reply(
    {
      generationId: reply.generation,
      protocolType: reply.protocolType,
      protocolName: reply.protocolName ?? '',
      leader: reply.leader,
      skipAssignment: reply.skipAssignment,
      memberId: reply.memberId,
      members: reply.members.map(memberOf),
    },
    position,
  )
}

function memberOf({ memberId, instanceId, metadata }: JoinReply['members'][number]) {
  return { memberId, groupInstanceId: instanceId, metadata }
}

function refuse(call: JoinCall, errorCode: number, memberId: string, position = 0): void {
  const protocolName = call.version >= 7 ? null : ''
  call.reply({ errorCode, generationId: -1, protocolName, memberId }, position)
}

/** Bytes of journal that what the request brings will take at most, in a group that may be new. */
function sizeOf(request: Request, call: JoinCall): number {
  const { groupId, groupInstanceId, protocolType } = request
  const instanceId = groupInstanceId?.length ?? 0
  // The member's id is made from one of them, and is there twice if it leads.
  let bytes = 2048 + 3 * (groupId.length + protocolType.length) + 9 * (instanceId + call.clientId.length)
  for (const { name, metadata } of request.protocols) bytes += 16 + 6 * name.length + metadata.length
  return bytes
}
