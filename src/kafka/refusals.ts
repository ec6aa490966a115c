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

/** What Kafka says where a batch cannot be appended: the code, and whether it tells the log's start, which it does once it has looked into the batch. */
export const APPEND_CODES: { readonly [refusal in AppendRefusal]: readonly [code: number, tellsStart: boolean] } = {
  corrupt: [ErrorCode.CORRUPT_MESSAGE, false],
  'not-one-batch': [ErrorCode.INVALID_RECORD, false],
  'old-format': [ErrorCode.INVALID_RECORD, false],
  invalid: [ErrorCode.INVALID_RECORD, true],
  'unknown-codec': [ErrorCode.UNKNOWN_SERVER_ERROR, true],
  'too-large': [ErrorCode.MESSAGE_TOO_LARGE, false],
  'invalid-timestamp': [ErrorCode.INVALID_TIMESTAMP, true],
  'no-key': [ErrorCode.INVALID_RECORD, true],
  fenced: [ErrorCode.INVALID_PRODUCER_EPOCH, true],
  'out-of-order': [ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, true],
  'not-transactional': [ErrorCode.INVALID_TXN_STATE, true],
  zstd: [ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, false],
  'no-room': [ErrorCode.KAFKA_STORAGE_ERROR, false],
}
