import type { Group } from './classic.ts'
import type { Refusal } from './commands.ts'
import { commitRefusal } from './commit.ts'

/**
 * Whether offsets may be committed with a transaction. Producers older than KIP-447 do not say in whose name: they may, whoever is in the group, for their
 * transactional id says who they are.
 */
export function transactionalCommitRefusal(
  group: Group,
  memberId: string,
  instanceId: string | null,
  generation: number,
  now: number,
): Refusal {
  if (generation >= 0 || memberId !== '' || instanceId !== null) {
    const refusal = commitRefusal(group, memberId, instanceId, generation, now)
    // Producers have no word for epochs.
    return refusal === 'stale-member-epoch' ? 'illegal-generation' : refusal
  }
  if (group.state === 'Dead') return 'coordinator-not-available'
  if (group.consumer !== null) return 'none'
  return group.state === 'CompletingRebalance' ? 'rebalance-in-progress' : 'none'
}
