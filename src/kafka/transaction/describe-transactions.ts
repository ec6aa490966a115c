import { OFFSETS_TOPIC } from '../../broker/topic/name.ts'
import type { Transaction } from '../../core/transaction/transaction.ts'
import { javaHash } from '../../std/java-hash.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import {
  DescribeTransactionsRequest,
  DescribeTransactionsResponse,
} from '../../wire/kafka/messages/describe-transactions.ts'
import { api } from '../api.ts'
import type { Front } from '../front.ts'

/* DescribeTransactions, 0. */
export const describeTransactions = api(
  DescribeTransactionsRequest,
  DescribeTransactionsResponse,
  { from: 0, to: 0 },
  (request, call) => {
    const { transactions } = call.front
    let position = transactions.forgottenAt
    const transactionStates = request.transactionalIds.map((transactionalId) => {
      const transaction = transactions.byId.get(transactionalId)
      if (transaction === undefined) {
        const errorCode = transactionalId === '' ? ErrorCode.INVALID_REQUEST : ErrorCode.TRANSACTIONAL_ID_NOT_FOUND
        return { errorCode, transactionalId }
      }
      position = Math.max(position, transaction.changedAt)
      const { state, timeoutMs, startedAt, producerId, producerEpoch } = transaction.image
      return {
        transactionalId,
        transactionState: state,
        transactionTimeoutMs: timeoutMs,
        transactionStartTimeMs: startedAt,
        producerId,
        producerEpoch,
        topics: topicsOf(call.front, transaction),
      }
    })
    call.reply({ transactionStates }, position)
  },
)

/** Partitions of the topic in which Kafka keeps the offsets of groups, while it is not there: a group is shown as the one that its hash names. */
const OFFSETS_PARTITIONS = 50

function topicsOf(front: Front, { partitions, gone, groups }: Transaction) {
  const topics = new Map<string, Set<number>>()
  const add = (topic: string, partition: number) => {
    const known = topics.get(topic)
    if (known === undefined) topics.set(topic, new Set([partition]))
    else known.add(partition)
  }
  for (const id of partitions) {
    const partition = front.topics.partitions.get(id)
    const deleted = gone.get(id)
    if (partition !== undefined) add(partition.topic, partition.number)
    else if (deleted !== undefined) add(deleted.topic, deleted.partition)
  }
  const count = front.topics.byName.get(OFFSETS_TOPIC)?.partitions.length ?? OFFSETS_PARTITIONS
  for (const group of groups) add(OFFSETS_TOPIC, (javaHash(group) & 0x7fffffff) % count)
  return [...topics].map(([topic, numbers]) => ({ topic, partitions: [...numbers] }))
}
