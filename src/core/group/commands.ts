import type { ConsumerFact } from './consumer/consumer-group.ts'
import type { Protocol } from './protocol.ts'

/** What goes into a group's machine and what comes out. All times in milliseconds. */

/** Stands for a request that waits for its reply; whoever sent the command knows what it means. */
export type Token = number
/** No request is parked. */
export const NO_TOKEN = -1

/** Why a group says no; `none` when it does not. */
export type Refusal =
  | 'none'
  | 'coordinator-not-available'
  | 'fenced-instance-id'
  | 'fenced-member-epoch'
  | 'group-id-not-found'
  | 'group-max-size-reached'
  | 'illegal-generation'
  | 'inconsistent-group-protocol'
  | 'invalid-regular-expression'
  | 'member-id-required'
  | 'non-empty-group'
  | 'rebalance-in-progress'
  | 'stale-member-epoch'
  | 'unexpected'
  | 'unknown-member-id'
  | 'unreleased-instance-id'
  | 'unsupported-version'

export interface JoinCommand {
  readonly kind: 'join'
  readonly token: Token
  /** Empty for a member that has no id yet. */
  readonly memberId: string
  /** The id for a member that has none: never used before. */
  readonly newMemberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocolType: string
  /** In the member's order of preference. */
  readonly protocols: readonly Protocol[]
  /** The client takes its id first and joins with a second request (KIP-394). */
  readonly requireKnownMemberId: boolean
  /** The client understands a leader's reply that asks for no assignment (KIP-814). */
  readonly supportsSkippingAssignment: boolean
}

export interface SyncCommand {
  readonly kind: 'sync'
  readonly token: Token
  readonly memberId: string
  readonly instanceId: string | null
  readonly generation: number
  /** Null when the client did not say. */
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Uint8Array }[]
}

/** Time has come for something: see `Group.wake`. */
export interface TickCommand {
  readonly kind: 'tick'
}

export interface LeaveCommand {
  readonly kind: 'leave'
  readonly token: Token
  readonly members: readonly { readonly memberId: string; readonly instanceId: string | null }[]
}

export interface HeartbeatCommand {
  readonly kind: 'heartbeat'
  readonly token: Token
  readonly memberId: string
  readonly instanceId: string | null
  readonly generation: number
}

/** Forgets the group and its offsets; refused while it has members. */
export interface DeleteCommand {
  readonly kind: 'delete'
  readonly token: Token
}

export type Command = JoinCommand | SyncCommand | TickCommand | LeaveCommand | HeartbeatCommand | DeleteCommand

export interface JoinReply {
  readonly kind: 'join'
  readonly error: Refusal
  readonly generation: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly leader: string
  readonly skipAssignment: boolean
  readonly memberId: string
  /** All members for the leader, none for the others. */
  readonly members: readonly {
    readonly memberId: string
    readonly instanceId: string | null
    readonly metadata: Uint8Array
  }[]
}

export interface SyncReply {
  readonly kind: 'sync'
  readonly error: Refusal
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignment: Uint8Array
}

export interface LeaveReply {
  readonly kind: 'leave'
  readonly error: Refusal
  readonly members: readonly {
    readonly memberId: string
    readonly instanceId: string | null
    readonly error: Refusal
  }[]
}

export interface PlainReply {
  readonly kind: 'heartbeat' | 'delete'
  readonly error: Refusal
}

export type Reply = JoinReply | SyncReply | LeaveReply | PlainReply

/** A member as it is remembered through a restart. */
export interface DurableMember {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocols: readonly Protocol[]
  readonly assignment: Uint8Array
}

/** All of a group that is remembered, beside its offsets: its last complete generation or that it became empty, and what was given out since. */
export interface GroupImage {
  readonly generation: number
  /** The highest generation that a member was told of: none is ever given out for a second time. */
  readonly given: number
  readonly protocolType: string
  readonly protocol: string | null
  readonly leader: string | null
  /** Wall-clock time of the change. */
  readonly changedAt: number
  readonly members: readonly DurableMember[]
}

/** A durable fact: the group's new image, null when it was deleted with all its offsets; or that a generation was given out. */
export type GroupRecord = { readonly image: GroupImage | null } | GivenRecord

export interface GivenRecord {
  readonly given: number
  readonly protocolType: string
  /** Wall-clock time. */
  readonly changedAt: number
}

/** What one step has decided. The caller applies the records at once and answers the tokens. */
export interface Out {
  /** Wall-clock time that records carry. */
  time: number
  readonly records: GroupRecord[]
  /** What a group of the consumer protocol has decided, applied already. They come before the records. */
  readonly facts: ConsumerFact[]
  readonly replies: { readonly token: Token; readonly reply: Reply }[]
}

/** Group settings; the names are Kafka's broker settings in camel case. */
export interface GroupLimits {
  readonly groupMinSessionTimeoutMs: number
  readonly groupMaxSessionTimeoutMs: number
  /** How long a group that was empty waits for more members before its first generation. */
  readonly groupInitialRebalanceDelayMs: number
  readonly groupMaxSize: number
  /** `group.consumer.max.size` */
  readonly consumerGroupMaxSize: number
  /** All that a group's members say of themselves, and their assignments, in bytes. */
  readonly groupMaxBytes: number
  /** How long a new member's parked join is kept: it has no session yet. */
  readonly groupNewMemberJoinTimeoutMs: number
  readonly offsetMetadataMaxBytes: number
  readonly offsetsRetentionMs: number
  readonly offsetsRetentionCheckIntervalMs: number
}

/** Kafka's defaults but for the initial delay (3 s there): a consumer in development should not wait. */
export const GROUP_LIMITS: GroupLimits = {
  groupMinSessionTimeoutMs: 6_000,
  groupMaxSessionTimeoutMs: 1_800_000,
  groupInitialRebalanceDelayMs: 0,
  groupMaxSize: 2 ** 31 - 1,
  consumerGroupMaxSize: 2 ** 31 - 1,
  groupMaxBytes: 8 * 2 ** 20,
  groupNewMemberJoinTimeoutMs: 300_000,
  offsetMetadataMaxBytes: 4096,
  offsetsRetentionMs: 7 * 24 * 3_600_000,
  offsetsRetentionCheckIntervalMs: 600_000,
}
