import { type DurableMember, NO_TOKEN, type Token } from './commands.ts'
import type { Protocol } from './protocol.ts'

export const NOTHING = new Uint8Array(0)

/** A member of a classic group. */
export interface Member {
  readonly memberId: string
  /** Set for a static member, which keeps its assignment through a restart of its process. */
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  sessionTimeoutMs: number
  rebalanceTimeoutMs: number
  protocols: readonly Protocol[]
  assignment: Uint8Array
  /** It is removed when it has not been heard of by then. */
  sessionDeadline: number
  /** It has not been part of any generation yet. */
  isNew: boolean
  /** It got its generation, and the group waits for its SyncGroup. */
  owesSync: boolean
  /** The parked JoinGroup. */
  join: Token
  /** The parked SyncGroup. */
  sync: Token
}

export function durableMember(member: Member): DurableMember {
  return {
    memberId: member.memberId,
    instanceId: member.instanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    sessionTimeoutMs: member.sessionTimeoutMs,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    protocols: member.protocols,
    assignment: member.assignment,
  }
}

/** A remembered member comes back with a whole session ahead of it. */
export function restoredMember(from: DurableMember, now: number): Member {
  return {
    ...from,
    sessionDeadline: now + from.sessionTimeoutMs,
    isNew: false,
    owesSync: false,
    join: NO_TOKEN,
    sync: NO_TOKEN,
  }
}

/** Same names in the same order with the same metadata. */
export function sameProtocols(a: readonly Protocol[], b: readonly Protocol[]): boolean {
  return (
    a.length === b.length &&
    a.every((one, i) => one.name === b[i]!.name && Buffer.compare(one.metadata, b[i]!.metadata) === 0)
  )
}

export function metadataOf(member: Member, protocol: string | null): Uint8Array {
  return member.protocols.find((one) => one.name === protocol)?.metadata ?? NOTHING
}

/** The protocols that every member can do, in the first member's order. */
function commonProtocols(members: Iterable<Member>): string[] {
  let common: string[] | null = null
  for (const member of members) {
    const names = new Set(member.protocols.map((one) => one.name))
    common = common === null ? [...names] : common.filter((name) => names.has(name))
  }
  return common ?? []
}

/**
 * Each member votes for the first of its protocols that all can do; most votes win. Of equals the one wins that is
 * earlier in the first member's order.
 */
export function selectProtocol(members: Iterable<Member>): string | null {
  const all = [...members]
  const votes = new Map(commonProtocols(all).map((name) => [name, 0]))
  for (const member of all) {
    const choice = member.protocols.find((one) => votes.has(one.name))
    if (choice) votes.set(choice.name, votes.get(choice.name)! + 1)
  }
  let best: string | null = null
  for (const [name, count] of votes) if (best === null || count > votes.get(best)!) best = name
  return best
}
