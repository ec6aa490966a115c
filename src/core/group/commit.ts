import type { Group } from './classic.ts'
import type { Refusal } from './commands.ts'
import { epochRefusal } from './consumer/offsets.ts'

/**
 * Whether offsets may be committed. Generation -1 is an admin tool or a consumer that assigns its partitions itself:
 * it may as long as the group has no members. A member's commit counts as a heartbeat.
 */
export function commitRefusal(
  group: Group,
  memberId: string,
  instanceId: string | null,
  generation: number,
  now: number,
  speaksEpochs = true,
): Refusal {
  if (group.state === 'Dead') return 'coordinator-not-available'
  if (group.consumer !== null) return epochRefusal(group.consumer, memberId, generation, speaksEpochs)
  if (generation < 0 && group.state === 'Empty') return 'none'
  if (generation < 0 && memberId === '' && instanceId === null) return 'unknown-member-id'
  const refusal = group.refusalFor(memberId, instanceId)
  if (refusal !== 'none') return refusal
  if (generation !== group.generation) return 'illegal-generation'
  // The member has its generation and no assignment yet: what it would commit belongs to somebody else by now.
  if (group.state === 'CompletingRebalance') return 'rebalance-in-progress'
  const member = group.members.get(memberId)!
  if (!member.isNew) group.heardOf(member, now)
  return 'none'
}
