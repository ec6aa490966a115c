import { ErrorCode } from '../../wire/kafka/errors.ts'
import {
  ShareGroupHeartbeatRequest,
  ShareGroupHeartbeatResponse,
} from '../../wire/kafka/messages/share-group-heartbeat.ts'
import type { Decoded } from '../../wire/kafka/schema.ts'
import { api, type Call } from '../api.ts'
import { GROUP_CODES, NO_ROOM } from '../group/refusals.ts'

/* ShareGroupHeartbeat, 1: a member of a share group (KIP-932) joins, says what it wants to read, hears what it is to read, and leaves. */

type Request = Decoded<typeof ShareGroupHeartbeatRequest>

export const shareGroupHeartbeat = api(
  ShareGroupHeartbeatRequest,
  ShareGroupHeartbeatResponse,
  { from: 1, to: 1, needs: { feature: 'share.version', off: () => ({ errorCode: ErrorCode.UNSUPPORTED_VERSION }) } },
  (request, call) => {
    const errorMessage = invalidity(request)
    // A member without an id is not told what is wrong.
    if (request.groupId !== '' && request.memberId === '') call.reply({ errorCode: ErrorCode.INVALID_REQUEST }, 0)
    else if (errorMessage !== null) {
      call.reply({ errorCode: ErrorCode.INVALID_REQUEST, errorMessage }, 0)
    } else whenRoom(request, call)
  },
)

function whenRoom(request: Request, call: Call<typeof ShareGroupHeartbeatResponse>): void {
  let room = 2048 + 12 * (request.groupId.length + request.memberId.length + call.clientId.length)
  for (const name of request.subscribedTopicNames ?? []) room += 8 + 6 * name.length
  call.front.groups.whenRoom(room, (hasRoom) => {
    if (hasRoom) beat(request, call)
    else call.reply({ errorCode: NO_ROOM, errorMessage: 'The disk is full.' }, 0)
  })
}

function beat(request: Request, call: Call<typeof ShareGroupHeartbeatResponse>): void {
  const { shares, groups } = call.front
  const { groupId, memberEpoch } = request
  const known = shares.byName.get(groupId)
  if (known === undefined && (memberEpoch !== 0 || groups.get(groupId) !== undefined)) {
    call.reply(
      absent(groupId, groups.get(groupId) !== undefined, memberEpoch),
      Math.max(shares.deletedAt, groups.deletedAt),
    )
    return
  }
  const group = shares.open(groupId)
  const reply = shares.heartbeat(group, {
    memberId: request.memberId,
    memberEpoch,
    rackId: request.rackId,
    topics: request.subscribedTopicNames,
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

function absent(groupId: string, isOther: boolean, memberEpoch: number) {
  let errorMessage = `Share group ${groupId} not found.`
  if (isOther) errorMessage = `Group ${groupId} is not a share group.`
  else if (memberEpoch < 0) errorMessage = `Group ${groupId} not found.`
  return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage }
}

/** What a request says that it may not; the first of Kafka's reasons. */
function invalidity({ groupId, memberEpoch, rackId, subscribedTopicNames }: Request): string | null {
  if (groupId === '') return "GroupId can't be empty."
  if (rackId === '') return "RackId can't be empty."
  if (memberEpoch === 0 && (subscribedTopicNames === null || subscribedTopicNames.length === 0)) {
    return 'SubscribedTopicNames must be set in first request.'
  }
  return memberEpoch < -1 ? 'MemberEpoch is invalid.' : null
}
