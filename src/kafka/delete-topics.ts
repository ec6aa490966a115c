import { deleteTopic } from '../broker/topic/delete.ts'
import { ErrorCode } from '../wire/kafka/errors.ts'
import { DeleteTopicsRequest, DeleteTopicsResponse } from '../wire/kafka/messages/delete-topics.ts'
import { type Encodable, ZERO_UUID } from '../wire/kafka/schema.ts'
import { api, type Call } from './api.ts'
import { twice } from './twice.ts'

/* DeleteTopics, 1 to 6; by id as well as by name from version 6 on. */

/** Journal bytes that a deletion takes at most. */
const DELETE_ROOM = 1024

type Answer = NonNullable<Encodable<typeof DeleteTopicsResponse>['responses']>[number]

export const deleteTopics = api(DeleteTopicsRequest, DeleteTopicsResponse, { from: 1, to: 6 }, (request, call) => {
  const asked = call.version >= 6 ? request.topics : request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }))
  const names = twice(asked.flatMap(({ name }) => (name === null ? [] : [name])))
  const ids = twice(asked.flatMap(({ topicId }) => (topicId === ZERO_UUID ? [] : [topicId])))
  const told = new Set<string>()
  const responses = asked.flatMap(({ name, topicId }): Answer[] => {
    const key = names.has(name ?? '') ? name : ids.has(topicId) ? topicId : null
    if (key === null) return [remove(call, name, topicId)]
    // What comes twice is answered once, and stays.
    if (told.has(key)) return []
    told.add(key)
    const errorMessage = names.has(name ?? '') ? 'Duplicate topic name.' : 'Duplicate topic id.'
    return [{ name, topicId, errorCode: ErrorCode.INVALID_REQUEST, errorMessage }]
  })
  call.reply({ responses }, call.front.topics.position)
})

function remove(call: Call, name: string | null, topicId: string): Answer {
  const { topics, broker } = call.front
  const invalid = (errorMessage: string) => ({ name, topicId, errorCode: ErrorCode.INVALID_REQUEST, errorMessage })
  if (name !== null && topicId !== ZERO_UUID) return invalid('You may not specify both topic name and topic id.')
  if (name === null && topicId === ZERO_UUID) return invalid('Neither topic name nor id were specified.')
  const topic = name === null ? topics.byId.get(topicId) : topics.byName.get(name)
  if (topic === undefined) {
    const errorCode = name === null ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    const what = name === null ? 'topic ID' : 'topic-partition'
    return { name, topicId, errorCode, errorMessage: `This server does not host this ${what}.` }
  }
  if (!broker.hasRoomForDefinition(DELETE_ROOM, true)) {
    const errorMessage = 'The disk is full.'
    return { name: topic.name, topicId: topic.id, errorCode: ErrorCode.KAFKA_STORAGE_ERROR, errorMessage }
  }
  deleteTopic(topics, topic)
  return { name: topic.name, topicId: topic.id }
}
