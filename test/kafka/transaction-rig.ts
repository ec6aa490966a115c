import assert from 'node:assert/strict'
import { transactionalBatch } from '../../sim/kafka/batch.ts'
import { createTopic } from '../../src/broker/topic/create.ts'
import type { TransactionOptions } from '../../src/broker/transaction/transactions.ts'
import { AddOffsetsToTxnRequest, AddOffsetsToTxnResponse } from '../../src/wire/kafka/messages/add-offsets-to-txn.ts'
import {
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
} from '../../src/wire/kafka/messages/add-partitions-to-txn.ts'
import { EndTxnRequest, EndTxnResponse } from '../../src/wire/kafka/messages/end-txn.ts'
import { FetchRequest, FetchResponse } from '../../src/wire/kafka/messages/fetch.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from '../../src/wire/kafka/messages/init-producer-id.ts'
import { ListOffsetsRequest, ListOffsetsResponse } from '../../src/wire/kafka/messages/list-offsets.ts'
import { OffsetFetchRequest, OffsetFetchResponse } from '../../src/wire/kafka/messages/offset-fetch.ts'
import { ProduceRequest, ProduceResponse } from '../../src/wire/kafka/messages/produce.ts'
import { TxnOffsetCommitRequest, TxnOffsetCommitResponse } from '../../src/wire/kafka/messages/txn-offset-commit.ts'
import type { Slice } from '../../src/wire/kafka/schema.ts'
import { KafkaRig } from './rig.ts'

/** A broker with the topic `t`, and producers with transactional ids. */
export class TransactionRig extends KafkaRig {
  constructor(partitions = 2, options: Partial<TransactionOptions> = {}) {
    super({}, {}, options)
    this.run(5)
    assert.ok(createTopic(this.topics, { name: 't', partitions, configs: new Map() }).ok)
  }

  producer(transactionalId: string, timeoutMs = 60_000): TransactionalProducer {
    const producer = new TransactionalProducer(this, transactionalId, timeoutMs)
    assert.equal(producer.init(), 0)
    return producer
  }

  /** What a reader of one partition of `t` gets from an offset on. */
  read(partition: number, fetchOffset = 0, isolationLevel = 1) {
    const partitions = [{ partition, fetchOffset, partitionMaxBytes: 1 << 20 }]
    const request = {
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 1 << 26,
      isolationLevel,
      topics: [{ topic: 't', partitions }],
    }
    return this.ask(FetchRequest, FetchResponse, 12, request).responses[0]!.partitions[0]!
  }

  latest(partition: number, isolationLevel: number): number {
    const topics = [{ name: 't', partitions: [{ partitionIndex: partition, timestamp: -1 }] }]
    return this.ask(ListOffsetsRequest, ListOffsetsResponse, 8, { isolationLevel, topics }).topics[0]!.partitions[0]!
      .offset
  }

  /** The committed offset of a group in partition 0 of `t`, or the name of an error. */
  committed(groupId: string, requireStable = false): [offset: number, errorCode: number] {
    const topics = [{ name: 't', partitionIndexes: [0] }]
    const request = { requireStable, groups: [{ groupId, topics }] }
    const told = this.ask(OffsetFetchRequest, OffsetFetchResponse, 9, request).groups[0]!.topics[0]!.partitions[0]!
    return [told.committedOffset, told.errorCode]
  }
}

/** A producer with a transactional id; `version` 2 is that of KIP-890. */
export class TransactionalProducer {
  id = -1
  epoch = -1
  readonly transactionalId: string
  private readonly rig: TransactionRig
  private readonly timeoutMs: number
  private readonly sequences = new Map<number, number>()

  constructor(rig: TransactionRig, transactionalId: string, timeoutMs: number) {
    this.rig = rig
    this.transactionalId = transactionalId
    this.timeoutMs = timeoutMs
  }

  init(producerId = -1, producerEpoch = -1): number {
    const { transactionalId, timeoutMs: transactionTimeoutMs } = this
    const request = { transactionalId, transactionTimeoutMs, producerId, producerEpoch }
    const answer = this.rig.ask(InitProducerIdRequest, InitProducerIdResponse, 5, request)
    if (answer.errorCode === 0) this.take(answer.producerId, answer.producerEpoch)
    return answer.errorCode
  }

  private take(id: number, epoch: number): void {
    this.id = id
    this.epoch = epoch
    this.sequences.clear()
  }

  private get who() {
    return { transactionalId: this.transactionalId, producerId: this.id, producerEpoch: this.epoch }
  }

  batch(partition: number, ids: readonly number[]): Slice {
    const baseSequence = this.sequences.get(partition) ?? 0
    const bytes = transactionalBatch({ producerId: this.id, producerEpoch: this.epoch, baseSequence, ids }, 1000)
    return { bytes, at: 0, length: bytes.length }
  }

  /** Produces records with these numbers; version 12 and later adds the partition by itself. */
  send(partition: number, ids: readonly number[], version = 12): number {
    const records = this.batch(partition, ids)
    const topicData = [{ name: 't', partitionData: [{ index: partition, records }] }]
    const request = { transactionalId: this.transactionalId, acks: -1, timeoutMs: 1000, topicData }
    const { errorCode } = this.rig.ask(ProduceRequest, ProduceResponse, version, request).responses[0]!
      .partitionResponses[0]!
    if (errorCode === 0) this.sequences.set(partition, (this.sequences.get(partition) ?? 0) + ids.length)
    return errorCode
  }

  add(...partitions: number[]): number {
    const request = {
      v3AndBelowTransactionalId: this.transactionalId,
      v3AndBelowProducerId: this.id,
      v3AndBelowProducerEpoch: this.epoch,
      v3AndBelowTopics: [{ name: 't', partitions }],
    }
    const answer = this.rig.ask(AddPartitionsToTxnRequest, AddPartitionsToTxnResponse, 3, request)
    return answer.resultsByTopicV3AndBelow[0]!.resultsByPartition[0]!.partitionErrorCode
  }

  addOffsets(groupId: string): number {
    return this.rig.ask(AddOffsetsToTxnRequest, AddOffsetsToTxnResponse, 4, { ...this.who, groupId }).errorCode
  }

  commitOffset(groupId: string, committedOffset: number, version = 5): number {
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, committedOffset }] }]
    const answer = this.rig.ask(TxnOffsetCommitRequest, TxnOffsetCommitResponse, version, {
      ...this.who,
      groupId,
      topics,
    })
    return answer.topics[0]!.partitions[0]!.errorCode
  }

  end(committed: boolean, version = 5): number {
    const answer = this.rig.ask(EndTxnRequest, EndTxnResponse, version, { ...this.who, committed })
    if (answer.errorCode === 0 && version >= 5) this.take(answer.producerId, answer.producerEpoch)
    return answer.errorCode
  }
}
