/** Why something cannot be done to a topic; each front has a table from these to its own codes. */
export type RefusalReason =
  | 'topic-exists'
  | 'unknown-topic'
  | 'invalid-name'
  | 'invalid-partitions'
  | 'invalid-replication-factor'
  | 'invalid-assignment'
  | 'invalid-config'
  | 'invalid-request'
  | 'too-many-partitions'
  | 'no-room'

export interface Refusal {
  readonly ok: false
  readonly reason: RefusalReason
  readonly text: string
}

export function refuse(reason: RefusalReason, text: string): Refusal {
  return { ok: false, reason, text }
}
