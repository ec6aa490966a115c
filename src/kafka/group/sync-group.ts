import type { Reply } from '../../core/group/commands.ts'
import { assert } from '../../std/assert.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import { SyncGroupRequest, SyncGroupResponse } from '../../wire/kafka/messages/sync-group.ts'
import type { Decoded } from '../../wire/kafka/schema.ts'
import { api, type Call } from '../api.ts'
import { GROUP_CODES, NO_ROOM } from './refusals.ts'

/* SyncGroup, 0 to 5. Parked until the leader has brought the assignment. */

type SyncCall = Call<typeof SyncGroupResponse>

export const syncGroup = api(SyncGroupRequest, SyncGroupResponse, { from: 0, to: 5 }, (request, call) => {
  const { groups } = call.front
  const { groupId, protocolType, protocolName } = request
  const group = groups.get(groupId)
  if (groupId === '') call.reply({ errorCode: ErrorCode.INVALID_GROUP_ID }, 0)
  else if (call.version >= 5 && (protocolType === null || protocolName === null)) {
    call.reply({ errorCode: ErrorCode.INCONSISTENT_GROUP_PROTOCOL }, 0)
  } else if (group === undefined) call.reply({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID }, 0)
  else {
    let bytes = 0
    for (const { assignment } of request.assignments) bytes += assignment.length
    const room = groups.roomFor(group, bytes)
    if (room > groups.limits.groupMaxBytes) {
      // What Kafka says when a group no longer fits into one record.
      call.reply({ errorCode: ErrorCode.UNKNOWN_SERVER_ERROR }, 0)
      return
    }
    groups.whenRoom(room, (hasRoom) => {
      if (hasRoom) sync(request, call)
      else call.reply({ errorCode: NO_ROOM }, 0)
    })
  }
})

function sync(request: Decoded<typeof SyncGroupRequest>, call: SyncCall): void {
  const { groups } = call.front
  const group = groups.get(request.groupId)
  if (group === undefined) {
    call.reply({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID }, 0)
    return
  }
  groups.handle(group, {
    kind: 'sync',
    token: groups.park((reply, position) => answer(call, reply, position)),
    memberId: request.memberId,
    instanceId: request.groupInstanceId,
    generation: request.generationId,
    protocolType: request.protocolType,
    protocolName: request.protocolName,
    assignments: request.assignments,
  })
}

function answer(call: SyncCall, reply: Reply, position: number): void {
  assert(reply.kind === 'sync', 'a sync is answered as a sync')
  const { protocolType, protocolName, assignment } = reply
  call.reply({ errorCode: GROUP_CODES[reply.error], protocolType, protocolName, assignment }, position)
}
