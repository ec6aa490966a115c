import { ErrorCode } from '../../wire/kafka/errors.ts'
import { HeartbeatRequest, HeartbeatResponse } from '../../wire/kafka/messages/heartbeat.ts'
import { api } from '../api.ts'
import { GROUP_CODES } from './refusals.ts'

/* Heartbeat, 0 to 4. */

export const heartbeat = api(HeartbeatRequest, HeartbeatResponse, { from: 0, to: 4 }, (request, call) => {
  const { groups } = call.front
  const group = groups.get(request.groupId)
  if (request.groupId === '') call.reply({ errorCode: ErrorCode.INVALID_GROUP_ID }, 0)
  else if (group === undefined) call.reply({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID }, 0)
  else {
    groups.handle(group, {
      kind: 'heartbeat',
      token: groups.park((reply, position) => call.reply({ errorCode: GROUP_CODES[reply.error] }, position)),
      memberId: request.memberId,
      instanceId: request.groupInstanceId,
      generation: request.generationId,
    })
  }
})
