import { ErrorCode } from '../../wire/kafka/errors.ts'
import { ShareAcknowledgeRequest, ShareAcknowledgeResponse } from '../../wire/kafka/messages/share-acknowledge.ts'
import type { Decoded } from '../../wire/kafka/schema.ts'
import { api, type Call } from '../api.ts'
import { roomFor, type Said, saidOf, take } from './acknowledgements.ts'
import { LAST, sessionOf } from './session.ts'

/* ShareAcknowledge, 1 to 2: says what became of records that were handed out. With epoch -1 it ends the session, and gives back what is left. */

type Request = Decoded<typeof ShareAcknowledgeRequest>
type AckCall = Call<typeof ShareAcknowledgeResponse>

export const shareAcknowledge = api(
  ShareAcknowledgeRequest,
  ShareAcknowledgeResponse,
  { from: 1, to: 2, needs: { feature: 'share.version', off: () => ({ errorCode: ErrorCode.UNSUPPORTED_VERSION }) } },
  (request, call) => {
    const said = saidOf(request.topics)
    call.front.groups.whenRoom(roomFor(request.groupId ?? '', said), (hasRoom) => {
      if (hasRoom) acknowledgeAll(request, said, call)
      else call.reply({ errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, errorMessage: 'The disk is full.' }, 0)
    })
  },
)

function acknowledgeAll(request: Request, said: readonly Said[], call: AckCall): void {
  const { front } = call
  const found = sessionOf(call as unknown as Call, request, false)
  if (!found.ok) {
    call.reply({ errorCode: found.errorCode, errorMessage: found.errorMessage }, 0)
    return
  }
  const { session } = found
  const byTopic = new Map<string, { partitionIndex: number; errorCode: number; errorMessage: string | null }[]>()
  for (const one of said) {
    const answer = { partitionIndex: one.partitionIndex, ...take(front, session, one, request.isRenewAck) }
    const partitions = byTopic.get(one.topicId)
    if (partitions === undefined) byTopic.set(one.topicId, [answer])
    else partitions.push(answer)
  }
  if (request.shareSessionEpoch === LAST) front.shares.endSession(session.group, session.memberId)
  const acquisitionLockTimeoutMs = front.shares.configs.number(session.group, 'share.record.lock.duration.ms')
  const responses = [...byTopic].map(([topicId, partitions]) => ({ topicId, partitions }))
  call.reply({ acquisitionLockTimeoutMs, responses })
}
