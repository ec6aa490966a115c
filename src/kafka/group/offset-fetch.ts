import type { Group } from '../../core/group/classic.ts'
import { fetchRefusal } from '../../core/group/consumer/offsets.ts'
import type { CommittedOffset } from '../../core/group/offsets.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import { OffsetFetchRequest, OffsetFetchResponse } from '../../wire/kafka/messages/offset-fetch.ts'
import { ZERO_UUID } from '../../wire/kafka/schema.ts'
import { api } from '../api.ts'
import type { Front } from '../front.ts'
import { GROUP_CODES } from './refusals.ts'

/*
 * OffsetFetch, 1 to 10. Several groups from version 8 on, topics by id from 10 on. No list of topics means all that the group has committed.
 * Nothing committed is offset -1, also in a group that nobody knows. Whoever asks for stable offsets (version 7 on) is told to wait for one that an open
 * transaction may change.
 */

interface Asked {
  readonly name: string
  readonly topicId: string
  readonly partitionIndexes: readonly number[]
}

export const offsetFetch = api(OffsetFetchRequest, OffsetFetchResponse, { from: 1, to: 10 }, (request, call) => {
  const { front, version } = call
  const { groups } = front
  let position = groups.deletedAt
  const fetch = (groupId: string, asked: readonly Asked[] | null) => {
    const group = groups.get(groupId)
    position = Math.max(position, group?.changedAt ?? 0)
    const { transactions } = front
    const isUnstable = request.requireStable && transactions.byGroup.has(groupId)
    if (isUnstable) position = Math.max(position, transactions.unstableAt(groupId))
    const unstable: Unstable = (topic, index) => isUnstable && transactions.isUnstable(groupId, topic, index)
    if (asked === null) return allOf(front, group, version, unstable)
    return asked.map((topic) => someOf(front, group, topic, version, unstable))
  }
  if (version < 8) {
    const asked = request.topics?.map((topic) => ({ ...topic, topicId: ZERO_UUID })) ?? null
    call.reply({ topics: fetch(request.groupId, asked) }, position)
    return
  }
  const answers = request.groups.map(({ groupId, memberId, memberEpoch, topics }) => {
    const consumer = groups.get(groupId)?.consumer
    const refusal = consumer == null ? 'none' : fetchRefusal(consumer, memberId, memberEpoch)
    if (refusal === 'none') return { groupId, topics: fetch(groupId, topics) }
    return { groupId, topics: [], errorCode: GROUP_CODES[refusal] }
  })
  call.reply({ groups: answers }, position)
})

/** Whether an open transaction may change a committed offset, and that matters. */
type Unstable = (topic: string, partition: number) => boolean

/** All offsets of a group; by ids only those of topics that are still there. */
function allOf(front: Front, group: Group | undefined, version: number, unstable: Unstable) {
  const topics = []
  for (const [name, committed] of group?.offsets.topics ?? []) {
    const topicId = front.topics.byName.get(name)?.id
    if (version >= 10 && topicId === undefined) continue
    const partitions = [...committed].map(([index, offset]) =>
      unstable(name, index) ? unstableEntry(index) : entryOf(index, offset),
    )
    topics.push({ name, topicId: topicId ?? ZERO_UUID, partitions })
  }
  return topics
}

function someOf(front: Front, group: Group | undefined, asked: Asked, version: number, unstable: Unstable) {
  const { topicId, partitionIndexes } = asked
  const name = version >= 10 ? front.topics.byId.get(topicId)?.name : asked.name
  const committed = name === undefined ? undefined : group?.offsets.topics.get(name)
  const errorCode = name === undefined ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.NONE
  const partitions = partitionIndexes.map((index) =>
    name !== undefined && unstable(name, index)
      ? unstableEntry(index)
      : entryOf(index, committed?.get(index), errorCode),
  )
  return { name: name ?? '', topicId, partitions }
}

function unstableEntry(partitionIndex: number) {
  return entryOf(partitionIndex, undefined, ErrorCode.UNSTABLE_OFFSET_COMMIT)
}

function entryOf(partitionIndex: number, committed: CommittedOffset | undefined, errorCode: number = ErrorCode.NONE) {
  return {
    partitionIndex,
    committedOffset: committed?.offset ?? -1,
    committedLeaderEpoch: committed?.leaderEpoch ?? -1,
    metadata: committed?.metadata ?? '',
    errorCode,
  }
}
