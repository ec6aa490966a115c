import type { Shares } from '../../broker/share/shares.ts'
import type { Topic } from '../../broker/topic/topic.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import {
  DescribeShareGroupOffsetsRequest,
  DescribeShareGroupOffsetsResponse,
} from '../../wire/kafka/messages/describe-share-group-offsets.ts'
import { ZERO_UUID } from '../../wire/kafka/schema.ts'
import { api } from '../api.ts'

/* DescribeShareGroupOffsets, 0 to 1: where a group begins in partitions, and how many records are still to be done (KIP-1226). No list of topics means all. */

export const describeShareGroupOffsets = api(
  DescribeShareGroupOffsetsRequest,
  DescribeShareGroupOffsetsResponse,
  {
    from: 0,
    to: 1,
    needs: {
      feature: 'share.version',
      off: ({ groups }) => ({
        groups: groups.map(({ groupId }) => ({ groupId, errorCode: ErrorCode.UNSUPPORTED_VERSION })),
      }),
    },
  },
  (request, call) => {
    const { shares, topics, groups } = call.front
    let position = Math.max(shares.deletedAt, topics.position)
    const answers = request.groups.map(({ groupId, topics: asked }) => {
      // Of a group that is not there nothing is known: Kafka takes that for no error.
      if (groups.get(groupId) !== undefined) {
        const errorMessage = `Group ${groupId} is not a share group.`
        return { groupId, errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage }
      }
      position = Math.max(position, shares.byName.get(groupId)?.changedAt ?? 0)
      const wanted =
        asked?.map(({ topicName, partitions }) => ({ topicName, partitions: [...new Set(partitions)] })) ??
        knownPartitions(shares, groupId)
      const described = wanted.map(({ topicName, partitions }) => {
        const topic = topics.byName.get(topicName)
        const list = partitions.map((number) => {
          const { changedAt, ...answer } = describe(shares, groupId, topic, number)
          position = Math.max(position, changedAt)
          return answer
        })
        return { topicName, topicId: topic?.id ?? ZERO_UUID, partitions: list }
      })
      return { groupId, topics: described }
    })
    call.reply({ groups: answers }, position)
  },
)

/** Those that were read, and those that members are given. */
function knownPartitions(shares: Shares, group: string): { topicName: string; partitions: number[] }[] {
  const byTopic = new Map<string, Set<number>>()
  const add = (name: string, number: number) => {
    const numbers = byTopic.get(name)
    if (numbers === undefined) byTopic.set(name, new Set([number]))
    else numbers.add(number)
  }
  for (const share of shares.partitions.get(group)?.values() ?? []) {
    const name = shares.topics.byId.get(share.topicId)?.name
    if (name !== undefined) add(name, share.number)
  }
  for (const { member } of shares.byName.get(group)?.members.values() ?? []) {
    for (const name of member.topics) {
      for (const { number } of shares.topics.byName.get(name)?.partitions ?? []) add(name, number)
    }
  }
  return [...byTopic].map(([topicName, numbers]) => ({ topicName, partitions: [...numbers].sort((a, b) => a - b) }))
}

function describe(shares: Shares, group: string, topic: Topic | undefined, partitionIndex: number) {
  const unread = { partitionIndex, startOffset: -1, leaderEpoch: 0, lag: -1 }
  // Nor does Kafka take it for an error that a topic is not there.
  if (topic === undefined) return { ...unread, changedAt: 0 }
  const log = topic.partitions[partitionIndex]
  if (log === undefined) {
    const errorCode = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    const errorMessage = 'This server does not host this topic-partition.'
    return { partitionIndex, startOffset: -1, leaderEpoch: -1, lag: -1, errorCode, errorMessage, changedAt: 0 }
  }
  const share = shares.known(group, topic.id, partitionIndex)
  if (share?.window == null) return { ...unread, changedAt: share?.changedAt ?? 0 }
  const { window, changedAt } = share
  window.moveStart(log.logStartOffset)
  const lag = Math.max(0, log.highWatermark - window.start - window.done)
  return { partitionIndex, startOffset: window.start, leaderEpoch: shares.topics.leaderEpoch, lag, changedAt }
}
