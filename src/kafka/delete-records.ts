import { trimPartition } from '../broker/topic/trim.ts'
import { ErrorCode } from '../wire/kafka/errors.ts'
import { DeleteRecordsRequest, DeleteRecordsResponse } from '../wire/kafka/messages/delete-records.ts'
import { api, type Call } from './api.ts'

/* DeleteRecords, 0 to 2: moves the start of a partition's log; -1 stands for the high watermark. */

export const deleteRecords = api(DeleteRecordsRequest, DeleteRecordsResponse, { from: 0, to: 2 }, (request, call) => {
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex, offset }) => ({
      partitionIndex,
      ...trim(call, name, partitionIndex, offset),
    })),
  }))
  call.reply({ topics }, call.front.topics.position)
})

function trim(call: Call, name: string, number: number, offset: number): { lowWatermark: number; errorCode: number } {
  const { topics, broker } = call.front
  const topic = topics.byName.get(name)
  const partition = topic?.partitions[number]
  if (topic === undefined || partition === undefined)
    return { lowWatermark: -1, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }
  if (!topic.settings.deletes) return { lowWatermark: -1, errorCode: ErrorCode.POLICY_VIOLATION }
  const to = offset === -1 ? partition.highWatermark : offset
  if (to < 0 || to > partition.highWatermark) return { lowWatermark: -1, errorCode: ErrorCode.OFFSET_OUT_OF_RANGE }
  if (!broker.hasRoomForSettlement(64)) return { lowWatermark: -1, errorCode: ErrorCode.KAFKA_STORAGE_ERROR }
  trimPartition(topics, partition, to)
  return { lowWatermark: partition.logStartOffset, errorCode: 0 }
}
