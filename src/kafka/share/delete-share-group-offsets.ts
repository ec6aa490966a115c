import { stateRoom } from '../../broker/share/share-record.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import {
  DeleteShareGroupOffsetsRequest,
  DeleteShareGroupOffsetsResponse,
} from '../../wire/kafka/messages/delete-share-group-offsets.ts'
import { ZERO_UUID } from '../../wire/kafka/schema.ts'
import { api } from '../api.ts'
import { NO_ROOM } from '../group/refusals.ts'
import { emptyGroup } from './empty-group.ts'

/* DeleteShareGroupOffsets, 0: forgets how far an empty group has come in topics. */

export const deleteShareGroupOffsets = api(
  DeleteShareGroupOffsetsRequest,
  DeleteShareGroupOffsetsResponse,
  {
    from: 0,
    to: 0,
    needs: {
      feature: 'share.version',
      off: () => ({ errorCode: ErrorCode.UNSUPPORTED_VERSION, errorMessage: 'The version of API is not supported.' }),
    },
  },
  (request, call) => {
    const { shares, topics, groups } = call.front
    groups.whenRoom(request.topics.length * stateRoom(request.groupId, ZERO_UUID, 0), (hasRoom) => {
      if (!hasRoom) {
        call.reply({ errorCode: NO_ROOM, errorMessage: 'The disk is full.' }, 0)
        return
      }
      const found = emptyGroup(call.front, request.groupId)
      if (!found.ok) {
        call.reply({ errorCode: found.errorCode, errorMessage: found.errorMessage }, shares.deletedAt)
        return
      }
      const responses = request.topics.map(({ topicName }) => {
        const topic = topics.byName.get(topicName)
        if (topic === undefined) {
          const errorMessage = 'This server does not host this topic-partition.'
          return { topicName, topicId: ZERO_UUID, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage }
        }
        shares.forget(request.groupId, topic.id)
        return { topicName, topicId: topic.id }
      })
      call.reply({ responses })
    })
  },
)
