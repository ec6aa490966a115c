import { Operation, ResourceType } from '../../core/access/acl.ts'
import { AlterClientQuotasRequest, AlterClientQuotasResponse } from '../../wire/kafka/messages/alter-client-quotas.ts'
import { AlterConfigsRequest, AlterConfigsResponse } from '../../wire/kafka/messages/alter-configs.ts'
import {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from '../../wire/kafka/messages/alter-partition-reassignments.ts'
import {
  AlterReplicaLogDirsRequest,
  AlterReplicaLogDirsResponse,
} from '../../wire/kafka/messages/alter-replica-log-dirs.ts'
import {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
} from '../../wire/kafka/messages/alter-user-scram-credentials.ts'
import { ApiVersionsRequest, ApiVersionsResponse } from '../../wire/kafka/messages/api-versions.ts'
import { CreateAclsRequest, CreateAclsResponse } from '../../wire/kafka/messages/create-acls.ts'
import { DeleteAclsRequest, DeleteAclsResponse } from '../../wire/kafka/messages/delete-acls.ts'
import { DescribeAclsRequest, DescribeAclsResponse } from '../../wire/kafka/messages/describe-acls.ts'
import {
  DescribeClientQuotasRequest,
  DescribeClientQuotasResponse,
} from '../../wire/kafka/messages/describe-client-quotas.ts'
import { DescribeClusterRequest, DescribeClusterResponse } from '../../wire/kafka/messages/describe-cluster.ts'
import { DescribeConfigsRequest, DescribeConfigsResponse } from '../../wire/kafka/messages/describe-configs.ts'
import { DescribeLogDirsRequest, DescribeLogDirsResponse } from '../../wire/kafka/messages/describe-log-dirs.ts'
import { DescribeQuorumRequest, DescribeQuorumResponse } from '../../wire/kafka/messages/describe-quorum.ts'
import {
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
} from '../../wire/kafka/messages/describe-user-scram-credentials.ts'
import { ElectLeadersRequest, ElectLeadersResponse } from '../../wire/kafka/messages/elect-leaders.ts'
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../wire/kafka/messages/incremental-alter-configs.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from '../../wire/kafka/messages/init-producer-id.ts'
import {
  ListConfigResourcesRequest,
  ListConfigResourcesResponse,
} from '../../wire/kafka/messages/list-config-resources.ts'
import {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from '../../wire/kafka/messages/list-partition-reassignments.ts'
import { SaslAuthenticateRequest, SaslAuthenticateResponse } from '../../wire/kafka/messages/sasl-authenticate.ts'
import { SaslHandshakeRequest, SaslHandshakeResponse } from '../../wire/kafka/messages/sasl-handshake.ts'
import { UpdateFeaturesRequest, UpdateFeaturesResponse } from '../../wire/kafka/messages/update-features.ts'
import type { Ask } from './authorizer.ts'
import { mayOnGroup } from './group-guards.ts'
import { DENIED, type Guard, guard, mayOnCluster, onCluster, split, whole } from './guard.ts'
import { clusterOperations, mayOnTopic } from './topic-guards.ts'

/* The cluster, its settings, and what anybody may ask. */

const { alter, alterConfigs, describe, describeConfigs, idempotentWrite } = Operation
const { errorCode: CLUSTER_DENIED } = DENIED.cluster

/** What a setting belongs to, by Kafka's numbers. */
const CONFIG_TYPES = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 } as const

interface ConfigResource {
  readonly resourceType: number
  readonly resourceName: string
}

function configRefusal(ask: Ask, operation: number, { resourceType, resourceName }: ConfigResource) {
  if (resourceType === CONFIG_TYPES.topic) return mayOnTopic(ask, operation, resourceName) ? null : DENIED.topic
  if (resourceType === CONFIG_TYPES.group) return mayOnGroup(ask, operation, resourceName) ? null : DENIED.group
  return mayOnCluster(ask, operation) ? null : DENIED.cluster
}

/** Resources whose settings may be told or changed, and answers about the others. */
function configs<T extends ConfigResource>(resources: readonly T[], ask: Ask, operation: number) {
  const [passed, refused] = split(resources, (one) => configRefusal(ask, operation, one) === null)
  const answers = refused.map((one) => {
    const { resourceType, resourceName } = one
    return { resourceType, resourceName, ...configRefusal(ask, operation, one)! }
  })
  return { passed, answers }
}

const describeConfigsGuard = guard(DescribeConfigsRequest, DescribeConfigsResponse, (request, ask) => {
  const { passed, answers } = configs(request.resources, ask, describeConfigs)
  return {
    pass: { ...request, resources: passed },
    amend: (response) => ({ ...response, results: [...(response.results ?? []), ...answers] }),
  }
})

const alterConfigsGuard = guard(AlterConfigsRequest, AlterConfigsResponse, (request, ask) => {
  const { passed, answers } = configs(request.resources, ask, alterConfigs)
  return {
    pass: { ...request, resources: passed },
    amend: (response) => ({ ...response, responses: [...(response.responses ?? []), ...answers] }),
  }
})

const incrementalAlterConfigs = guard(
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
  (request, ask) => {
    const { passed, answers } = configs(request.resources, ask, alterConfigs)
    return {
      pass: { ...request, resources: passed },
      amend: (response) => ({ ...response, responses: [...(response.responses ?? []), ...answers] }),
    }
  },
)

/** A producer that is idempotent but not transactional need only be allowed to write something. */
const initProducerId = whole(
  InitProducerIdRequest,
  InitProducerIdResponse,
  ({ transactionalId }, ask) =>
    transactionalId === null
      ? mayOnCluster(ask, idempotentWrite) || ask.mayOnAny(Operation.write, ResourceType.topic)
      : ask.may(Operation.write, ResourceType.transactionalId, transactionalId),
  ({ transactionalId }) => ({
    errorCode: transactionalId === null ? CLUSTER_DENIED : DENIED.transactionalId.errorCode,
    producerEpoch: -1,
  }),
)

const anybody = [
  guard(ApiVersionsRequest, ApiVersionsResponse, (request) => ({ pass: request })),
  guard(SaslHandshakeRequest, SaslHandshakeResponse, (request) => ({ pass: request })),
  guard(SaslAuthenticateRequest, SaslAuthenticateResponse, (request) => ({ pass: request })),
  guard(DescribeClusterRequest, DescribeClusterResponse, (request, ask) => ({
    pass: request,
    amend: (response) => ({
      ...response,
      clusterAuthorizedOperations: clusterOperations(response.clusterAuthorizedOperations, ask),
    }),
  })),
]

export const CLUSTER_GUARDS: readonly Guard[] = [
  ...anybody,
  describeConfigsGuard,
  alterConfigsGuard,
  incrementalAlterConfigs,
  initProducerId,
  whole(CreateAclsRequest, CreateAclsResponse, onCluster(alter), ({ creations }) => ({
    results: creations.map(() => DENIED.cluster),
  })),
  whole(DeleteAclsRequest, DeleteAclsResponse, onCluster(alter), ({ filters }) => ({
    filterResults: filters.map(() => DENIED.cluster),
  })),
  whole(DescribeAclsRequest, DescribeAclsResponse, onCluster(describe), () => DENIED.cluster),
  whole(DescribeLogDirsRequest, DescribeLogDirsResponse, onCluster(describe), () => ({ errorCode: CLUSTER_DENIED })),
  whole(AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse, onCluster(alter), ({ dirs }) => ({
    results: dirs
      .flatMap(({ topics }) => topics)
      .map(({ name, partitions }) => ({
        topicName: name,
        partitions: partitions.map((partitionIndex) => ({ partitionIndex, errorCode: CLUSTER_DENIED })),
      })),
  })),
  whole(ElectLeadersRequest, ElectLeadersResponse, onCluster(alter), ({ topicPartitions }) => ({
    errorCode: CLUSTER_DENIED,
    replicaElectionResults: (topicPartitions ?? []).map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map((partitionId) => ({ partitionId, ...DENIED.cluster })),
    })),
  })),
  whole(
    AlterPartitionReassignmentsRequest,
    AlterPartitionReassignmentsResponse,
    onCluster(alter),
    () => DENIED.cluster,
  ),
  whole(
    ListPartitionReassignmentsRequest,
    ListPartitionReassignmentsResponse,
    onCluster(describe),
    () => DENIED.cluster,
  ),
  whole(DescribeQuorumRequest, DescribeQuorumResponse, onCluster(describe), () => DENIED.cluster),
  whole(UpdateFeaturesRequest, UpdateFeaturesResponse, onCluster(alter), () => DENIED.cluster),
  whole(ListConfigResourcesRequest, ListConfigResourcesResponse, onCluster(describeConfigs), () => ({
    errorCode: CLUSTER_DENIED,
  })),
  whole(DescribeClientQuotasRequest, DescribeClientQuotasResponse, onCluster(describeConfigs), () => ({
    errorCode: CLUSTER_DENIED,
    errorMessage: null,
    entries: null,
  })),
  whole(AlterClientQuotasRequest, AlterClientQuotasResponse, onCluster(alterConfigs), ({ entries }) => ({
    entries: entries.map(({ entity }) => ({ entity, ...DENIED.cluster })),
  })),
  whole(
    DescribeUserScramCredentialsRequest,
    DescribeUserScramCredentialsResponse,
    onCluster(describe),
    () => DENIED.cluster,
  ),
  whole(
    AlterUserScramCredentialsRequest,
    AlterUserScramCredentialsResponse,
    onCluster(alter),
    ({ deletions, upsertions }) => ({
      results: [...new Set([...deletions, ...upsertions].map(({ name }) => name))].map((user) => ({
        user,
        ...DENIED.cluster,
      })),
    }),
  ),
]
