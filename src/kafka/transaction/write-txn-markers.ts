import { appendMarker, MARKER_ROOM } from '../../broker/topic/marker.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import { WriteTxnMarkersRequest, WriteTxnMarkersResponse } from '../../wire/kafka/messages/write-txn-markers.ts'
import type { Decoded } from '../../wire/kafka/schema.ts'
import { api } from '../api.ts'
import type { Front } from '../front.ts'

/*
 * WriteTxnMarkers, 1 and 2: coordinators ask brokers with it to end transactions, and operators to end one that hangs (kafka-transactions.sh abort).
 * The coordinator here needs nobody for that.
 */

type Marker = Decoded<typeof WriteTxnMarkersRequest>['markers'][number]

export const writeTxnMarkers = api(
  WriteTxnMarkersRequest,
  WriteTxnMarkersResponse,
  { from: 1, to: 2, writes: true },
  (request, call) => {
    const markers = request.markers.map((marker) => ({
      producerId: marker.producerId,
      topics: marker.topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => ({
          partitionIndex,
          errorCode: write(call.front, marker, name, partitionIndex),
        })),
      })),
    }))
    call.reply({ markers })
  },
)

function write({ topics, broker }: Front, marker: Marker, name: string, number: number): number {
  const partition = topics.byName.get(name)?.partitions[number]
  if (partition === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  const { producerId, producerEpoch: epoch, coordinatorEpoch, transactionResult: commit } = marker
  // Kafka trips over it.
  if (producerId < 0 || epoch < 0) return ErrorCode.UNKNOWN_SERVER_ERROR
  if (partition.producers.epochOf(producerId) > epoch) return ErrorCode.INVALID_PRODUCER_EPOCH
  if (partition.producers.coordinatorOf(producerId) > coordinatorEpoch) return ErrorCode.TRANSACTION_COORDINATOR_FENCED
  if (!broker.hasRoomForSettlement(MARKER_ROOM)) return ErrorCode.KAFKA_STORAGE_ERROR
  appendMarker(topics, partition, { producerId, epoch, commit, coordinatorEpoch })
  return ErrorCode.NONE
}
