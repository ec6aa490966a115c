import type { Group } from '../classic.ts'
import type { Out } from '../commands.ts'
import { restoredMember } from '../members.ts'
import { prepareRebalance } from '../rebalance.ts'
import { decide } from './decide.ts'
import { embeddedVersion, writeAssignment } from './embedded.ts'
import type { ConsumerMember } from './member.ts'
import type { World } from './world.ts'

/** Whether the group goes back to the classic protocol when `member`, the last one of the consumer protocol, leaves. */
export function mayDowngradeWithout(group: Group, member: ConsumerMember): boolean {
  return isLastOfItsKind(group, member) && group.consumer!.members.size > 1 && fits(group, 1)
}

/** The same, when a member of the classic protocol takes its place. */
export function mayDowngradeReplacing(group: Group, member: ConsumerMember): boolean {
  return isLastOfItsKind(group, member) && fits(group, 0)
}

function isLastOfItsKind(group: Group, { subscription }: ConsumerMember): boolean {
  const { members, classicMembers } = group.consumer!
  return subscription.classic === null && classicMembers === members.size - 1
}

function fits(group: Group, leaving: number): boolean {
  return group.consumer!.members.size - leaving <= group.limits.groupMaxSize
}

/** Goes on in the classic protocol: the generation goes on from the epoch. If somebody left, the others have to share again what he had. */
export function downgrade(group: Group, leaving: ConsumerMember | null, world: World, now: number, out: Out): void {
  const { members, epoch } = group.consumer!
  decide(group, { kind: 'dissolved' }, out)
  const classic = [...members.values()].filter((member) => member !== leaving)
  group.moveIn(
    epoch,
    classic.map(({ subscription, target }) => {
      const { sessionTimeoutMs, protocols } = subscription.classic!
      const assignment = writeAssignment(target, embeddedVersion(protocols[0]!.metadata), world.topics)
      return restoredMember({ ...subscription, sessionTimeoutMs, protocols, assignment }, now)
    }),
  )
  group.remember(out)
  if (leaving !== null) prepareRebalance(group, now, out)
}
