import { stateRoom } from '../../broker/share/share-record.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import {
  AlterShareGroupOffsetsRequest,
  AlterShareGroupOffsetsResponse,
} from '../../wire/kafka/messages/alter-share-group-offsets.ts'
import type { Decoded } from '../../wire/kafka/schema.ts'
import { ZERO_UUID } from '../../wire/kafka/schema.ts'
import { api, type Call } from '../api.ts'
import { NO_ROOM } from '../group/refusals.ts'
import { emptyGroup } from './empty-group.ts'

/* AlterShareGroupOffsets, 0: lets an empty group begin somewhere else; what it had done behind that is forgotten. */

type Request = Decoded<typeof AlterShareGroupOffsetsRequest>

export const alterShareGroupOffsets = api(
  AlterShareGroupOffsetsRequest,
  AlterShareGroupOffsetsResponse,
  {
    from: 0,
    to: 0,
    needs: {
      feature: 'share.version',
      off: () => ({ errorCode: ErrorCode.UNSUPPORTED_VERSION, errorMessage: 'The version of API is not supported.' }),
    },
  },
  (request, call) => {
    let room = 1024 + 3 * request.groupId.length
    for (const { partitions } of request.topics) room += partitions.length * stateRoom(request.groupId, ZERO_UUID, 1)
    call.front.groups.whenRoom(room, (hasRoom) => {
      if (hasRoom) alter(request, call)
      else call.reply({ errorCode: NO_ROOM, errorMessage: 'The disk is full.' }, 0)
    })
  },
)

function alter(request: Request, call: Call<typeof AlterShareGroupOffsetsResponse>): void {
  const { shares, topics } = call.front
  // A group that nobody has joined yet may be told where to begin.
  const isNew = !shares.byName.has(request.groupId) && call.front.groups.get(request.groupId) === undefined
  if (isNew && request.groupId !== '') shares.create(request.groupId)
  const found = emptyGroup(call.front, request.groupId)
  if (!found.ok) {
    call.reply({ errorCode: found.errorCode, errorMessage: found.errorMessage }, shares.deletedAt)
    return
  }
  const responses = request.topics.map(({ topicName, partitions }) => {
    const topic = topics.byName.get(topicName)
    const answers = partitions.map(({ partitionIndex, startOffset }) => {
      const log = topic?.partitions[partitionIndex]
      if (topic === undefined || log === undefined) {
        const errorMessage = 'This server does not host this topic-partition.'
        return { partitionIndex, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage }
      }
      shares.startAt(shares.partition(request.groupId, topic.id, partitionIndex), Math.max(0, startOffset))
      return { partitionIndex }
    })
    return { topicName, topicId: topic?.id ?? ZERO_UUID, partitions: answers }
  })
  call.reply({ responses })
}
