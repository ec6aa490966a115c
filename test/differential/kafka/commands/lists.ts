import {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from '../../../../src/wire/kafka/messages/alter-partition-reassignments.ts'
import {
  AlterReplicaLogDirsRequest,
  AlterReplicaLogDirsResponse,
} from '../../../../src/wire/kafka/messages/alter-replica-log-dirs.ts'
import {
  DescribeClusterRequest,
  DescribeClusterResponse,
} from '../../../../src/wire/kafka/messages/describe-cluster.ts'
import {
  DescribeLogDirsRequest,
  DescribeLogDirsResponse,
} from '../../../../src/wire/kafka/messages/describe-log-dirs.ts'
import {
  DescribeProducersRequest,
  DescribeProducersResponse,
} from '../../../../src/wire/kafka/messages/describe-producers.ts'
import { DescribeQuorumRequest, DescribeQuorumResponse } from '../../../../src/wire/kafka/messages/describe-quorum.ts'
import { ElectLeadersRequest, ElectLeadersResponse } from '../../../../src/wire/kafka/messages/elect-leaders.ts'
import {
  FindCoordinatorRequest,
  FindCoordinatorResponse,
} from '../../../../src/wire/kafka/messages/find-coordinator.ts'
import {
  ListConfigResourcesRequest,
  ListConfigResourcesResponse,
} from '../../../../src/wire/kafka/messages/list-config-resources.ts'
import { ListGroupsRequest, ListGroupsResponse } from '../../../../src/wire/kafka/messages/list-groups.ts'
import {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from '../../../../src/wire/kafka/messages/list-partition-reassignments.ts'
import {
  ListTransactionsRequest,
  ListTransactionsResponse,
} from '../../../../src/wire/kafka/messages/list-transactions.ts'
import { chance, command, type Maker, somePartition, someTopic } from '../command.ts'

/* What lists and describes. Others' groups, transactions and resources are on the same brokers: only this sequence's are compared. */

const GROUPS = { request: ListGroupsRequest, response: ListGroupsResponse, versions: [0, 5] } as const
const TXNS = { request: ListTransactionsRequest, response: ListTransactionsResponse, versions: [0, 2] } as const
const RESOURCES = {
  request: ListConfigResourcesRequest,
  response: ListConfigResourcesResponse,
  versions: [0, 1],
} as const
const PRODUCERS = { request: DescribeProducersRequest, response: DescribeProducersResponse, versions: [0, 0] } as const
const LOG_DIRS = { request: DescribeLogDirsRequest, response: DescribeLogDirsResponse, versions: [1, 5] } as const
const CLUSTER = { request: DescribeClusterRequest, response: DescribeClusterResponse, versions: [0, 2] } as const
const COORDINATOR = { request: FindCoordinatorRequest, response: FindCoordinatorResponse, versions: [0, 6] } as const
const ELECT = { request: ElectLeadersRequest, response: ElectLeadersResponse, versions: [0, 2] } as const
const MOVES = {
  request: ListPartitionReassignmentsRequest,
  response: ListPartitionReassignmentsResponse,
  versions: [0, 0],
} as const
const MOVE = {
  request: AlterPartitionReassignmentsRequest,
  response: AlterPartitionReassignmentsResponse,
  versions: [0, 1],
} as const

const QUORUM = { request: DescribeQuorumRequest, response: DescribeQuorumResponse, versions: [0, 2] } as const
const LOG_MOVE = {
  request: AlterReplicaLogDirsRequest,
  response: AlterReplicaLogDirsResponse,
  versions: [1, 2],
} as const

export const listGroups: Maker = {
  weight: 3,
  make(scene) {
    const { dice } = scene
    const statesFilter = chance(scene) ? ['Nowhere'] : dice.pick([[], [], ['Stable'], ['empty', 'Stable']])
    const typesFilter = chance(scene) ? ['shoe'] : dice.pick([[], [], ['classic'], ['Consumer', 'share']])
    const version = dice.between(typesFilter.length > 0 ? 5 : statesFilter.length > 0 ? 4 : 0, 5)
    return command(scene, GROUPS, {
      version,
      about: [...statesFilter, ...typesFilter].join('+'),
      asksAgain: true,
      make: () => ({ statesFilter, typesFilter }),
      view: (_side, { groups, ...rest }) => ({
        ...rest,
        groups: groups.filter(({ groupId }) => groupId.startsWith(`${scene.prefix}-`)),
      }),
    })
  },
}

export const listTransactions: Maker = {
  weight: 3,
  make(scene) {
    const { dice } = scene
    const stateFilters = chance(scene) ? ['Nowhere'] : dice.pick([[], ['Ongoing'], ['CompleteCommit', 'CompleteAbort']])
    const pattern = dice.pick([null, `${scene.prefix}-x.*`, chance(scene) ? '[' : ''])
    const version = dice.between(pattern === null ? 0 : 2, 2)
    return command(scene, TXNS, {
      version,
      about: `${stateFilters.join('+')} ${pattern ?? ''}`,
      asksAgain: true,
      make: () => ({ stateFilters, producerIdFilters: [], transactionalIdPattern: pattern }),
      view: (_side, { transactionStates, ...rest }) => ({
        ...rest,
        transactionStates: transactionStates.filter(({ transactionalId }) =>
          transactionalId.startsWith(`${scene.prefix}-`),
        ),
      }),
    })
  },
}

const listResources: Maker = {
  weight: 2,
  make(scene) {
    const resourceTypes = chance(scene) ? [99] : scene.dice.pick([[], [2], [32, 16]])
    const version = scene.dice.between(resourceTypes.length > 0 ? 1 : 0, 1)
    return command(scene, RESOURCES, {
      version,
      about: resourceTypes.join('+'),
      asksAgain: true,
      make: () => ({ resourceTypes }),
      view: (_side, { configResources, ...rest }) => ({
        ...rest,
        configResources: configResources.filter(({ resourceName }) => resourceName.startsWith(`${scene.prefix}-`)),
      }),
    })
  },
}

export const describeProducers: Maker = {
  weight: 3,
  make(scene) {
    const name = someTopic(scene)
    const partitionIndexes = [somePartition(scene, name)]
    return command(scene, PRODUCERS, {
      about: `${name}/${partitionIndexes}`,
      asksAgain: true,
      make: () => ({ topics: [{ name, partitionIndexes }] }),
      // The time and the coordinator's epoch are the broker's own.
      view: (_side, { topics }) =>
        topics.map(({ partitions, ...topic }) => ({
          ...topic,
          partitions: partitions.map(({ activeProducers, ...partition }) => ({
            ...partition,
            activeProducers: activeProducers.map(
              ({ producerId, producerEpoch, lastSequence, currentTxnStartOffset }) => ({
                ...{ producerId, producerEpoch, lastSequence, currentTxnStartOffset },
              }),
            ),
          })),
        })),
    })
  },
}

const describeLogDirs: Maker = {
  weight: 2,
  make(scene) {
    const topic = someTopic(scene)
    const partitions = [0, somePartition(scene, topic)]
    return command(scene, LOG_DIRS, {
      about: `${topic}/${partitions}`,
      asksAgain: true,
      make: () => ({ topics: [{ topic, partitions }] }),
      view: (_side, { results, errorCode }) => ({
        errorCode,
        results: results.map(({ topics, errorCode }) => ({
          errorCode,
          topics: topics.map(({ name, partitions }) => ({
            name,
            partitions: partitions.map(({ partitionIndex, offsetLag, isFutureKey }) => ({
              partitionIndex,
              offsetLag,
              isFutureKey,
            })),
          })),
        })),
      }),
    })
  },
}

const describeCluster: Maker = {
  weight: 2,
  make(scene) {
    const endpointType = chance(scene) ? 9 : 1
    const version = scene.dice.between(endpointType === 1 ? 0 : 1, 2)
    const includeClusterAuthorizedOperations = scene.dice.chance(0.5)
    return command(scene, CLUSTER, {
      version,
      about: `type ${endpointType}`,
      asksAgain: true,
      make: () => ({ includeClusterAuthorizedOperations, endpointType }),
    })
  },
}

const findCoordinator: Maker = {
  weight: 3,
  make(scene) {
    const { dice } = scene
    const version = dice.between(0, 6)
    const keyType = chance(scene) ? dice.pick([2, 9, -1]) : version === 0 ? 0 : dice.pick([0, 1])
    const key = chance(scene) ? '' : `${scene.prefix}-g`
    return command(scene, COORDINATOR, {
      version,
      about: `${keyType} ${key}`,
      asksAgain: true,
      make: () => (version < 4 ? { key, keyType } : { keyType, coordinatorKeys: [key] }),
    })
  },
}

const elect: Maker = {
  weight: 2,
  make(scene) {
    const topic = someTopic(scene)
    const partitions = [somePartition(scene, topic)]
    const electionType = chance(scene) ? 7 : scene.dice.below(2)
    return command(scene, ELECT, {
      about: `${topic}/${partitions} type ${electionType}`,
      asksAgain: true,
      make: () => ({ electionType, topicPartitions: [{ topic, partitions }], timeoutMs: 5000 }),
    })
  },
}

const move: Maker = {
  weight: 2,
  make(scene) {
    const name = someTopic(scene)
    const partitionIndex = somePartition(scene, name)
    const replicas = chance(scene) ? scene.dice.pick([[], [7], [1, 1], [1, 7], [-1]]) : scene.dice.pick([[1], null])
    return command(scene, MOVE, {
      about: `${name}/${partitionIndex} to ${replicas}`,
      make: () => ({ timeoutMs: 5000, topics: [{ name, partitions: [{ partitionIndex, replicas }] }] }),
    })
  },
}

const moves: Maker = {
  weight: 1,
  make(scene) {
    const name = someTopic(scene)
    const partitionIndexes = [somePartition(scene, name)]
    return command(scene, MOVES, {
      about: `${name}/${partitionIndexes}`,
      asksAgain: true,
      make: () => ({ timeoutMs: 5000, topics: [{ name, partitionIndexes }] }),
    })
  },
}

const quorum: Maker = {
  weight: 2,
  make(scene) {
    const topicName = chance(scene) ? scene.dice.pick(['', someTopic(scene)]) : '__cluster_metadata'
    const partitionIndex = chance(scene) ? 1 : 0
    return command(scene, QUORUM, {
      about: `${topicName}/${partitionIndex}`,
      asksAgain: true,
      make: () => ({ topics: [{ topicName, partitions: [{ partitionIndex }] }] }),
      // How far its log is, is its own.
      view: (_side, { errorCode, topics, nodes }) => ({
        errorCode,
        topics: topics.map(({ topicName, partitions }) => ({
          topicName,
          partitions: partitions.map(({ partitionIndex, errorCode, leaderId, currentVoters, observers }) => ({
            ...{ partitionIndex, errorCode, leaderId },
            voters: currentVoters.map(({ replicaId }) => replicaId),
            observers: observers.map(({ replicaId }) => replicaId),
          })),
        })),
        nodes: nodes.map(({ nodeId }) => nodeId),
      }),
    })
  },
}

const logMove: Maker = {
  weight: 2,
  make(scene) {
    const name = someTopic(scene)
    const partitions = [somePartition(scene, name)]
    const path = scene.dice.pick(['/nowhere', 'nowhere'])
    return command(scene, LOG_MOVE, {
      about: `${name}/${partitions} to ${path}`,
      make: () => ({ dirs: [{ path, topics: [{ name, partitions }] }] }),
    })
  },
}

export const LIST_MAKERS: readonly Maker[] = [
  listGroups,
  listTransactions,
  listResources,
  describeProducers,
  describeLogDirs,
  describeCluster,
  findCoordinator,
  elect,
  move,
  moves,
  quorum,
  logMove,
]
