import { touch, verify, type Worker } from '../../broker/transaction/touch.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import {
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
} from '../../wire/kafka/messages/add-partitions-to-txn.ts'
import type { Decoded } from '../../wire/kafka/schema.ts'
import { api } from '../api.ts'
import type { Front } from '../front.ts'
import { codeFor, TRANSACTION_CODES } from './refusals.ts'

/*
 * AddPartitionsToTxn, 0 to 5: producers speak 0 to 3, all of one transaction or nothing of it. From version 4 on brokers ask each other, for several
 * transactions, and may only ask whether partitions were added.
 */

type Topics = Decoded<typeof AddPartitionsToTxnRequest>['v3AndBelowTopics']

export const addPartitionsToTxn = api(
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
  { from: 0, to: 5, writes: true },
  (request, call) => {
    const { front, version } = call
    if (version < 4) {
      const worker = {
        transactionalId: request.v3AndBelowTransactionalId,
        producerId: request.v3AndBelowProducerId,
        producerEpoch: request.v3AndBelowProducerEpoch,
      }
      call.reply({ resultsByTopicV3AndBelow: add(front, worker, request.v3AndBelowTopics, version >= 2) })
      return
    }
    const resultsByTransaction = request.transactions.map((one) => ({
      transactionalId: one.transactionalId,
      topicResults: one.verifyOnly ? check(front, one, one.topics) : add(front, one, one.topics, true),
    }))
    call.reply({ resultsByTransaction })
  },
)

/** Adds all, or says of each partition what keeps it out. */
function add(front: Front, worker: Worker, topics: Topics, knowsFenced: boolean) {
  const ids: number[] = []
  const unknown = answers(topics, (name, number) => {
    const id = front.topics.byName.get(name)?.partitions[number]?.id
    if (id !== undefined) ids.push(id)
    return id === undefined ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.OPERATION_NOT_ATTEMPTED
  })
  const count = topics.reduce((sum, { partitions }) => sum + partitions.length, 0)
  if (ids.length < count) return unknown
  const refusal = touch(front.transactions, worker, [...new Set(ids)], [])
  const errorCode = refusal === null ? ErrorCode.NONE : codeFor(refusal, knowsFenced)
  return answers(topics, () => errorCode)
}

function check(front: Front, worker: Worker, topics: Topics) {
  return answers(topics, (name, number) => {
    const id = front.topics.byName.get(name)?.partitions[number]?.id
    if (id === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    const refusal = verify(front.transactions, worker, id)
    return refusal === null ? ErrorCode.NONE : TRANSACTION_CODES[refusal]
  })
}

function answers(topics: Topics, codeOf: (topic: string, partition: number) => number) {
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({
      partitionIndex,
      partitionErrorCode: codeOf(name, partitionIndex),
    })),
  }))
}
