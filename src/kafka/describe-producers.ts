import { ErrorCode } from '../wire/kafka/errors.ts'
import { DescribeProducersRequest, DescribeProducersResponse } from '../wire/kafka/messages/describe-producers.ts'
import { api } from './api.ts'

const NO_TOPIC = 'This server does not host this topic-partition.'

/* DescribeProducers, 0: the idempotent producers of partitions, and where their open transactions begin. */
export const describeProducers = api(
  DescribeProducersRequest,
  DescribeProducersResponse,
  { from: 0, to: 0 },
  (request, call) => {
    const { topics } = call.front
    const told = request.topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => {
        const partition = topics.byName.get(name)?.partitions[partitionIndex]
        if (partition === undefined) {
          const errorMessage = topics.byName.has(name) ? null : NO_TOPIC
          return { partitionIndex, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage }
        }
        const activeProducers = [...partition.producers.each()].map(([producerId, producer]) => ({
          producerId,
          producerEpoch: producer.epoch,
          lastSequence: producer.lastSequence,
          lastTimestamp: producer.seen,
          coordinatorEpoch: producer.coordinatorEpoch,
          currentTxnStartOffset: producer.transaction,
        }))
        return { partitionIndex, errorMessage: null, activeProducers }
      }),
    }))
    call.reply({ topics: told })
  },
)
