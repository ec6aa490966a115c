import { ErrorCode } from '../wire/kafka/errors.ts'
import { ElectLeadersRequest, ElectLeadersResponse } from '../wire/kafka/messages/elect-leaders.ts'
import { api } from './api.ts'

/* ElectLeaders, 0 to 2: every partition is led by its one replica, so that no election is ever needed. Null asks for all partitions. */
export const electLeaders = api(ElectLeadersRequest, ElectLeadersResponse, { from: 0, to: 2 }, (request, call) => {
  const { topics } = call.front
  const asked =
    request.topicPartitions ??
    [...topics.byName.values()].map((topic) => ({ topic: topic.name, partitions: [...topic.partitions.keys()] }))
  const replicaElectionResults = asked.map(({ topic: name, partitions }) => ({
    topic: name,
    partitionResult: partitions.map((partitionId) => {
      const known = partitionId in (topics.byName.get(name)?.partitions ?? [])
      const errorCode = known ? ErrorCode.ELECTION_NOT_NEEDED : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      const errorMessage = known ? 'The leader is the preferred one.' : 'There is no such partition.'
      return { partitionId, errorCode, errorMessage }
    }),
  }))
  call.reply({ replicaElectionResults }, topics.position)
})
