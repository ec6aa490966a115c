import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KafkaLink } from '../../sim/kafka/link.ts'
import { setUser } from '../../src/broker/access/user.ts'
import { type Acl, CLUSTER, Operation, PatternType, PermissionType, ResourceType } from '../../src/core/access/acl.ts'
import { APIS } from '../../src/kafka/apis.ts'
import { GUARDS } from '../../src/kafka/security/guards.ts'
import { ErrorCode } from '../../src/wire/kafka/errors.ts'
import {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from '../../src/wire/kafka/messages/consumer-group-heartbeat.ts'
import { CreateAclsRequest, CreateAclsResponse } from '../../src/wire/kafka/messages/create-acls.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../../src/wire/kafka/messages/create-topics.ts'
import { DeleteAclsRequest, DeleteAclsResponse } from '../../src/wire/kafka/messages/delete-acls.ts'
import { DescribeAclsRequest, DescribeAclsResponse } from '../../src/wire/kafka/messages/describe-acls.ts'
import { FetchRequest, FetchResponse } from '../../src/wire/kafka/messages/fetch.ts'
import { FindCoordinatorRequest, FindCoordinatorResponse } from '../../src/wire/kafka/messages/find-coordinator.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from '../../src/wire/kafka/messages/init-producer-id.ts'
import { MetadataRequest, MetadataResponse } from '../../src/wire/kafka/messages/metadata.ts'
import { OffsetFetchRequest, OffsetFetchResponse } from '../../src/wire/kafka/messages/offset-fetch.ts'
import { ProduceRequest, ProduceResponse } from '../../src/wire/kafka/messages/produce.ts'
import { SaslAuthenticateRequest, SaslAuthenticateResponse } from '../../src/wire/kafka/messages/sasl-authenticate.ts'
import { SaslHandshakeRequest, SaslHandshakeResponse } from '../../src/wire/kafka/messages/sasl-handshake.ts'
import { batch, KafkaRig, recordsIn } from './rig.ts'

/** Who does not log in may do everything here, alice what ACLs say. */
function openRig(): { rig: KafkaRig; alice: KafkaLink } {
  const rig = new KafkaRig({}, { superUsers: ['User:ANONYMOUS'] })
  rig.run(100)
  setUser(rig.broker, { name: 'alice', password: 'secret' })
  const topics = ['orders', 'bills'].map((name) => ({ name, numPartitions: 1, replicationFactor: 1 }))
  rig.ask(CreateTopicsRequest, CreateTopicsResponse, 5, { topics })
  return { rig, alice: logIn(rig) }
}

function logIn(rig: KafkaRig): KafkaLink {
  const client = rig.stranger()
  rig.ask(SaslHandshakeRequest, SaslHandshakeResponse, 1, { mechanism: 'PLAIN' }, client)
  const authBytes = Buffer.from('\0alice\0secret')
  const answer = rig.ask(SaslAuthenticateRequest, SaslAuthenticateResponse, 2, { authBytes }, client)
  assert.equal(answer.errorCode, ErrorCode.NONE)
  return client
}

type Creation = Omit<Acl, 'patternType'> & { resourcePatternType: number }

function acl(given: Partial<Creation> = {}): Creation {
  return {
    resourceType: ResourceType.topic,
    resourcePatternType: PatternType.literal,
    resourceName: 'orders',
    principal: 'User:alice',
    host: '*',
    operation: Operation.read,
    permissionType: PermissionType.allow,
    ...given,
  }
}

function create(rig: KafkaRig, ...creations: Partial<Creation>[]) {
  return rig.ask(CreateAclsRequest, CreateAclsResponse, 3, { creations: creations.map(acl) }).results
}

const ANY = { resourceTypeFilter: 1, resourceNameFilter: null, patternTypeFilter: 1, principalFilter: null }
const ANYTHING = { ...ANY, hostFilter: null, operation: 1, permissionType: 1 }

function topicErrors(rig: KafkaRig, alice: KafkaLink, names: string[]) {
  const topics = names.map((name) => ({ name }))
  const asked = { topics, allowAutoTopicCreation: true }
  const answer = rig.ask(MetadataRequest, MetadataResponse, 9, asked, alice)
  return Object.fromEntries(answer.topics.map(({ name, errorCode }) => [name, errorCode]))
}

function produce(rig: KafkaRig, alice: KafkaLink, names: string[]) {
  const topicData = names.map((name) => ({ name, partitionData: [{ index: 0, records: batch([1]) }] }))
  const { responses } = rig.ask(ProduceRequest, ProduceResponse, 9, { acks: -1, timeoutMs: 1000, topicData }, alice)
  return Object.fromEntries(responses.map(({ name, partitionResponses }) => [name, partitionResponses[0]!.errorCode]))
}

const { NONE, TOPIC_AUTHORIZATION_FAILED, GROUP_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED } = ErrorCode

describe('a client with an authorizer before it', () => {
  it('may do nothing that no ACL allows', () => {
    const { rig, alice } = openRig()
    assert.deepEqual(topicErrors(rig, alice, ['orders', 'new']), {
      orders: TOPIC_AUTHORIZATION_FAILED,
      new: TOPIC_AUTHORIZATION_FAILED,
    })
    assert.equal(rig.topics.byName.has('new'), false)
    assert.deepEqual(rig.ask(MetadataRequest, MetadataResponse, 9, { topics: null }, alice).topics, [])
    assert.deepEqual(produce(rig, alice, ['orders']), { orders: TOPIC_AUTHORIZATION_FAILED })
    const group = { keyType: 0, coordinatorKeys: ['readers'] }
    const found = rig.ask(FindCoordinatorRequest, FindCoordinatorResponse, 4, group, alice)
    assert.equal(found.coordinators[0]!.errorCode, GROUP_AUTHORIZATION_FAILED)
    const id = rig.ask(InitProducerIdRequest, InitProducerIdResponse, 4, { transactionalId: null }, alice)
    assert.equal(id.errorCode, CLUSTER_AUTHORIZATION_FAILED)
    const { results } = rig.ask(CreateAclsRequest, CreateAclsResponse, 3, { creations: [acl()] }, alice)
    assert.equal(results[0]!.errorCode, CLUSTER_AUTHORIZATION_FAILED)
    assert.equal(rig.broker.acls.acls.size, 0)
  })

  it('may do what ACLs allow, at once, beside what they do not', () => {
    const { rig, alice } = openRig()
    assert.deepEqual(produce(rig, alice, ['orders', 'bills']), {
      orders: TOPIC_AUTHORIZATION_FAILED,
      bills: TOPIC_AUTHORIZATION_FAILED,
    })
    create(rig, { operation: Operation.write })
    assert.deepEqual(produce(rig, alice, ['orders', 'bills']), { orders: NONE, bills: TOPIC_AUTHORIZATION_FAILED })
    assert.equal(rig.topics.byName.get('bills')!.partitions[0]!.endOffset, 0)
    const id = rig.ask(InitProducerIdRequest, InitProducerIdResponse, 4, { transactionalId: null }, alice)
    assert.equal(id.errorCode, NONE)
  })

  it('is told what it may do with what it sees', () => {
    const { rig, alice } = openRig()
    create(rig, {}, { operation: Operation.write })
    const asked = { topics: null, includeTopicAuthorizedOperations: true, includeClusterAuthorizedOperations: true }
    const answer = rig.ask(MetadataRequest, MetadataResponse, 8, asked, alice)
    assert.deepEqual(
      answer.topics.map(({ name, topicAuthorizedOperations }) => [name, topicAuthorizedOperations]),
      [['orders', (1 << Operation.read) | (1 << Operation.write) | (1 << Operation.describe)]],
    )
    assert.equal(answer.clusterAuthorizedOperations, 0)
  })

  it('makes topics by asking for them only if it may make them', () => {
    const { rig, alice } = openRig()
    create(rig, { operation: Operation.describe, resourceName: 'new' })
    assert.deepEqual(topicErrors(rig, alice, ['new']), { new: TOPIC_AUTHORIZATION_FAILED })
    assert.equal(rig.topics.byName.has('new'), false)
    create(rig, { operation: Operation.create, resourceName: 'new' })
    assert.deepEqual(topicErrors(rig, alice, ['new']), { new: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION })
    rig.run(50)
    assert.deepEqual(topicErrors(rig, alice, ['new']), { new: NONE })
  })

  it('loses what it reads, in a fetch session too, with the permission', () => {
    const { rig, alice } = openRig()
    create(rig, {})
    produce(rig, rig.client, ['orders'])
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }]
    const opening = { maxBytes: 1000, sessionId: 0, sessionEpoch: 0, topics: [{ topic: 'orders', partitions }] }
    const opened = rig.ask(FetchRequest, FetchResponse, 12, opening, alice)
    assert.deepEqual(recordsIn(opened.responses[0]!.partitions[0]!.records), [1])
    rig.ask(DeleteAclsRequest, DeleteAclsResponse, 3, { filters: [ANYTHING] })
    const next = { maxBytes: 1000, maxWaitMs: 0, sessionId: opened.sessionId, sessionEpoch: 1, topics: [] }
    const { responses } = rig.ask(FetchRequest, FetchResponse, 12, next, alice)
    assert.equal(responses[0]!.partitions[0]!.errorCode, TOPIC_AUTHORIZATION_FAILED)
  })

  it('sees of a group’s offsets those of topics that it may know of', () => {
    const { rig, alice } = openRig()
    create(rig, { resourceType: ResourceType.group, resourceName: 'readers' }, { operation: Operation.describe })
    const groups = ['readers', 'others'].map((groupId) => ({
      groupId,
      topics: ['orders', 'bills'].map((name) => ({ name, partitionIndexes: [0] })),
    }))
    const answer = rig.ask(OffsetFetchRequest, OffsetFetchResponse, 8, { groups }, alice)
    assert.deepEqual(
      answer.groups.map(({ groupId, errorCode, topics }) => [
        groupId,
        errorCode,
        topics.map(({ name, partitions }) => [name, partitions[0]!.errorCode]),
      ]),
      [
        [
          'readers',
          NONE,
          [
            ['orders', NONE],
            ['bills', TOPIC_AUTHORIZATION_FAILED],
          ],
        ],
        ['others', GROUP_AUTHORIZATION_FAILED, []],
      ],
    )
  })

  it('loses its connection if it listens to no answer and writes what it may not', () => {
    const { rig, alice } = openRig()
    const topicData = [{ name: 'orders', partitionData: [{ index: 0, records: batch([1]) }] }]
    alice.ask(ProduceRequest, ProduceResponse, 9, { acks: 0, topicData }, () => assert.fail('there is no answer'))
    rig.run(50)
    assert.ok(!alice.open)
    assert.match(rig.log.join(), /User:alice may not write to orders/)
  })

  it('finds by a regular expression only topics that it may know of, at once when that changes, and the same after a restart', () => {
    const { rig, alice } = openRig()
    create(
      rig,
      { resourceType: ResourceType.group, resourceName: 'g' },
      { resourceName: 'orders', operation: Operation.describe },
    )
    const beat = (client: KafkaLink, more: object) => {
      const asked = { groupId: 'g', memberId: 'A', memberEpoch: 0, ...more }
      return rig.ask(ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, 1, asked, client)
    }
    const topicsIn = ({ assignment }: ReturnType<typeof beat>) =>
      assignment?.topicPartitions.map(({ topicId }) => rig.topics.byId.get(topicId)!.name).sort() ?? null
    const first = beat(alice, { rebalanceTimeoutMs: 10_000, topicPartitions: [], subscribedTopicRegex: '.*' })
    assert.equal(first.errorCode, NONE)
    assert.deepEqual(topicsIn(first), ['orders'])
    create(rig, { resourceName: 'bills', operation: Operation.describe })
    rig.run(1_100)
    const second = beat(alice, { memberEpoch: first.memberEpoch })
    assert.deepEqual(topicsIn(second), ['bills', 'orders'])
    rig.ask(CreateTopicsRequest, CreateTopicsResponse, 5, {
      topics: [{ name: 'secret', numPartitions: 1, replicationFactor: 1 }],
    })
    rig.restart()
    const third = beat(logIn(rig), { memberEpoch: second.memberEpoch })
    assert.deepEqual([third.errorCode, third.memberEpoch, topicsIn(third)], [NONE, second.memberEpoch, null])
  })

  it('is asked about every API there is', () => {
    const unguarded = APIS.filter(({ key }) => !GUARDS.has(key)).map(({ name }) => name)
    assert.deepEqual(unguarded, [])
  })
})

