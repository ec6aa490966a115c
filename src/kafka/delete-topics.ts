import { deleteTopic } from '../broker/topic/delete.ts'
import { ErrorCode } from '../wire/kafka/errors.ts'
import { DeleteTopicsRequest, DeleteTopicsResponse } from '../wire/kafka/messages/delete-topics.ts'
import { type Encodable, ZERO_UUID } from '../wire/kafka/schema.ts'
import { api, type Call } from './api.ts'

/* DeleteTopics, 1 to 6; by id as well as by name from version 6 on. */

/** Journal bytes that a deletion takes at most. */
const DELETE_ROOM = 256

type Answer = NonNullable<Encodable<typeof DeleteTopicsResponse>['responses']>[number]

export const deleteTopics = api(DeleteTopicsRequest, DeleteTopicsResponse, { from: 1, to: 6 }, (request, call) => {
  const asked = call.version >= 6 ? request.topics : request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }))
  const responses = asked.map(({ name, topicId }) => remove(call, name, topicId))
  call.reply({ responses }, call.front.topics.position)
})

function remove(call: Call, name: string | null, topicId: string): Answer {
  const { topics, broker } = call.front
  if (name !== null && topicId !== ZERO_UUID) {
    return { name, topicId, errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'Both a name and an id were given.' }
  }
  const topic = name === null ? topics.byId.get(topicId) : topics.byName.get(name)
  if (topic === undefined) {
    const errorCode = name === null ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return { name, topicId, errorCode, errorMessage: 'There is no such topic.' }
  }
  if (!broker.hasRoomForDefinition(DELETE_ROOM, true)) {
    const errorMessage = 'The disk is full.'
    return { name: topic.name, topicId: topic.id, errorCode: ErrorCode.KAFKA_STORAGE_ERROR, errorMessage }
  }
  deleteTopic(topics, topic)
  return { name: topic.name, topicId: topic.id }
}
