import type { Refusal } from '../../core/group/commands.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'

/** What Kafka says where a group refuses. */
export const GROUP_CODES: { readonly [refusal in Refusal]: number } = {
  none: ErrorCode.NONE,
  'coordinator-not-available': ErrorCode.COORDINATOR_NOT_AVAILABLE,
  'fenced-instance-id': ErrorCode.FENCED_INSTANCE_ID,
  'fenced-member-epoch': ErrorCode.FENCED_MEMBER_EPOCH,
  'group-id-not-found': ErrorCode.GROUP_ID_NOT_FOUND,
  'group-max-size-reached': ErrorCode.GROUP_MAX_SIZE_REACHED,
  'illegal-generation': ErrorCode.ILLEGAL_GENERATION,
  'inconsistent-group-protocol': ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
  'invalid-regular-expression': ErrorCode.INVALID_REGULAR_EXPRESSION,
  'member-id-required': ErrorCode.MEMBER_ID_REQUIRED,
  'non-empty-group': ErrorCode.NON_EMPTY_GROUP,
  'rebalance-in-progress': ErrorCode.REBALANCE_IN_PROGRESS,
  'stale-member-epoch': ErrorCode.STALE_MEMBER_EPOCH,
  unexpected: ErrorCode.UNKNOWN_SERVER_ERROR,
  'unknown-member-id': ErrorCode.UNKNOWN_MEMBER_ID,
  'unreleased-instance-id': ErrorCode.UNRELEASED_INSTANCE_ID,
  'unsupported-version': ErrorCode.UNSUPPORTED_VERSION,
}

/** The journal has no room: clients wait and ask again. */
export const NO_ROOM = ErrorCode.COORDINATOR_NOT_AVAILABLE
