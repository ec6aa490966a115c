import { ErrorCode } from '../wire/kafka/errors.ts'
import {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from '../wire/kafka/messages/alter-partition-reassignments.ts'
import {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from '../wire/kafka/messages/list-partition-reassignments.ts'
import { api } from './api.ts'
import { checkAssignment } from './assignment.ts'

type Told = readonly [errorCode: number, errorMessage: string | null]

/*
 * ListPartitionReassignments, 0, and AlterPartitionReassignments, 0 to 1: a partition's one replica is here and stays here, so that an assignment to this
 * broker alone is done at once, any other is refused, and none is ever under way.
 */

export const listPartitionReassignments = api(
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
  { from: 0, to: 0 },
  (_request, call) => call.reply({ errorMessage: null }, 0),
)

export const alterPartitionReassignments = api(
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
  { from: 0, to: 1 },
  (request, call) => {
    const { topics, options } = call.front
    const refusal = (name: string, partition: number, replicas: readonly number[] | null): Told => {
      const topic = topics.byName.get(name)
      const unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      if (topic === undefined) return [unknown, `Unable to find a topic named ${name}.`]
      if (!(partition in topic.partitions)) return [unknown, `Unable to find partition ${name}:${partition}.`]
      if (replicas === null) return [ErrorCode.NO_REASSIGNMENT_IN_PROGRESS, null]
      const wrong = checkAssignment(replicas, options.nodeId)
      return wrong === null ? [0, null] : [ErrorCode.INVALID_REPLICA_ASSIGNMENT, wrong]
    }
    const responses = request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, replicas }) => {
        const [errorCode, errorMessage] = refusal(name, partitionIndex, replicas)
        return { partitionIndex, errorCode, errorMessage }
      }),
    }))
    const { allowReplicationFactorChange } = request
    call.reply({ responses, allowReplicationFactorChange, errorMessage: null }, topics.position)
  },
)
