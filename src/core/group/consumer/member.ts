import type { Protocol } from '../protocol.ts'
import { type Assignment, NO_PARTITIONS } from './assignment.ts'

/**
 * stable: the member has what it is meant to have in its epoch. unrevoked: it has to give partitions back, and stays in its epoch until it
 * has. unreleased: it waits for partitions that others have to give back.
 */
export type MemberState = 'stable' | 'unrevoked' | 'unreleased'

/** What a member of the classic protocol brings into a consumer group. */
export interface ClassicMember {
  readonly sessionTimeoutMs: number
  readonly protocols: readonly Protocol[]
}

/** What a member says of itself. */
export interface Subscription {
  readonly memberId: string
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  readonly topics: readonly string[]
  /** Empty for none. */
  readonly regex: string
  readonly assignor: string | null
  /** Null for a member of the consumer protocol. */
  readonly classic: ClassicMember | null
}

/** An epoch for each partition, by topic id. */
export type Since = ReadonlyMap<string, ReadonlyMap<number, number>>

/** How far a member has come towards its target assignment. */
export interface Current {
  /** -2 while a static member is away. */
  readonly epoch: number
  readonly previousEpoch: number
  readonly state: MemberState
  readonly assigned: Assignment
  /** What it has been told to give back. */
  readonly revoking: Assignment
  /** The epoch in which it got each of the partitions that it has or is to give back. */
  readonly since: Since
}

export const NEW_MEMBER: Current = {
  epoch: 0,
  previousEpoch: 0,
  state: 'stable',
  assigned: NO_PARTITIONS,
  revoking: NO_PARTITIONS,
  since: new Map(),
}

/** A static member that has said it will be back. */
export const AWAY = -2

/** Whether a member may know of a topic; null if it may know of all. */
export type MaySee = ((topic: string) => boolean) | null

/** A member of a consumer group: three facts, what it may see, and its deadlines. */
export interface ConsumerMember {
  subscription: Subscription
  current: Current
  target: Assignment
  /** Undefined until it has been heard of since the start. */
  sees: MaySee | undefined
  sessionDeadline: number
  /** It has to have given its partitions back by then. */
  rebalanceDeadline: number
  /** A classic member has to join again by then. */
  joinDeadline: number
  /** A classic member has to ask for its assignment by then. */
  syncDeadline: number
}

export function isReconciled(current: Current, targetEpoch: number): boolean {
  return current.state === 'stable' && current.epoch === targetEpoch
}

export function sameSubscription(a: Subscription, b: Subscription): boolean {
  return (
    a.memberId === b.memberId &&
    a.instanceId === b.instanceId &&
    a.rackId === b.rackId &&
    a.clientId === b.clientId &&
    a.clientHost === b.clientHost &&
    a.rebalanceTimeoutMs === b.rebalanceTimeoutMs &&
    a.assignor === b.assignor &&
    sameTopics(a, b) &&
    sameClassic(a.classic, b.classic)
  )
}

/** Whether both want to read the same. */
export function sameTopics(a: Subscription, b: Subscription): boolean {
  return a.regex === b.regex && a.topics.length === b.topics.length && a.topics.every((one, i) => one === b.topics[i])
}

function sameClassic(a: ClassicMember | null, b: ClassicMember | null): boolean {
  if (a === null || b === null) return a === b
  return (
    a.sessionTimeoutMs === b.sessionTimeoutMs &&
    a.protocols.length === b.protocols.length &&
    a.protocols.every((one, i) => {
      const other = b.protocols[i]!
      return one.name === other.name && Buffer.compare(one.metadata, other.metadata) === 0
    })
  )
}

/** The epochs of these partitions as they were before; of those that are new, this one. */
export function sinceOf(before: Since, epoch: number, ...assignments: readonly Assignment[]): Since {
  const since = new Map<string, Map<number, number>>()
  for (const assignment of assignments) {
    for (const [topicId, partitions] of assignment) {
      const known = before.get(topicId)
      let epochs = since.get(topicId)
      if (epochs === undefined) since.set(topicId, (epochs = new Map()))
      for (const partition of partitions) epochs.set(partition, known?.get(partition) ?? epoch)
    }
  }
  return since
}

/** A member that is not there: it keeps what it has, and is done with what it was to give back. */
export function withoutRevoking(current: Current, epoch: number, previousEpoch: number): Current {
  const { assigned } = current
  const since = sinceOf(current.since, epoch, assigned)
  return { epoch, previousEpoch, state: 'stable', assigned, revoking: NO_PARTITIONS, since }
}
