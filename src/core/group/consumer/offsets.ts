import type { Refusal } from '../commands.ts'
import type { ConsumerGroup } from './consumer-group.ts'

/**
 * Whether offsets may be committed to a group of the consumer protocol: by its members in the epoch they are in, by anybody without one while it is
 * empty. `speaksEpochs` is false for a request so old that it cannot tell a member that its epoch is stale.
 */
export function epochRefusal(consumer: ConsumerGroup, memberId: string, epoch: number, speaksEpochs: boolean): Refusal {
  if (epoch < 0 && consumer.members.size === 0) return 'none'
  const member = consumer.members.get(memberId)
  if (member === undefined) return 'unknown-member-id'
  const isClassic = member.subscription.classic !== null
  if (!isClassic && !speaksEpochs) return 'unsupported-version'
  if (epoch === member.current.epoch) return 'none'
  return isClassic ? 'illegal-generation' : 'stale-member-epoch'
}

/** Whether a member may read the group's offsets; who does not say who he is may. */
export function fetchRefusal(consumer: ConsumerGroup, memberId: string | null, epoch: number): Refusal {
  if (memberId === null && epoch < 0) return 'none'
  const member = memberId === null ? undefined : consumer.members.get(memberId)
  if (member === undefined) return 'unknown-member-id'
  if (epoch === member.current.epoch) return 'none'
  return member.subscription.classic !== null ? 'illegal-generation' : 'stale-member-epoch'
}

/**
 * Whether a member that comes with an epoch before its own has had the partition since then (KIP-1251): while a rebalance is under way it may still commit
 * what it goes on reading.
 */
export function hadSince(
  consumer: ConsumerGroup,
  memberId: string,
  epoch: number,
  topicId: string,
  partition: number,
): boolean {
  const current = consumer.members.get(memberId)?.current
  if (current === undefined || epoch > current.epoch) return false
  const since = current.since.get(topicId)?.get(partition)
  return since !== undefined && epoch >= since
}
