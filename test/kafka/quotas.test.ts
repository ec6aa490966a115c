import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorCode } from '../../src/wire/kafka/errors.ts'
import {
  AlterClientQuotasRequest,
  AlterClientQuotasResponse,
} from '../../src/wire/kafka/messages/alter-client-quotas.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../../src/wire/kafka/messages/create-topics.ts'
import { DeleteTopicsRequest, DeleteTopicsResponse } from '../../src/wire/kafka/messages/delete-topics.ts'
import {
  DescribeClientQuotasRequest,
  DescribeClientQuotasResponse,
} from '../../src/wire/kafka/messages/describe-client-quotas.ts'
import { FetchRequest, FetchResponse } from '../../src/wire/kafka/messages/fetch.ts'
import { MetadataRequest, MetadataResponse } from '../../src/wire/kafka/messages/metadata.ts'
import { ProduceRequest, ProduceResponse } from '../../src/wire/kafka/messages/produce.ts'
import { batch, KafkaRig } from './rig.ts'

type Entity = Readonly<Record<string, string | null>>

function alter(rig: KafkaRig, entity: Entity, values: Readonly<Record<string, number | null>>, validateOnly = false) {
  const entries = [
    {
      entity: Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName })),
      ops: Object.entries(values).map(([key, value]) => ({ key, value: value ?? 0, remove: value === null })),
    },
  ]
  const asked = { entries, validateOnly }
  return rig.ask(AlterClientQuotasRequest, AlterClientQuotasResponse, 1, asked).entries[0]!
}

function describeAll(rig: KafkaRig) {
  const { entries } = rig.ask(DescribeClientQuotasRequest, DescribeClientQuotasResponse, 1, { components: [] })
  return entries!.map(({ entity, values }) => [
    Object.fromEntries(entity.map(({ entityType, entityName }) => [entityType, entityName])),
    Object.fromEntries(values.map(({ key, value }) => [key, value])),
  ])
}

function rigWithTopic(): KafkaRig {
  const rig = new KafkaRig()
  create(rig, 'orders', 1)
  return rig
}

function create(rig: KafkaRig, name: string, numPartitions: number, version = 7) {
  const topics = [{ name, numPartitions, replicationFactor: 1 }]
  const answer = rig.ask(CreateTopicsRequest, CreateTopicsResponse, version, { topics })
  return { ...answer, errorCode: answer.topics[0]!.errorCode }
}

function produce(rig: KafkaRig, size: number) {
  const topicData = [{ name: 'orders', partitionData: [{ index: 0, records: batch([1], {}, size) }] }]
  return rig.ask(ProduceRequest, ProduceResponse, 9, { acks: -1, topicData }).throttleTimeMs
}

describe('a client that produces faster than its quota', () => {
  it('is told how long to wait, and not read from until then', () => {
    const rig = rigWithTopic()
    alter(rig, { 'client-id': 'sim' }, { producer_byte_rate: 1000 })
    assert.equal(produce(rig, 5000), 0)
    const ms = produce(rig, 10_000)
    assert.ok(ms > 4500 && ms < 6500, `${ms}`)
    const before = rig.topics.partitions.size
    let answered = false
    rig.client.ask(MetadataRequest, MetadataResponse, 9, { topics: [] }, () => {
      answered = true
    })
    rig.run(ms - 500)
    assert.equal(answered, false)
    rig.run(600)
    assert.equal(answered, true)
    assert.equal(rig.topics.partitions.size, before)
  })

  it('waits no more when the quota is gone', () => {
    const rig = rigWithTopic()
    alter(rig, { user: 'ANONYMOUS' }, { producer_byte_rate: 1000 })
    assert.ok(produce(rig, 20_000) > 0)
    rig.run(30_000)
    alter(rig, { user: 'ANONYMOUS' }, { producer_byte_rate: null })
    assert.equal(produce(rig, 50_000), 0)
    assert.equal(produce(rig, 50_000), 0)
  })
})

describe('a client that fetches faster than its quota', () => {
  it('gets as much as ten seconds are worth, and then nothing until it has waited', () => {
    const rig = rigWithTopic()
    for (let i = 0; i < 10; i++) produce(rig, 4000)
    alter(rig, { 'client-id': null }, { consumer_byte_rate: 2000 })
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 100_000 }]
    const asked = { maxBytes: 100_000, sessionEpoch: -1, topics: [{ topic: 'orders', partitions }] }
    const first = rig.ask(FetchRequest, FetchResponse, 12, asked)
    const bytes = first.responses[0]!.partitions[0]!.records!.length
    assert.ok(bytes > 4000 && bytes <= 20_000, `${bytes}`)
    const second = rig.ask(FetchRequest, FetchResponse, 12, asked)
    assert.ok(second.throttleTimeMs > 5000, `${second.throttleTimeMs}`)
    assert.deepEqual(second.responses, [])
    // What was not brought is not counted.
    rig.run(second.throttleTimeMs + 6000)
    const third = rig.ask(FetchRequest, FetchResponse, 12, asked)
    assert.equal(third.throttleTimeMs, 0)
    assert.equal(third.responses[0]!.partitions[0]!.records!.length, bytes)
  })
})

