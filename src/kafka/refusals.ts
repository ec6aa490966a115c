import type { AppendRefusal } from '../broker/topic/append.ts'
import type { RefusalReason } from '../broker/topic/refusal.ts'
import { ErrorCode } from '../wire/kafka/errors.ts'

/** What Kafka says where a topic cannot be made or changed. */
export const REFUSAL_CODES: { readonly [reason in RefusalReason]: number } = {
  'topic-exists': ErrorCode.TOPIC_ALREADY_EXISTS,
  'unknown-topic': ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  'invalid-name': ErrorCode.INVALID_TOPIC_EXCEPTION,
  'invalid-partitions': ErrorCode.INVALID_PARTITIONS,
  'invalid-replication-factor': ErrorCode.INVALID_REPLICATION_FACTOR,
  'invalid-assignment': ErrorCode.INVALID_REPLICA_ASSIGNMENT,
  'invalid-config': ErrorCode.INVALID_CONFIG,
  'invalid-request': ErrorCode.INVALID_REQUEST,
  'too-many-partitions': ErrorCode.POLICY_VIOLATION,
  'no-room': ErrorCode.KAFKA_STORAGE_ERROR,
}

/** What Kafka says where a batch cannot be appended: the code, and a sentence for the producer's log. */
export const APPEND_CODES: { readonly [refusal in AppendRefusal]: readonly [code: number, text: string] } = {
  corrupt: [ErrorCode.CORRUPT_MESSAGE, 'The record batch is damaged: its length or its checksum does not fit.'],
  'not-one-batch': [ErrorCode.INVALID_RECORD, 'A produce request has exactly one record batch for a partition.'],
  'old-format': [ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT, 'Record batches have magic 2; older formats are not taken.'],
  invalid: [ErrorCode.INVALID_RECORD, 'The header of the record batch contradicts itself.'],
  'too-large': [ErrorCode.MESSAGE_TOO_LARGE, 'The record batch is larger than max.message.bytes of the topic.'],
  'invalid-timestamp': [ErrorCode.INVALID_TIMESTAMP, 'A timestamp is further from now than the topic allows.'],
  'no-key': [ErrorCode.INVALID_RECORD, 'Compacted topic cannot accept message without key'],
  fenced: [ErrorCode.INVALID_PRODUCER_EPOCH, 'A newer epoch of this producer has written already.'],
  'out-of-order': [ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, 'A batch of this producer is missing before this one.'],
  transactional: [ErrorCode.INVALID_TXN_STATE, 'Transactions are not served.'],
  zstd: [ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, 'zstd takes a produce request of version 7 or later.'],
  'no-room': [ErrorCode.KAFKA_STORAGE_ERROR, 'The disk is full.'],
}
