import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorCode } from '../../src/wire/kafka/errors.ts'
import { ApiVersionsRequest, ApiVersionsResponse } from '../../src/wire/kafka/messages/api-versions.ts'
import { CreatePartitionsRequest, CreatePartitionsResponse } from '../../src/wire/kafka/messages/create-partitions.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../../src/wire/kafka/messages/create-topics.ts'
import { DeleteTopicsRequest, DeleteTopicsResponse } from '../../src/wire/kafka/messages/delete-topics.ts'
import { DescribeConfigsRequest, DescribeConfigsResponse } from '../../src/wire/kafka/messages/describe-configs.ts'
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../src/wire/kafka/messages/incremental-alter-configs.ts'
import { MetadataRequest, MetadataResponse } from '../../src/wire/kafka/messages/metadata.ts'
import { KafkaRig } from './rig.ts'

type Config = { name: string; value: string | null }

function create(rig: KafkaRig, name: string, numPartitions = 1, configs: Config[] = [], replicationFactor = 1) {
  const topics = [{ name, numPartitions, replicationFactor, configs }]
  return rig.ask(CreateTopicsRequest, CreateTopicsResponse, 7, { topics }).topics[0]!
}

function metadata(rig: KafkaRig, names: string[] | null, allowAutoTopicCreation = false) {
  const topics = names === null ? null : names.map((name) => ({ name }))
  return rig.ask(MetadataRequest, MetadataResponse, 12, { topics, allowAutoTopicCreation }).topics
}

function configOf(rig: KafkaRig, resourceName: string, name: string) {
  const resources = [{ resourceType: 2, resourceName, configurationKeys: [name] }]
  const asked = { resources, includeSynonyms: true }
  return rig.ask(DescribeConfigsRequest, DescribeConfigsResponse, 4, asked).results[0]!.configs[0]!
}

describe('ApiVersions', () => {
  it('tells every version that is served, and answers each of its own', () => {
    const rig = new KafkaRig()
    for (let version = 0; version <= 4; version++) {
      const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1.0' }
      const { errorCode, apiKeys } = rig.ask(ApiVersionsRequest, ApiVersionsResponse, version, software)
      assert.equal(errorCode, 0)
      const produce = apiKeys.find(({ apiKey }) => apiKey === 0)!
      assert.deepEqual([produce.minVersion, produce.maxVersion], [0, 13])
    }
  })

  it('answers a version it does not know in version 0, with its range', () => {
    const rig = new KafkaRig()
    const wire = rig.wire()
    const got: number[] = []
    wire.onBytes = (bytes) => got.push(...bytes)
    wire.send(Uint8Array.from([0, 0, 0, 10, 0, 18, 0, 99, 0, 0, 0, 7, 0xff, 0xff]))
    rig.run(50)
    assert.deepEqual(got, [0, 0, 0, 16, 0, 0, 0, 7, 0, 35, 0, 0, 0, 1, 0, 18, 0, 0, 0, 4])
    assert.ok(wire.open)
  })
})

describe('a connection', () => {
  for (const [what, text, told] of [
    ['HTTP', 'GET / HTTP/1.1\r\n', /HTTP/],
    ['AMQP', 'AMQP\0\0\x09\x01', /AMQP/],
    ['a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01', /TLS/],
    ['a size that no request has', '\0\0\0\x02\0\0', /2 bytes/],
    ['an API that is not served', '\0\0\0\x0a\x03\xe7\0\0\0\0\0\x01\xff\xff', /key 999/],
    ['a length that lies', '\0\0\0\x0e\0\x03\0\0\0\0\0\x01\xff\xff\x7f\xff\xff\xff', /malformed/],
  ] as const) {
    it(`is closed at ${what}, and the operator told`, () => {
      const rig = new KafkaRig()
      const wire = rig.wire()
      let closed = false
      wire.onBytes = () => assert.fail('there is no answer')
      wire.onClosed = () => {
        closed = true
      }
      wire.send(Buffer.from(text, 'latin1'))
      rig.run(100)
      assert.ok(closed)
      assert.match(rig.log.join(), told)
    })
  }
})

describe('a client that has left without a word', () => {
  it('loses its connection after ten minutes', () => {
    const rig = new KafkaRig()
    metadata(rig, null)
    rig.run(500_000)
    assert.ok(rig.client.open)
    metadata(rig, null)
    rig.run(500_000)
    assert.ok(rig.client.open)
    rig.run(300_000)
    assert.equal(rig.client.open, false)
  })
})

