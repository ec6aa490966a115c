import { ErrorCode } from '../wire/kafka/errors.ts'
import { ElectLeadersRequest, ElectLeadersResponse } from '../wire/kafka/messages/elect-leaders.ts'
import { api } from './api.ts'

/** The highest type of election. */
const UNCLEAN = 1

/*
 * ElectLeaders, 0 to 2: every partition is led by its one replica, so that no election is ever needed. Null asks for all partitions that need one: topics are
 * told without any.
 */
export const electLeaders = api(ElectLeadersRequest, ElectLeadersResponse, { from: 0, to: 2 }, (request, call) => {
  const { topics } = call.front
  const asked =
    request.topicPartitions ?? [...topics.byName.values()].map((topic) => ({ topic: topic.name, partitions: [] }))
  if (request.electionType > UNCLEAN) {
    const wrong = {
      errorCode: ErrorCode.INVALID_REQUEST,
      errorMessage: `Unknown election type ${request.electionType}`,
    }
    const replicaElectionResults = asked.map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map((partitionId) => ({ partitionId, ...wrong })),
    }))
    call.reply({ errorCode: ErrorCode.INVALID_REQUEST, replicaElectionResults }, 0)
    return
  }
  const replicaElectionResults = asked.map(({ topic: name, partitions }) => ({
    topic: name,
    partitionResult: partitions.map((partitionId) => {
      const missing = (number: number) =>
        topics.byName.has(name) ? `No such partition as ${name}-${number}` : `No such topic as ${name}`
      const known = partitionId in (topics.byName.get(name)?.partitions ?? [])
      const errorCode = known ? ErrorCode.ELECTION_NOT_NEEDED : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      const errorMessage = known ? 'Leader election not needed for topic partition.' : missing(partitionId)
      return { partitionId, errorCode, errorMessage }
    }),
  }))
  call.reply({ replicaElectionResults }, topics.position)
})
