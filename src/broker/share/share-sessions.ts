/** `group.share.max.share.sessions` */
const MAX_SESSIONS = 2000
const MAX_EPOCH = 0x7fffffff

/** One partition of a session. */
export interface SharedPartition {
  readonly topicId: string
  readonly number: number
}

/** What a member of a share group reads (KIP-932): it names only what changes. Whatever it has was handed out in its session, or one that this took the place of, and ends with it. */
export interface ShareSession {
  readonly group: string
  readonly memberId: string
  /** Never used twice: who has a record. */
  readonly owner: number
  /** The epoch that the next request has to have. */
  epoch: number
  readonly partitions: Map<string, SharedPartition>
  /** A topic was named that was not there: Kafka's broker trips over it as long as the session lasts. */
  isSpoilt: boolean
  /** It ends with the connection that began it. */
  onEnd: () => void
}

/** The sessions of all members, by group and member. */
export class ShareSessions {
  private readonly sessions = new Map<string, ShareSession>()
  private lastOwner = 0

  get size(): number {
    return this.sessions.size
  }

  get(group: string, memberId: string): ShareSession | undefined {
    return this.sessions.get(keyOf(group, memberId))
  }

  /** Null if there are as many sessions as there may be. What the member had in its last session it goes on having. */
  begin(group: string, memberId: string): ShareSession | null {
    const before = this.end(group, memberId)
    if (this.sessions.size >= MAX_SESSIONS) return null
    const owner = before?.owner ?? ++this.lastOwner
    // Epoch 0 began it; 1 comes next.
    const session = { group, memberId, owner, epoch: 1, partitions: new Map(), isSpoilt: false, onEnd: () => {} }
    this.sessions.set(keyOf(group, memberId), session)
    return session
  }

  end(group: string, memberId: string): ShareSession | null {
    const key = keyOf(group, memberId)
    const session = this.sessions.get(key) ?? null
    this.sessions.delete(key)
    session?.onEnd()
    return session
  }
}

export function nextEpoch(epoch: number): number {
  return epoch === MAX_EPOCH ? 1 : epoch + 1
}

function keyOf(group: string, memberId: string): string {
  return `${memberId}\0${group}`
}
