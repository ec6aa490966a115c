import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTopic } from '../../src/broker/topic/create.ts'
import { AlterConfigsRequest, AlterConfigsResponse } from '../../src/wire/kafka/messages/alter-configs.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../../src/wire/kafka/messages/create-topics.ts'
import { DescribeConfigsRequest, DescribeConfigsResponse } from '../../src/wire/kafka/messages/describe-configs.ts'
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../src/wire/kafka/messages/incremental-alter-configs.ts'
import {
  ListConfigResourcesRequest,
  ListConfigResourcesResponse,
} from '../../src/wire/kafka/messages/list-config-resources.ts'
import { CREATES, INCREMENTS, REPLACEMENTS } from './config-cases.ts'
import { KafkaRig } from './rig.ts'

function rigWithTopic(): KafkaRig {
  const rig = new KafkaRig()
  rig.run(5)
  assert.ok(createTopic(rig.topics, { name: 't', partitions: 1, configs: new Map() }).ok)
  return rig
}

function alter(
  rig: KafkaRig,
  resourceType: number,
  resourceName: string,
  ops: readonly (readonly [name: string, configOperation: number, value: string | null])[],
  validateOnly = false,
): [number, string | null] {
  const configs = ops.map(([name, configOperation, value]) => ({ name, configOperation, value }))
  const { responses } = rig.ask(IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse, 1, {
    resources: [{ resourceType, resourceName, configs }],
    validateOnly,
  })
  return [responses[0]!.errorCode, responses[0]!.errorMessage]
}

function described(rig: KafkaRig, resourceType: number, resourceName: string, name: string) {
  const { results } = rig.ask(DescribeConfigsRequest, DescribeConfigsResponse, 4, {
    resources: [{ resourceType, resourceName, configurationKeys: [name] }],
    includeSynonyms: true,
    includeDocumentation: true,
  })
  return results[0]!.configs[0]!
}

describe('what a real Kafka says about settings', () => {
  it('is said here where a topic is created with them', () => {
    const rig = rigWithTopic()
    for (const [name, value, code, text] of CREATES) {
      const topics = [{ name: 'new', numPartitions: 1, replicationFactor: 1, configs: [{ name, value }] }]
      const request = { topics, timeoutMs: 1000, validateOnly: true }
      const [answer] = rig.ask(CreateTopicsRequest, CreateTopicsResponse, 7, request).topics
      assert.deepEqual([answer!.errorCode, answer!.errorMessage], [code, text], `${name}=${value}`)
    }
  })

  it('is said here where they are changed one by one', () => {
    const rig = rigWithTopic()
    for (const [type, name, ops, check, code, text] of INCREMENTS) {
      assert.deepEqual(alter(rig, type, name, ops, check), [code, text], `${type} ${name} ${ops.join(' ')}`)
    }
  })

  it('is said here where they are all replaced', () => {
    const rig = rigWithTopic()
    for (const [resourceType, resourceName, configs, validateOnly, code, text] of REPLACEMENTS) {
      const resource = { resourceType, resourceName, configs: configs.map(([name, value]) => ({ name, value })) }
      const request = { resources: [resource], validateOnly }
      const [answer] = rig.ask(AlterConfigsRequest, AlterConfigsResponse, 2, request).responses
      assert.deepEqual([answer!.errorCode, answer!.errorMessage], [code, text], `${resourceType} ${resourceName}`)
    }
  })
})

describe('of several settings that are wrong', () => {
  const first = (resourceType: number, name: string, names: readonly string[]) => {
    const text = alter(
      rigWithTopic(),
      resourceType,
      name,
      names.map((one) => [one, 0, 'x y']),
    )[1]!
    return names.filter((one) => text.includes(` ${one}`)).sort((a, b) => b.length - a.length)[0]
  }

  it('the first of Kafka’s list is told, whatever their order in the request', () => {
    assert.equal(first(2, 't', ['retention.ms', 'cleanup.policy', 'segment.bytes']), 'segment.bytes')
    assert.equal(first(2, 't', ['local.retention.ms', 'remote.storage.enable', 'preallocate']), 'preallocate')
    assert.equal(
      first(32, 'g', ['share.isolation.level', 'consumer.heartbeat.interval.ms']),
      'consumer.heartbeat.interval.ms',
    )
  })

  it('a name that is none is told before a value, and of several that which lies first in a hash table', () => {
    assert.equal(first(2, 't', ['segment.bytes', 'zzz', 'bar', 'no.such.a']), 'bar')
    assert.equal(first(2, 't', ['x.y.z', 'retention', 'gamma.ray']), 'gamma.ray')
    assert.equal(first(32, 'g', ['bar', 'alpha', 'foo']), 'foo')
  })
})

describe('settings that are not a topic’s', () => {
  it('last, are told with where they come from, and are what topics without their own have', () => {
    const rig = rigWithTopic()
    assert.deepEqual(alter(rig, 4, '', [['log.retention.ms', 0, '5000']]), [0, null])
    assert.deepEqual(alter(rig, 4, '1', [['message.max.bytes', 0, '3000']]), [0, null])
    assert.deepEqual(alter(rig, 16, 'metrics', [['interval.ms', 0, '1000']]), [0, null])
    assert.deepEqual(alter(rig, 32, 'group', [['share.isolation.level', 0, 'read_committed']]), [0, null])
    rig.restart()
    const { settings } = rig.topics.byName.get('t')!
    assert.deepEqual([settings.retentionMs, settings.maxMessageBytes], [5000, 3000])
    const size = described(rig, 2, 't', 'max.message.bytes')
    assert.deepEqual([size.value, size.configSource], ['3000', 2])
    assert.deepEqual(size.synonyms, [
      { name: 'message.max.bytes', value: '3000', source: 2 },
      { name: 'message.max.bytes', value: '1048588', source: 5 },
    ])
    assert.ok(size.documentation!.length > 10)
    assert.deepEqual(described(rig, 4, '1', 'log.retention.ms').configSource, 3)
    assert.equal(described(rig, 16, 'metrics', 'interval.ms').configSource, 7)
    assert.equal(described(rig, 32, 'group', 'share.isolation.level').value, 'read_committed')
    const all = rig.ask(ListConfigResourcesRequest, ListConfigResourcesResponse, 1, { resourceTypes: [] })
    assert.deepEqual(
      all.configResources.map(({ resourceType, resourceName }) => [resourceType, resourceName]),
      [
        [32, 'group'],
        [16, 'metrics'],
        [8, '1'],
        [4, '1'],
        [2, 't'],
      ],
    )
    assert.deepEqual(alter(rig, 4, '1', [['message.max.bytes', 1, null]]), [0, null])
    assert.equal(rig.topics.byName.get('t')!.settings.maxMessageBytes, 1048588)
  })
})