describe('a client that makes topics faster than its quota', () => {
  it('is refused, or only waits if it is an old one', () => {
    const rig = rigWithTopic()
    alter(rig, { user: 'ANONYMOUS' }, { controller_mutation_rate: 1 })
    const first = create(rig, 'first', 20)
    assert.equal(first.errorCode, ErrorCode.NONE)
    assert.ok(first.throttleTimeMs > 8000)
    rig.run(first.throttleTimeMs - 2000)
    // It was muted until now, and has tokens again.
    assert.equal(create(rig, 'second', 5).errorCode, ErrorCode.NONE)
    const asked = { topics: [{ name: 'third', numPartitions: 20, replicationFactor: 1 }] }
    const other = rig.connect()
    const third = rig.ask(CreateTopicsRequest, CreateTopicsResponse, 7, asked, other)
    assert.equal(third.topics[0]!.errorCode, ErrorCode.THROTTLING_QUOTA_EXCEEDED)
    assert.ok(third.throttleTimeMs > 0)
    const old = rig.ask(CreateTopicsRequest, CreateTopicsResponse, 5, asked, rig.connect())
    assert.equal(old.topics[0]!.errorCode, ErrorCode.NONE)
    assert.ok(old.throttleTimeMs > third.throttleTimeMs)
    const names = { topicNames: ['first'] }
    const gone = rig.ask(DeleteTopicsRequest, DeleteTopicsResponse, 5, names, rig.connect())
    assert.equal(gone.responses[0]!.errorCode, ErrorCode.THROTTLING_QUOTA_EXCEEDED)
    assert.ok(rig.topics.byName.has('first'))
  })
})

describe('quotas', () => {
  it('of a client that comes twice are changed as it is said first, and answered once, with an error', () => {
    const rig = new KafkaRig()
    const entry = (value: number) => ({
      entity: [{ entityType: 'user', entityName: 'a' }],
      ops: [{ key: 'producer_byte_rate', value, remove: false }],
    })
    const asked = { entries: [entry(1), entry(2)] }
    const { entries } = rig.ask(AlterClientQuotasRequest, AlterClientQuotasResponse, 1, asked)
    assert.deepEqual(
      entries.map(({ errorMessage }) => errorMessage),
      ['Ignoring duplicate entity ClientQuotaEntity(entries={user=a})'],
    )
    assert.deepEqual(describeAll(rig), [[{ user: 'a' }, { producer_byte_rate: 1 }]])
  })

  it('are altered one by one, described, and survive the loss of power', () => {
    const rig = new KafkaRig()
    alter(rig, { user: 'alice' }, { producer_byte_rate: 1000, request_percentage: 1.5 })
    alter(rig, { user: 'alice' }, { producer_byte_rate: null, consumer_byte_rate: 2000 })
    alter(rig, { 'client-id': 'app', user: null }, { controller_mutation_rate: 0.5 })
    alter(rig, { ip: '10.0.0.1' }, { connection_creation_rate: 5 })
    alter(rig, { ip: '10.0.0.1' }, { connection_creation_rate: null })
    alter(rig, { user: 'bob' }, { producer_byte_rate: 1 }, true)
    rig.restart()
    assert.deepEqual(describeAll(rig), [
      [{ user: 'alice' }, { request_percentage: 1.5, consumer_byte_rate: 2000 }],
      [{ 'client-id': 'app', user: null }, { controller_mutation_rate: 0.5 }],
    ])
  })

  for (const [what, entity, values, text] of [
    ['nobody', {}, { producer_byte_rate: 1 }, 'Invalid empty client quota entity'],
    ['an unknown kind', { group: 'x' }, { producer_byte_rate: 1 }, 'Unhandled client quota entity type: group'],
    ['an empty name', { user: '' }, { producer_byte_rate: 1 }, 'Empty user not supported'],
    ['what is no address', { ip: 'x' }, { connection_creation_rate: 1 }, 'x is not a valid IP or resolvable host.'],
    ['an unknown key', { user: 'u' }, { foo: 1 }, 'Invalid configuration key foo'],
    [
      'a key of another kind',
      { user: 'u' },
      { connection_creation_rate: 1 },
      'Invalid configuration key connection_creation_rate',
    ],
    ['nothing at all', { user: 'u' }, { producer_byte_rate: 0 }, 'Quota producer_byte_rate must be greater than 0'],
    [
      'two wrong values, of which the first in a hash table of two is told',
      { user: 'u' },
      { producer_byte_rate: -1, controller_mutation_rate: 0 },
      'Quota controller_mutation_rate must be greater than 0',
    ],
    ['half a byte', { user: 'u' }, { producer_byte_rate: 1.5 }, 'producer_byte_rate cannot be a fractional value.'],
  ] as const) {
    it(`for ${what} are refused as Kafka refuses them`, () => {
      const { errorCode, errorMessage } = alter(new KafkaRig(), entity, values)
      assert.deepEqual([errorCode, errorMessage], [ErrorCode.INVALID_REQUEST, text])
    })
  }

  it('cost nothing where there are none', () => {
    const rig = rigWithTopic()
    assert.equal(produce(rig, 100_000), 0)
    assert.equal(produce(rig, 100_000), 0)
  })
})
