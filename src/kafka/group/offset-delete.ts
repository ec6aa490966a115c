import { removalRoom, removeOffsets } from '../../broker/group/commit.ts'
import type { Group } from '../../core/group/classic.ts'
import type { TopicsView } from '../../core/group/consumer/world.ts'
import { subscribedTopics } from '../../core/group/subscription.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import { OffsetDeleteRequest, OffsetDeleteResponse } from '../../wire/kafka/messages/offset-delete.ts'
import type { Decoded } from '../../wire/kafka/schema.ts'
import { api, type Call } from '../api.ts'
import { NO_ROOM } from './refusals.ts'

/* OffsetDelete, 0: forgets committed offsets of topics that no member of the group reads. */

type Request = Decoded<typeof OffsetDeleteRequest>

export const offsetDelete = api(OffsetDeleteRequest, OffsetDeleteResponse, { from: 0, to: 0 }, (request, call) => {
  const { groups } = call.front
  if (request.groupId === '') {
    call.reply({ errorCode: ErrorCode.INVALID_GROUP_ID }, 0)
    return
  }
  const list = request.topics.flatMap(({ name, partitions }) => partitions.map(() => ({ topic: name })))
  const known = groups.get(request.groupId)
  groups.whenRoom(known === undefined ? 0 : removalRoom(known, list), (hasRoom) => {
    if (hasRoom) remove(request, call)
    else call.reply({ errorCode: NO_ROOM }, 0)
  })
})

function remove(request: Request, call: Call<typeof OffsetDeleteResponse>): void {
  const { groups, topics } = call.front
  const group = groups.get(request.groupId)
  if (group === undefined) {
    call.reply({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND }, groups.deletedAt)
    return
  }
  if (group.hasMembers && group.consumer === null && !group.isConsumerGroup()) {
    call.reply({ errorCode: ErrorCode.NON_EMPTY_GROUP }, group.changedAt)
    return
  }
  const isRead = readerOf(group, groups.topics)
  const gone: { topic: string; partition: number }[] = []
  const answers = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => {
      const isKnown = topics.byName.get(name)?.partitions[partitionIndex] !== undefined
      let errorCode: number = ErrorCode.NONE
      if (!isKnown) errorCode = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      else if (isRead(name)) errorCode = ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC
      else if (group.offsets.get(name, partitionIndex) !== undefined) {
        gone.push({ topic: name, partition: partitionIndex })
      }
      return { partitionIndex, errorCode }
    }),
  }))
  removeOffsets(groups, group, gone)
  call.reply({ topics: answers }, group.changedAt)
}

/** Whether a member may be reading a topic; where that can't be known, all are taken to be read. */
function readerOf(group: Group, view: TopicsView): (topic: string) => boolean {
  if (!group.hasMembers) return () => false
  const subscribed = subscribedTopics(group, view)
  return (topic) => subscribed === null || subscribed.has(topic)
}
