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

/*
 * ListPartitionReassignments, 0, and AlterPartitionReassignments, 0 to 1: a partition's one replica is here and stays here, so that an assignment to this
 * broker alone is done at once, any other is refused, and none is ever under way.
 */

export const listPartitionReassignments = api(
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
  { from: 0, to: 0 },
  (_request, call) => call.reply({}, 0),
)

export const alterPartitionReassignments = api(
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
  { from: 0, to: 1 },
  (request, call) => {
    const { topics, options } = call.front
    const check = (name: string, partition: number, replicas: readonly number[] | null): number => {
      if (!(partition in (topics.byName.get(name)?.partitions ?? []))) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      if (replicas === null) return ErrorCode.NO_REASSIGNMENT_IN_PROGRESS
      return replicas.length === 1 && replicas[0] === options.nodeId ? 0 : ErrorCode.INVALID_REPLICA_ASSIGNMENT
    }
    const responses = request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, replicas }) => ({
        partitionIndex,
        errorCode: check(name, partitionIndex, replicas),
        errorMessage: null,
      })),
    }))
    const { allowReplicationFactorChange } = request
    call.reply({ responses, allowReplicationFactorChange, errorMessage: null }, topics.position)
  },
)
