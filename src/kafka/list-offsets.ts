import { searchLatest, searchTimestamp } from '../broker/topic/search.ts'
import type { Partition } from '../core/partition/partition.ts'
import { ErrorCode } from '../wire/kafka/errors.ts'
import { ListOffsetsRequest, ListOffsetsResponse } from '../wire/kafka/messages/list-offsets.ts'
import type { Decoded, Encodable } from '../wire/kafka/schema.ts'
import { api } from './api.ts'
import type { Front } from './front.ts'

/*
 * ListOffsets, 1 to 11: the offset of an instant, or one of Kafka's special places: the end (-1), the start (-2), the
 * record with the greatest timestamp (-3, from version 7 on), the start of what is not in remote storage (-4, from 8: all of it is here), and the
 * end of what is in remote storage (-5 from 9, -6 from 11: nothing is).
 *
 * Who reads committed records only is told of what lies below the last stable offset.
 *
 * By time the answer is exact: a batch that has earlier records as well is opened, off the loop if it is packed.
 */

const LATEST = -1
const EARLIEST = -2
const MAX_TIMESTAMP = -3
const EARLIEST_LOCAL = -4
/** By special place: the version from which on one may ask for it. */
const SINCE: { readonly [timestamp: number]: number } = { [-3]: 7, [-4]: 8, [-5]: 9, [-6]: 11 }

type TopicAnswer = NonNullable<Encodable<typeof ListOffsetsResponse>['topics']>[number]
type PartitionAnswer = NonNullable<TopicAnswer['partitions']>[number]
type Asked = Decoded<typeof ListOffsetsRequest>['topics'][number]['partitions'][number]

export const listOffsets = api(ListOffsetsRequest, ListOffsetsResponse, { from: 1, to: 11 }, (request, call) => {
  const { front } = call
  let left = 1
  const done = () => {
    if (--left === 0) call.reply({ topics: answers }, front.topics.position)
  }
  const answers: TopicAnswer[] = request.topics.map(({ name, partitions }) => {
    const answered: PartitionAnswer[] = []
    const numbers = partitions.map(({ partitionIndex }) => partitionIndex)
    // A partition that is asked for twice is answered once.
    const once = partitions.filter(({ partitionIndex }, i) => numbers.indexOf(partitionIndex) === i)
    once.forEach((asked, i) => {
      const isTwice = numbers.lastIndexOf(asked.partitionIndex) !== numbers.indexOf(asked.partitionIndex)
      const isUnknown =
        asked.timestamp < EARLIEST && call.version < (SINCE[asked.timestamp] ?? Number.POSITIVE_INFINITY)
      if (isTwice || isUnknown) {
        const errorCode = isTwice ? ErrorCode.INVALID_REQUEST : ErrorCode.UNSUPPORTED_VERSION
        answered[i] = { partitionIndex: asked.partitionIndex, errorCode, timestamp: -1, offset: -1 }
        return
      }
      left++
      listOne(front, name, asked, request.isolationLevel === 1, (answer) => {
        answered[i] = { partitionIndex: asked.partitionIndex, ...answer }
        done()
      })
    })
    return { name, partitions: answered }
  })
  done()
})

/** Answers for one partition, now or when its bytes have been read. */
function listOne(
  front: Front,
  topicName: string,
  asked: Asked,
  committedOnly: boolean,
  answer: (answer: PartitionAnswer) => void,
): void {
  const { topics } = front
  const partition = topics.byName.get(topicName)?.partitions[asked.partitionIndex]
  const errorCode = partition === undefined ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : checkEpoch(front, asked)
  if (partition === undefined || errorCode !== 0) {
    answer({ errorCode, timestamp: -1, offset: -1 })
    return
  }
  const { timestamp } = asked
  const end = committedOnly ? partition.lastStableOffset : partition.highWatermark
  if (timestamp === LATEST) answer(at(partition, end, topics.leaderEpoch))
  else if (timestamp === EARLIEST || timestamp === EARLIEST_LOCAL) {
    const { logStartOffset, endOffset } = partition
    answer(at(partition, logStartOffset, logStartOffset === endOffset ? topics.leaderEpoch : -1))
  } else if (timestamp < MAX_TIMESTAMP) answer({ timestamp: -1, offset: -1 })
  else {
    const found = (error: Error | null, stamp: { offset: number; timestamp: number } | null) => {
      if (error !== null) answer({ errorCode: ErrorCode.KAFKA_STORAGE_ERROR, timestamp: -1, offset: -1 })
      else if (stamp === null || stamp.offset >= end) answer({ timestamp: -1, offset: -1 })
      else answer({ ...at(partition, stamp.offset, -1), timestamp: stamp.timestamp })
    }
    if (timestamp === MAX_TIMESTAMP) searchLatest(topics, partition, found)
    else searchTimestamp(topics, partition, timestamp, end, found)
  }
}

function checkEpoch(front: Front, asked: Asked): number {
  const { leaderEpoch } = front.topics
  if (asked.currentLeaderEpoch > leaderEpoch) return ErrorCode.UNKNOWN_LEADER_EPOCH
  return asked.currentLeaderEpoch >= 0 && asked.currentLeaderEpoch < leaderEpoch ? ErrorCode.FENCED_LEADER_EPOCH : 0
}

function at(partition: Partition, offset: number, epoch: number): PartitionAnswer {
  return { timestamp: -1, offset, leaderEpoch: epoch >= 0 ? epoch : partition.epochs.at(offset) }
}
