import type { Reply } from '../../core/group/commands.ts'
import { assert } from '../../std/assert.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import { LeaveGroupRequest, LeaveGroupResponse } from '../../wire/kafka/messages/leave-group.ts'
import { api, type Call } from '../api.ts'
import { GROUP_CODES, NO_ROOM } from './refusals.ts'

/* LeaveGroup, 0 to 5. Up to version 2 one member leaves, and its error is that of the response; from 3 on several do, by member or instance id. */

type LeaveCall = Call<typeof LeaveGroupResponse>

export const leaveGroup = api(LeaveGroupRequest, LeaveGroupResponse, { from: 0, to: 5 }, (request, call) => {
  const { groups } = call.front
  const members =
    call.version < 3
      ? [{ memberId: request.memberId, instanceId: null }]
      : request.members.map((one) => ({ memberId: one.memberId, instanceId: one.groupInstanceId }))
  const known = groups.get(request.groupId)
  const room = known === undefined ? 0 : groups.roomFor(known, 0)
  groups.whenRoom(room, (hasRoom) => {
    const group = groups.get(request.groupId)
    if (request.groupId === '') call.reply({ errorCode: ErrorCode.INVALID_GROUP_ID }, 0)
    else if (!hasRoom) call.reply({ errorCode: NO_ROOM }, 0)
    else if (group === undefined) {
      const unknown = members.map((one) => ({ ...one, error: 'unknown-member-id' as const }))
      answer(call, { kind: 'leave', error: 'none', members: unknown }, groups.deletedAt)
    } else {
      const token = groups.park((reply, position) => answer(call, reply, position))
      groups.handle(group, { kind: 'leave', token, members })
    }
  })
})

function answer(call: LeaveCall, reply: Reply, position: number): void {
  assert(reply.kind === 'leave', 'a leave is answered as a leave')
  if (call.version < 3) {
    const error = reply.error === 'none' ? reply.members[0]!.error : reply.error
    call.reply({ errorCode: GROUP_CODES[error] }, position)
    return
  }
  const members = reply.members.map(({ memberId, instanceId, error }) => ({
    memberId,
    groupInstanceId: instanceId,
    errorCode: GROUP_CODES[error],
  }))
  call.reply({ errorCode: GROUP_CODES[reply.error], members }, position)
}