describe('ACLs', () => {
  it('are described, and survive the loss of power', () => {
    const { rig } = openRig()
    create(rig, {}, { operation: Operation.write, host: '10.0.0.1' }, { resourceName: 'b', resourcePatternType: 4 })
    rig.ask(DeleteAclsRequest, DeleteAclsResponse, 3, {
      filters: [{ ...ANYTHING, resourceNameFilter: 'b' }],
    })
    rig.restart()
    const { resources } = rig.ask(DescribeAclsRequest, DescribeAclsResponse, 3, ANYTHING)
    assert.deepEqual(resources, [
      {
        resourceType: ResourceType.topic,
        resourceName: 'orders',
        patternType: PatternType.literal,
        acls: [
          { principal: 'User:alice', host: '*', operation: Operation.read, permissionType: PermissionType.allow },
          {
            principal: 'User:alice',
            host: '10.0.0.1',
            operation: Operation.write,
            permissionType: PermissionType.allow,
          },
        ],
      },
    ])
  })

  it('are refused as Kafka refuses them', () => {
    const { rig } = openRig()
    const messages = create(
      rig,
      { resourceType: ResourceType.cluster },
      { resourceName: '' },
      { operation: 99 },
      { resourceType: 99 },
      { principal: 'alice' },
      { principal: 'Group:any' },
    ).map(({ errorCode, errorMessage }) => (errorCode === ErrorCode.INVALID_REQUEST ? errorMessage : errorCode))
    assert.deepEqual(messages, [
      `The only valid name for the CLUSTER resource is ${CLUSTER}`,
      'Invalid empty resource name',
      'Invalid operation UNKNOWN',
      'Invalid resourceType UNKNOWN',
      'Could not parse principal from `alice` (no colon is present separating the principal type from the principal name)',
      NONE,
    ])
    assert.deepEqual(
      create(rig, {}, { operation: Operation.any }).map(({ errorCode }) => errorCode),
      [ErrorCode.UNKNOWN_SERVER_ERROR, ErrorCode.UNKNOWN_SERVER_ERROR],
    )
  })

  it('are not there without an authorizer, and that is said', () => {
    const rig = new KafkaRig()
    const [answer] = create(rig, {})
    assert.deepEqual(
      [answer!.errorCode, answer!.errorMessage],
      [ErrorCode.SECURITY_DISABLED, 'No Authorizer is configured.'],
    )
  })
})
