import { Commit, entryRoom, offsetsRoom } from '../../broker/group/commit.ts'
import type { Group } from '../../core/group/classic.ts'
import { commitRefusal } from '../../core/group/commit.ts'
import { hadSince } from '../../core/group/consumer/offsets.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import { OffsetCommitRequest, OffsetCommitResponse } from '../../wire/kafka/messages/offset-commit.ts'
import type { Decoded } from '../../wire/kafka/schema.ts'
import { api, type Call } from '../api.ts'
import type { Front } from '../front.ts'
import { GROUP_CODES, NO_ROOM } from './refusals.ts'

/*
 * OffsetCommit, 2 to 10. Topics go by id from version 10 on. What is wrong with a partition is said of that partition; what is wrong with the member, of all that
 * are left.
 */

type Request = Decoded<typeof OffsetCommitRequest>
type CommitCall = Call<typeof OffsetCommitResponse>
type Topic = Request['topics'][number]

export const offsetCommit = api(OffsetCommitRequest, OffsetCommitResponse, { from: 2, to: 10 }, (request, call) => {
  let bytes = 0
  for (const topic of request.topics) {
    const name = find(call.front, topic, call.version)?.name ?? ''
    for (const { committedMetadata } of topic.partitions) bytes += entryRoom(name, committedMetadata ?? '')
  }
  call.front.groups.whenRoom(offsetsRoom(request.groupId, bytes), (hasRoom) => {
    if (hasRoom) commit(request, call)
    else refuseAll(request, call, NO_ROOM)
  })
})

function commit(request: Request, call: CommitCall): void {
  const { groups, broker } = call.front
  const generation = request.generationIdOrMemberEpoch
  if (call.front.shares.byName.has(request.groupId)) {
    refuseAll(request, call, ErrorCode.GROUP_ID_NOT_FOUND)
    return
  }
  const group = generation < 0 ? groups.open(request.groupId) : groups.get(request.groupId)
  if (group === undefined) {
    refuseAll(request, call, call.version >= 9 ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION)
    return
  }
  const { memberId, groupInstanceId } = request
  const now = broker.env.clock.elapsed()
  const refusal = commitRefusal(group, memberId, groupInstanceId, generation, now, call.version >= 9)
  if (refusal !== 'none' && !mayLagBehind(request, call, group)) {
    groups.settle(group)
    refuseAll(request, call, GROUP_CODES[refusal], group.changedAt)
    return
  }
  const commit = new Commit(groups)
  commit.begin(group)
  const topics = request.topics.map((topic) => {
    const known = find(call.front, topic, call.version)
    const partitions = topic.partitions.map((one) => {
      let errorCode = errorOf(known, one.partitionIndex, call.version)
      const metadata = one.committedMetadata ?? ''
      if (errorCode === ErrorCode.NONE && metadata.length > groups.limits.offsetMetadataMaxBytes) {
        errorCode = ErrorCode.OFFSET_METADATA_TOO_LARGE
      }
      if (errorCode === ErrorCode.NONE) {
        commit.add(known!.name, one.partitionIndex, one.committedOffset, one.committedLeaderEpoch, metadata)
      }
      return { partitionIndex: one.partitionIndex, errorCode }
    })
    return { name: topic.name, topicId: topic.topicId, partitions }
  })
  commit.end()
  call.reply({ topics }, group.changedAt)
}

/** Whether a member whose epoch is behind goes on reading all that it commits. */
function mayLagBehind(request: Request, call: CommitCall, { consumer }: Group): boolean {
  const { memberId, generationIdOrMemberEpoch: epoch } = request
  if (consumer === null || call.version < 9) return false
  return request.topics.every((topic) => {
    const known = find(call.front, topic, call.version)
    if (known === undefined) return false
    return topic.partitions.every(({ partitionIndex }) => hadSince(consumer, memberId, epoch, known.id, partitionIndex))
  })
}

function find(front: Front, topic: Topic, version: number) {
  return version >= 10 ? front.topics.byId.get(topic.topicId) : front.topics.byName.get(topic.name)
}

function errorOf(topic: ReturnType<typeof find>, partition: number, version: number): number {
  if (topic === undefined) return version >= 10 ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  return topic.partitions[partition] === undefined ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.NONE
}

/** The same error for every partition that has none of its own. */
function refuseAll(request: Request, call: CommitCall, errorCode: number, position = 0): void {
  const topics = request.topics.map((topic) => {
    const known = find(call.front, topic, call.version)
    const partitions = topic.partitions.map(({ partitionIndex }) => ({
      partitionIndex,
      errorCode: errorOf(known, partitionIndex, call.version) || errorCode,
    }))
    return { name: topic.name, topicId: topic.topicId, partitions }
  })
  call.reply({ topics }, position)
}
