import { commitWith, touch, verifyGroup } from '../../broker/transaction/touch.ts'
import { transactionalCommitRefusal } from '../../core/group/transactional-commit.ts'
import type { PendingOffset } from '../../core/transaction/transaction.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import { TxnOffsetCommitRequest, TxnOffsetCommitResponse } from '../../wire/kafka/messages/txn-offset-commit.ts'
import type { Decoded } from '../../wire/kafka/schema.ts'
import { api } from '../api.ts'
import type { Front } from '../front.ts'
import { GROUP_CODES } from '../group/refusals.ts'
import { verificationCode } from './refusals.ts'

/*
 * TxnOffsetCommit, 0 to 5: offsets that are committed when the transaction is, or never. From version 3 on the consumer's generation is checked (KIP-447); from version 5
 * on the group becomes part of the transaction by that alone (KIP-890), before it has to be by AddOffsetsToTxn.
 */

type Request = Decoded<typeof TxnOffsetCommitRequest>

export const txnOffsetCommit = api(
  TxnOffsetCommitRequest,
  TxnOffsetCommitResponse,
  { from: 0, to: 5, writes: true },
  (request, call) => {
    const { front, version } = call
    const offsets: PendingOffset[] = []
    const isKnown = (topic: string, partition: number) =>
      front.topics.byName.get(topic)?.partitions[partition] !== undefined
    const anyKnown = request.topics.some(({ name, partitions }) =>
      partitions.some(({ partitionIndex }) => isKnown(name, partitionIndex)),
    )
    const refusal = anyKnown ? refusalFor(request, front, version) : ErrorCode.NONE
    const longest = front.groups.limits.offsetMetadataMaxBytes
    const codeOf = (topic: string, one: Request['topics'][number]['partitions'][number]) => {
      if (!isKnown(topic, one.partitionIndex)) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      if (refusal !== ErrorCode.NONE) return refusal
      const metadata = one.committedMetadata ?? ''
      if (metadata.length > longest) return ErrorCode.OFFSET_METADATA_TOO_LARGE
      const { partitionIndex: partition, committedOffset: offset, committedLeaderEpoch: leaderEpoch } = one
      offsets.push({ topic, partition, offset, leaderEpoch, metadata })
      return ErrorCode.NONE
    }
    const topics = request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((one) => ({ partitionIndex: one.partitionIndex, errorCode: codeOf(name, one) })),
    }))
    const failed =
      offsets.length === 0 ? null : commitWith(front.transactions, request.transactionalId, request.groupId, offsets)
    if (failed === null) {
      call.reply({ topics })
      return
    }
    const errorCode = verificationCode(failed, true)
    const refused = ({ partitionIndex, errorCode: own }: { partitionIndex: number; errorCode: number }) => ({
      partitionIndex,
      errorCode: own || errorCode,
    })
    call.reply({ topics: topics.map(({ name, partitions }) => ({ name, partitions: partitions.map(refused) })) })
  },
)

/** What keeps all offsets out: the transaction first, then the group. */
function refusalFor(request: Request, front: Front, version: number): number {
  const { transactions, groups, broker } = front
  const { groupId, memberId, groupInstanceId, generationId } = request
  if (groupId === '') return ErrorCode.INVALID_GROUP_ID
  const refused =
    version >= 5 ? touch(transactions, request, [], [groupId]) : verifyGroup(transactions, request, groupId)
  if (refused !== null) return verificationCode(refused, version >= 4)
  const group = groups.get(groupId)
  if (group === undefined) return generationId < 0 ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION
  const refusal = transactionalCommitRefusal(group, memberId, groupInstanceId, generationId, broker.env.clock.elapsed())
  groups.settle(group)
  return GROUP_CODES[refusal]
}
