import {
  type AckBatch,
  Acknowledge,
  type AckRefusal,
  acknowledge,
  ackRoom,
  refusalOf,
} from '../../broker/share/acknowledge.ts'
import type { ShareSession } from '../../broker/share/share-sessions.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import type { Front } from '../front.ts'

/** What Kafka says where it does not take an acknowledgement. */
const ACK_CODES: { readonly [refusal in AckRefusal]: readonly [code: number, text: string | null] } = {
  none: [ErrorCode.NONE, null],
  'not-found': [
    ErrorCode.INVALID_RECORD_STATE,
    'Batch record not found. The request batch offsets are not found in the cache.',
  ],
  'begins-past-the-end': [
    ErrorCode.INVALID_REQUEST,
    'Batch record not found. The first offset in request is past acquired records.',
  ],
  'past-the-end': [
    ErrorCode.INVALID_REQUEST,
    'Batch record not found. The last offset in request is past acquired records.',
  ],
  'not-the-owner': [ErrorCode.INVALID_RECORD_STATE, 'Member is not the owner of batch record'],
  'not-acquired': [ErrorCode.INVALID_RECORD_STATE, 'The offset cannot be acknowledged. The offset is not acquired.'],
  'no-room': [ErrorCode.KAFKA_STORAGE_ERROR, 'The disk is full.'],
}

/** What is said of one partition. */
export interface Said {
  readonly topicId: string
  readonly partitionIndex: number
  readonly batches: readonly AckBatch[]
}

interface Topic {
  readonly topicId: string
  readonly partitions: readonly {
    readonly partitionIndex: number
    readonly acknowledgementBatches: readonly AckBatch[]
  }[]
}

export function saidOf(topics: readonly Topic[]): Said[] {
  return topics.flatMap(({ topicId, partitions }) =>
    partitions
      .filter(({ acknowledgementBatches }) => acknowledgementBatches.length > 0)
      .map(({ partitionIndex, acknowledgementBatches: batches }) => ({ topicId, partitionIndex, batches })),
  )
}

/** Bytes of journal that taking it takes at most. */
export function roomFor(group: string, said: readonly Said[]): number {
  let bytes = 0
  for (const { topicId, batches } of said) bytes += ackRoom(group, topicId, batches)
  return bytes
}

/** Whether acknowledgements can be understood: one may begin with the record that the last one ended with. Renewing is there from version 2 on, and only in requests that say so. */
function isWellFormed(batches: readonly AckBatch[], mayRenew: boolean): boolean {
  let before = -1
  for (const { firstOffset, lastOffset, acknowledgeTypes } of batches) {
    if (lastOffset < firstOffset || firstOffset < before) return false
    before = lastOffset
    const count = acknowledgeTypes.length
    if (count !== 1 && count !== lastOffset - firstOffset + 1) return false
    const most = mayRenew ? Acknowledge.renew : Acknowledge.reject
    if (acknowledgeTypes.some((type) => type < Acknowledge.gap || type > most)) return false
  }
  return true
}

interface Verdict {
  readonly errorCode: number
  readonly errorMessage: string | null
}

/** What is to be answered to what is said of one partition, which is not taken yet. */
export function examine(front: Front, session: ShareSession, said: Said, mayRenew: boolean): Verdict {
  return judge(front, session, said, mayRenew, refusalOf)
}

/** Takes what is said of one partition. */
export function take(front: Front, session: ShareSession, said: Said, mayRenew: boolean): Verdict {
  return judge(front, session, said, mayRenew, acknowledge)
}

function judge(
  front: Front,
  session: ShareSession,
  { topicId, partitionIndex, batches }: Said,
  mayRenew: boolean,
  act: typeof acknowledge,
): Verdict {
  if (!isWellFormed(batches, mayRenew)) return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: null }
  if (front.topics.byId.get(topicId)?.partitions[partitionIndex] === undefined) {
    const errorMessage = 'This server does not host this topic-partition.'
    return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage }
  }
  const share = front.shares.known(session.group, topicId, partitionIndex)
  const [errorCode, errorMessage] = ACK_CODES[act(front.shares, share, session, batches)]
  return { errorCode, errorMessage }
}
