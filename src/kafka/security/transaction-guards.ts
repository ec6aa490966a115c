import { Operation, ResourceType } from '../../core/access/acl.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import { AddOffsetsToTxnRequest, AddOffsetsToTxnResponse } from '../../wire/kafka/messages/add-offsets-to-txn.ts'
import {
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
} from '../../wire/kafka/messages/add-partitions-to-txn.ts'
import {
  DescribeTransactionsRequest,
  DescribeTransactionsResponse,
} from '../../wire/kafka/messages/describe-transactions.ts'
import { EndTxnRequest, EndTxnResponse } from '../../wire/kafka/messages/end-txn.ts'
import { ListTransactionsRequest, ListTransactionsResponse } from '../../wire/kafka/messages/list-transactions.ts'
import { TxnOffsetCommitRequest, TxnOffsetCommitResponse } from '../../wire/kafka/messages/txn-offset-commit.ts'
import { WriteTxnMarkersRequest, WriteTxnMarkersResponse } from '../../wire/kafka/messages/write-txn-markers.ts'
import type { Ask } from './authorizer.ts'
import { mayOnGroup } from './group-guards.ts'
import { DENIED, type Guard, guard, mayOnCluster, split, whole } from './guard.ts'
import { mayOnTopic } from './topic-guards.ts'

/* Transactions: who writes in one may use the transactional id, and each topic and group beside it. */

const { write, read, describe, alter, clusterAction } = Operation
const { errorCode: ID_DENIED } = DENIED.transactionalId

function mayUse(ask: Ask, operation: number, transactionalId: string): boolean {
  return ask.may(operation, ResourceType.transactionalId, transactionalId)
}

/** Brokers ask each other from version 4 on. A producer may add all of its partitions, or adds none. */
const addPartitions = guard(AddPartitionsToTxnRequest, AddPartitionsToTxnResponse, (request, ask, call) => {
  if (call.version >= 4) {
    if (mayOnCluster(ask, clusterAction)) return { pass: request }
    return { answer: { errorCode: DENIED.cluster.errorCode } }
  }
  const answer = (codeOf: (topic: string) => number) => ({
    answer: {
      resultsByTopicV3AndBelow: request.v3AndBelowTopics.map(({ name, partitions }) => ({
        name,
        resultsByPartition: partitions.map((partitionIndex) => ({
          partitionIndex,
          partitionErrorCode: codeOf(name),
        })),
      })),
    },
  })
  if (!mayUse(ask, write, request.v3AndBelowTransactionalId)) return answer(() => ID_DENIED)
  const mayWrite = (topic: string) => mayOnTopic(ask, write, topic)
  if (request.v3AndBelowTopics.every(({ name }) => mayWrite(name))) return { pass: request }
  return answer((topic) => (mayWrite(topic) ? ErrorCode.OPERATION_NOT_ATTEMPTED : DENIED.topic.errorCode))
})

const addOffsets = guard(AddOffsetsToTxnRequest, AddOffsetsToTxnResponse, (request, ask) => {
  if (!mayUse(ask, write, request.transactionalId)) return { answer: { errorCode: ID_DENIED } }
  if (!mayOnGroup(ask, read, request.groupId)) return { answer: { errorCode: DENIED.group.errorCode } }
  return { pass: request }
})

const commitOffsets = guard(TxnOffsetCommitRequest, TxnOffsetCommitResponse, (request, ask) => {
  const refuse = (topics: typeof request.topics, errorCode: number) =>
    topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    }))
  if (!mayUse(ask, write, request.transactionalId)) return { answer: { topics: refuse(request.topics, ID_DENIED) } }
  if (!mayOnGroup(ask, read, request.groupId)) {
    return { answer: { topics: refuse(request.topics, DENIED.group.errorCode) } }
  }
  const [topics, refused] = split(request.topics, ({ name }) => mayOnTopic(ask, read, name))
  const answers = refuse(refused, DENIED.topic.errorCode)
  return {
    pass: { ...request, topics },
    amend: (response) => ({ ...response, topics: [...(response.topics ?? []), ...answers] }),
  }
})

const describeTransactions = guard(DescribeTransactionsRequest, DescribeTransactionsResponse, (request, ask) => {
  const [transactionalIds, refused] = split(request.transactionalIds, (id) => mayUse(ask, describe, id))
  const answers = refused.map((transactionalId) => ({ transactionalId, errorCode: ID_DENIED }))
  return {
    pass: { ...request, transactionalIds },
    amend: (response) => ({
      ...response,
      transactionStates: [
        ...(response.transactionStates ?? []).map((state) => ({
          ...state,
          topics: (state.topics ?? []).filter(({ topic }) => mayOnTopic(ask, describe, topic ?? '')),
        })),
        ...answers,
      ],
    }),
  }
})

const listTransactions = guard(ListTransactionsRequest, ListTransactionsResponse, (request, ask) => ({
  pass: request,
  amend: (response) => ({
    ...response,
    transactionStates: (response.transactionStates ?? []).filter(({ transactionalId }) =>
      mayUse(ask, describe, transactionalId ?? ''),
    ),
  }),
}))

export const TRANSACTION_GUARDS: readonly Guard[] = [
  addPartitions,
  addOffsets,
  commitOffsets,
  describeTransactions,
  listTransactions,
  whole(
    EndTxnRequest,
    EndTxnResponse,
    ({ transactionalId }, ask) => mayUse(ask, write, transactionalId),
    () => ({ errorCode: ID_DENIED }),
  ),
  whole(
    WriteTxnMarkersRequest,
    WriteTxnMarkersResponse,
    (_request, ask) => mayOnCluster(ask, alter) || mayOnCluster(ask, clusterAction),
    ({ markers }) => ({
      markers: markers.map(({ producerId, topics }) => ({
        producerId,
        topics: topics.map(({ name, partitionIndexes }) => ({
          name,
          partitions: partitionIndexes.map((partitionIndex) => ({
            partitionIndex,
            errorCode: DENIED.cluster.errorCode,
          })),
        })),
      })),
    }),
  ),
]
