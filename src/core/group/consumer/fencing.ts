import { isWithin } from './assignment.ts'
import { type ConsumerHeartbeat, type Refused, refused } from './consumer-command.ts'
import type { ConsumerMember } from './member.ts'

/** An instance id belongs to one member at a time. */
export function fencedInstance(owner: ConsumerMember, memberId: string, instanceId: string): Refused | null {
  const owning = owner.subscription.memberId
  if (owning === memberId) return null
  const text = `Static member ${memberId} with instance id ${instanceId} was fenced by member ${owning}.`
  return refused('fenced-instance-id', text)
}

/** Who joins may, whatever is known of him. A member that did not get the last answer comes with the epoch before, and may have no more than it was given. */
export function wrongEpoch({ current }: ConsumerMember, { memberEpoch, owned }: ConsumerHeartbeat): Refused | null {
  if (memberEpoch === 0 || memberEpoch === current.epoch) return null
  if (memberEpoch > current.epoch) {
    const text = `The consumer group member has a greater member epoch (${memberEpoch}) than the one known by the group coordinator (${current.epoch}). The member must abandon all its partitions and rejoin.`
    return refused('fenced-member-epoch', text)
  }
  if (memberEpoch === current.previousEpoch && owned !== null && isWithin(owned, current.assigned)) return null
  return smallerEpoch(memberEpoch, current.epoch)
}

export function smallerEpoch(given: number, known: number): Refused {
  const text = `The consumer group member has a smaller member epoch (${given}) than the one known by the group coordinator (${known}). The member must abandon all its partitions and rejoin.`
  return refused('fenced-member-epoch', text)
}
