import { type Assignment, NO_PARTITIONS } from '../consumer/assignment.ts'

export interface ShareMember {
  readonly memberId: string
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly topics: readonly string[]
}

/** A durable fact about a share group. The last one about a member, or about the group itself, counts. */
export type ShareFact =
  | { readonly kind: 'group'; readonly epoch: number; readonly topicsHash: number }
  | { readonly kind: 'member'; readonly member: ShareMember; readonly epoch: number; readonly previousEpoch: number }
  | { readonly kind: 'left'; readonly memberId: string }
  | { readonly kind: 'deleted' }

/** A member and how far it has come. */
export interface Sharer {
  member: ShareMember
  epoch: number
  previousEpoch: number
  sessionDeadline: number
}

/**
 * Members of a share group (KIP-932), as the coordinator sees them. A partition may have many readers, so nobody waits for anybody: a member's partitions
 * follow from who is there and what they want to read, and are its own as soon as it hears of them.
 */
export class ShareGroup {
  readonly name: string
  epoch = 0
  topicsHash = 0
  readonly members = new Map<string, Sharer>()
  deleted = false
  /** What each member reads, worked out anew when the epoch changes. */
  private assigned: ReadonlyMap<string, Assignment> = new Map()
  private assignedEpoch = -1
  /** The version of the topics for which `topicsHash` was looked at. */
  topicsVersion = -1
  wake = Number.POSITIVE_INFINITY
  /** The journal position after the group's last record. */
  changedAt = 0

  constructor(name: string) {
    this.name = name
  }

  /** Remembers a fact; the only writer of what is durable. */
  apply(fact: ShareFact): void {
    switch (fact.kind) {
      case 'group':
        this.epoch = fact.epoch
        this.topicsHash = fact.topicsHash
        break
      case 'member': {
        const { member, epoch, previousEpoch } = fact
        const sessionDeadline = this.members.get(member.memberId)?.sessionDeadline ?? Number.POSITIVE_INFINITY
        this.members.set(member.memberId, { member, epoch, previousEpoch, sessionDeadline })
        break
      }
      case 'left':
        this.members.delete(fact.memberId)
        break
      default:
        this.deleted = true
        this.members.clear()
    }
  }

  get state(): 'Empty' | 'Stable' {
    return this.members.size === 0 ? 'Empty' : 'Stable'
  }

  /** What a member reads in the group's epoch; `work` finds it for all. */
  assignmentOf(memberId: string, work: () => ReadonlyMap<string, Assignment>): Assignment {
    if (this.assignedEpoch !== this.epoch) {
      this.assigned = work()
      this.assignedEpoch = this.epoch
    }
    return this.assigned.get(memberId) ?? NO_PARTITIONS
  }

  alarm(deadline: number): void {
    if (deadline < this.wake) this.wake = deadline
  }
}
