import type { AssignedMember, PartitionCount } from './assigned-member.ts'
import { type Assignment, AssignmentBuilder } from './assignment.ts'

/** How far one topic has been given out. */
interface Share {
  readonly partitions: number
  readers: number
  next: number
  extras: number
}

/**
 * Neighbouring partitions for each member, topic by topic: members in the order of their instance ids, then of their member ids, and the
 * first ones get one more where it does not come out even. So topics with as many partitions and the same readers are divided alike.
 */
export function assignRange(members: readonly AssignedMember[], partitions: PartitionCount): Assignment[] {
  const shares = new Map<string, Share>()
  for (const { topicIds } of members) {
    for (const topicId of topicIds) {
      const share = shares.get(topicId)
      if (share !== undefined) share.readers++
      else shares.set(topicId, { partitions: partitions(topicId), readers: 1, next: 0, extras: -1 })
    }
  }
  const order = members.map((_, i) => i).sort((a, b) => compare(members[a]!, members[b]!))
  const result: Assignment[] = new Array(members.length)
  for (const i of order) {
    const builder = new AssignmentBuilder()
    for (const topicId of members[i]!.topicIds) give(topicId, shares.get(topicId)!, builder)
    result[i] = builder.build()
  }
  return result
}

function give(topicId: string, share: Share, to: AssignmentBuilder): void {
  if (share.extras < 0) share.extras = share.partitions % share.readers
  let quota = Math.floor(share.partitions / share.readers)
  if (share.extras > 0) {
    quota++
    share.extras--
  }
  const end = Math.min(share.next + quota, share.partitions)
  while (share.next < end) to.add(topicId, share.next++)
}

function compare(a: AssignedMember, b: AssignedMember): number {
  if (a.instanceId !== null && b.instanceId !== null) return order(a.instanceId, b.instanceId)
  if (a.instanceId !== null) return -1
  if (b.instanceId !== null) return 1
  return order(a.memberId, b.memberId)
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