describe('topics', () => {
  it('are there with their ids and partitions, also after a power loss', () => {
    const rig = new KafkaRig()
    const created = create(rig, 'orders', 3)
    assert.equal(created.errorCode, 0)
    assert.equal(created.numPartitions, 3)
    rig.restart()
    const [topic] = metadata(rig, ['orders'])!
    assert.equal(topic!.topicId, created.topicId)
    assert.deepEqual(
      topic!.partitions.map(({ partitionIndex }) => partitionIndex),
      [0, 1, 2],
    )
  })

  it('come into being a moment after a client asks for them, if it allows it', () => {
    const rig = new KafkaRig({ defaultPartitions: 2 })
    assert.equal(metadata(rig, ['new'])![0]!.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    assert.equal(metadata(rig, ['new'])![0]!.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'nobody allowed it')
    assert.equal(metadata(rig, ['new'], true)[0]!.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    assert.equal(metadata(rig, ['new'], true)[0]!.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'not yet')
    rig.run(50)
    const [topic] = metadata(rig, ['new'], true)
    assert.equal(topic!.errorCode, 0)
    assert.equal(topic!.partitions.length, 2)
    assert.equal(metadata(rig, ['no good'], true)[0]!.errorCode, ErrorCode.INVALID_TOPIC_EXCEPTION)
  })

  it('are refused with the code that says why', () => {
    const rig = new KafkaRig()
    create(rig, 'a.b')
    assert.equal(create(rig, 'a.b').errorCode, ErrorCode.TOPIC_ALREADY_EXISTS)
    assert.equal(create(rig, 'a_b').errorCode, ErrorCode.INVALID_TOPIC_EXCEPTION, 'collides with a.b')
    assert.equal(create(rig, '..').errorCode, ErrorCode.INVALID_TOPIC_EXCEPTION)
    assert.equal(create(rig, 'x'.repeat(250)).errorCode, ErrorCode.INVALID_TOPIC_EXCEPTION)
    assert.equal(create(rig, 'c', 0).errorCode, ErrorCode.INVALID_PARTITIONS)
    assert.equal(create(rig, 'c', 20_000).errorCode, ErrorCode.POLICY_VIOLATION)
    assert.equal(create(rig, 'c', 1, [], 3).errorCode, ErrorCode.INVALID_REPLICATION_FACTOR)
    for (const [name, value] of [
      ['retention.ms', 'long'],
      ['retention.ms', '-2'],
      ['cleanup.policy', 'shrink'],
      ['compression.type', 'zip'],
      ['segment.bytes', '1000'],
      ['toString', '1'],
    ] as const) {
      assert.equal(create(rig, 'c', 1, [{ name, value }]).errorCode, ErrorCode.INVALID_CONFIG, `${name}=${value}`)
    }
    assert.equal(metadata(rig, null).length, 1)
  })

  it('grow, and never shrink', () => {
    const rig = new KafkaRig()
    create(rig, 't', 2)
    const grow = (count: number) =>
      rig.ask(CreatePartitionsRequest, CreatePartitionsResponse, 3, {
        topics: [{ name: 't', count, assignments: null }],
        timeoutMs: 1000,
      }).results[0]!.errorCode
    assert.equal(grow(4), 0)
    assert.equal(grow(4), ErrorCode.INVALID_PARTITIONS)
    assert.equal(grow(1), ErrorCode.INVALID_PARTITIONS)
    rig.restart()
    assert.equal(metadata(rig, ['t'])![0]!.partitions.length, 4)
  })

  it('that were deleted do not come back, and their name is free for another', () => {
    const rig = new KafkaRig()
    const first = create(rig, 't')
    const topics = [{ name: null, topicId: first.topicId }]
    const deleted = rig.ask(DeleteTopicsRequest, DeleteTopicsResponse, 6, { topics }).responses[0]!
    assert.deepEqual([deleted.errorCode, deleted.name], [0, 't'])
    const again = rig.ask(DeleteTopicsRequest, DeleteTopicsResponse, 6, { topics }).responses[0]!
    assert.equal(again.errorCode, ErrorCode.UNKNOWN_TOPIC_ID)
    rig.restart()
    assert.equal(metadata(rig, null).length, 0)
    assert.notEqual(create(rig, 't').topicId, first.topicId)
  })

  it('have settings that can be changed one by one, and told with where they come from', () => {
    const rig = new KafkaRig()
    create(rig, 't', 1, [{ name: 'retention.bytes', value: '1000' }])
    const change = (name: string, configOperation: number, value: string | null) =>
      rig.ask(IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse, 1, {
        resources: [{ resourceType: 2, resourceName: 't', configs: [{ name, configOperation, value }] }],
      }).responses[0]!.errorCode
    assert.equal(change('max.message.bytes', 0, '2000'), 0)
    assert.equal(change('retention.bytes', 1, null), 0)
    assert.equal(change('max.message.bytes', 2, '1'), ErrorCode.INVALID_CONFIG)
    rig.restart()
    const own = configOf(rig, 't', 'max.message.bytes')
    assert.deepEqual([own.value, own.configSource], ['2000', 1])
    assert.deepEqual(own.synonyms, [
      { name: 'max.message.bytes', value: '2000', source: 1 },
      { name: 'message.max.bytes', value: '1048588', source: 5 },
    ])
    const inherited = configOf(rig, 't', 'retention.bytes')
    assert.deepEqual([inherited.value, inherited.configSource], ['-1', 5])
    assert.equal(rig.topics.byName.get('t')!.settings.maxMessageBytes, 2000)
  })
})
