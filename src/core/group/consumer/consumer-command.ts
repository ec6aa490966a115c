import type { Refusal } from '../commands.ts'
import type { Assignment } from './assignment.ts'
import type { MaySee } from './member.ts'

/** ConsumerGroupHeartbeat, checked for what can be checked without the group; null where the member has nothing new to say. */
export interface ConsumerHeartbeat {
  readonly memberId: string
  /** 0 to join, -1 to leave, -2 when a static member leaves and will be back. */
  readonly memberEpoch: number
  readonly instanceId: string | null
  readonly rackId: string | null
  /** -1 where it has not changed. */
  readonly rebalanceTimeoutMs: number
  readonly topics: readonly string[] | null
  readonly regex: string | null
  /** What is wrong with the expression. */
  readonly wrongRegex: string | null
  /** Which of the topics that its expression finds the member may know of. */
  readonly sees: MaySee
  readonly assignor: string | null
  /** What the member has. */
  readonly owned: Assignment | null
  readonly clientId: string
  readonly clientHost: string
}

/** A no, in the words of Kafka: clients print them. */
export interface Refused {
  readonly ok: false
  readonly error: Refusal
  readonly text: string
}

export interface HeartbeatReply {
  readonly ok: true
  readonly memberId: string
  readonly memberEpoch: number
  /** 0 when it leaves. */
  readonly heartbeatIntervalMs: number
  /** Null where it has not changed. */
  readonly assignment: Assignment | null
}

export function refused(error: Refusal, text: string): Refused {
  return { ok: false, error, text }
}
