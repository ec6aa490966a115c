import { touch, verify } from '../../broker/transaction/touch.ts'
import {
  BATCH_HEADER,
  baseSequence,
  isTransactional,
  producerEpoch,
  producerId,
  recordCount,
} from '../../core/partition/batch.ts'
import type { Partition } from '../../core/partition/partition.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import type { ProduceRequest } from '../../wire/kafka/messages/produce.ts'
import type { Decoded, Slice } from '../../wire/kafka/schema.ts'
import type { Front } from '../front.ts'
import { verificationCode } from './refusals.ts'

/** From this version of Produce on a partition becomes part of the transaction by its first batch (KIP-890). */
const ADDS_BY_ITSELF = 12
/** From this version on clients know TRANSACTION_ABORTABLE. */
const KNOWS_ABORTABLE = 11

/** Whether some of it is part of a transaction. */
export function isTransactionalBatch(records: Slice | null): records is Slice {
  return records !== null && records.length >= BATCH_HEADER && isTransactional(records.bytes, records.at)
}

/** The newest format of batches. */
const MAGIC = 2

/** What is wrong with all of a request. */
export interface RequestFault {
  readonly errorCode: number
  readonly errorMessage: string | null
}

const NO_AUTHORITY: RequestFault = {
  errorCode: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  errorMessage: null,
}
const TWO_PRODUCERS: RequestFault = { errorCode: ErrorCode.INVALID_PRODUCER_ID_MAPPING, errorMessage: null }

/** Null if nothing is: transactional records take a transactional id, and one producer. That is looked for in all batches, so that all can be read. */
export function requestFault({ transactionalId, topicData }: Decoded<typeof ProduceRequest>): RequestFault | null {
  let producer = -1
  for (const { partitionData } of topicData) {
    for (const { records } of partitionData) {
      const magic =
        records === null || records.length < BATCH_HEADER ? MAGIC : (records.bytes[records.at + 16]! << 24) >> 24
      if (magic < 0 || magic > MAGIC) {
        return { errorCode: ErrorCode.CORRUPT_MESSAGE, errorMessage: `Invalid magic found in record: ${magic}` }
      }
      if (!isTransactionalBatch(records)) continue
      if (transactionalId === null) return NO_AUTHORITY
      const id = producerId(records.bytes, records.at)
      if (producer >= 0 && id !== producer) return TWO_PRODUCERS
      producer = id
    }
  }
  return null
}

/**
 * Whether a transactional batch may be appended as far as its transaction is concerned. Where the producer has a transaction open in the
 * partition nobody is asked; elsewhere the coordinator is, so that nothing late of a transaction that has ended begins another one.
 */
export function transactionFault(
  { transactions }: Front,
  transactionalId: string,
  partition: Partition,
  { bytes, at }: Slice,
  version: number,
): number {
  const id = producerId(bytes, at)
  const epoch = producerEpoch(bytes, at)
  const { producers } = partition
  if (id < 0 || producers.isOpen(id, epoch)) return ErrorCode.NONE
  // The answer before did not arrive: it is given once more, whatever has become of the transaction.
  if (producers.isKnown(id, epoch, baseSequence(bytes, at), recordCount(bytes, at))) return ErrorCode.NONE
  const worker = { transactionalId, producerId: id, producerEpoch: epoch }
  const refusal =
    version >= ADDS_BY_ITSELF
      ? touch(transactions, worker, [partition.id], [])
      : verify(transactions, worker, partition.id)
  if (refusal !== null)
    return refusal === 'no-room' ? ErrorCode.KAFKA_STORAGE_ERROR : verificationCode(refusal, version >= KNOWS_ABORTABLE)
  // A producer that takes a new epoch for each transaction begins each of them at 0.
  const startsLate = version >= ADDS_BY_ITSELF && producers.epochOf(id) < 0 && baseSequence(bytes, at) !== 0
  return startsLate ? ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER : ErrorCode.NONE
}
