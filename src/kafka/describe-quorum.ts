import { ErrorCode } from '../wire/kafka/errors.ts'
import { DescribeQuorumRequest, DescribeQuorumResponse } from '../wire/kafka/messages/describe-quorum.ts'
import { api } from './api.ts'
import { addressFor } from './metadata.ts'

/* DescribeQuorum, 0 to 2: of the metadata log, whose one voter is this broker, and whose offsets are the journal's positions. */

const METADATA_LOG = '__cluster_metadata'

export const describeQuorum = api(
  DescribeQuorumRequest,
  DescribeQuorumResponse,
  { from: 0, to: 2 },
  (request, call) => {
    const { broker, options, topics } = call.front
    const now = broker.env.clock.now()
    const highWatermark = broker.store.journal.durable
    const us = {
      replicaId: options.nodeId,
      logEndOffset: highWatermark,
      lastFetchTimestamp: now,
      lastCaughtUpTimestamp: now,
    }
    const told = request.topics.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map(({ partitionIndex }) => {
        if (topicName !== METADATA_LOG || partitionIndex !== 0) {
          return { partitionIndex, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: null }
        }
        const leader = { leaderId: options.nodeId, leaderEpoch: topics.leaderEpoch, highWatermark }
        return { partitionIndex, errorMessage: null, ...leader, currentVoters: [us], observers: [] }
      }),
    }))
    const isKnown = told.some(({ partitions }) => partitions.some((partition) => 'leaderId' in partition))
    const listeners = [{ name: 'PLAINTEXT', ...addressFor(call) }]
    call.reply({ errorMessage: null, topics: told, nodes: isKnown ? [{ nodeId: options.nodeId, listeners }] : [] }, 0)
  },
)
