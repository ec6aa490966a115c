import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorCode } from '../../src/wire/kafka/errors.ts'
import {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
} from '../../src/wire/kafka/messages/describe-topic-partitions.ts'
import { FetchRequest, FetchResponse } from '../../src/wire/kafka/messages/fetch.ts'
import { FindCoordinatorRequest, FindCoordinatorResponse } from '../../src/wire/kafka/messages/find-coordinator.ts'
import { MetadataRequest, MetadataResponse } from '../../src/wire/kafka/messages/metadata.ts'
import { ProduceRequest, ProduceResponse } from '../../src/wire/kafka/messages/produce.ts'
import { batch, KafkaRig } from './rig.ts'

const OFFSETS = '__consumer_offsets'
const TRANSACTIONS = '__transaction_state'

function find(rig: KafkaRig, keyType: number, coordinatorKeys = ['k']) {
  return rig.ask(FindCoordinatorRequest, FindCoordinatorResponse, 4, { keyType, coordinatorKeys })
}

function internals(rig: KafkaRig) {
  const { topics } = rig.ask(MetadataRequest, MetadataResponse, 9, { topics: null })
  return topics.map(({ name, isInternal, partitions }) => [name, isInternal, partitions.length])
}

describe('Kafka’s internal topics', () => {
  it('come when a coordinator is first looked for, and stay', () => {
    const rig = new KafkaRig()
    assert.deepEqual(internals(rig), [])
    find(rig, 0)
    assert.deepEqual(internals(rig), [[OFFSETS, true, 50]])
    find(rig, 1)
    find(rig, 0)
    const both = [
      [OFFSETS, true, 50],
      [TRANSACTIONS, true, 50],
    ]
    assert.deepEqual(internals(rig), both)
    rig.restart()
    assert.deepEqual(internals(rig), both)
    const asked = { topics: [{ name: OFFSETS }], responsePartitionLimit: 1 }
    const { topics } = rig.ask(DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse, 0, asked)
    assert.equal(topics[0]!.isInternal, true)
  })

  it('do not come with a question about no coordinator', () => {
    const rig = new KafkaRig()
    find(rig, 0, [])
    find(rig, 2)
    assert.deepEqual(internals(rig), [])
  })

  it('can be read, and not written to', () => {
    const rig = new KafkaRig()
    find(rig, 0)
    const topicData = [{ name: OFFSETS, partitionData: [{ index: 0, records: batch([1]) }] }]
    const { responses } = rig.ask(ProduceRequest, ProduceResponse, 9, { acks: -1, topicData })
    const { errorCode, errorMessage } = responses[0]!.partitionResponses[0]!
    assert.equal(errorCode, ErrorCode.INVALID_TOPIC_EXCEPTION)
    assert.equal(errorMessage, `Cannot append to internal topic ${OFFSETS}`)
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }]
    const asked = { maxWaitMs: 0, topics: [{ topic: OFFSETS, partitions }], rackId: '' }
    const read = rig.ask(FetchRequest, FetchResponse, 11, asked).responses[0]!.partitions[0]!
    assert.deepEqual([read.errorCode, read.highWatermark], [ErrorCode.NONE, 0])
  })
})
