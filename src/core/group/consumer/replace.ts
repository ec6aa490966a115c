import type { Group } from '../classic.ts'
import type { Out } from '../commands.ts'
import { decide } from './decide.ts'
import { type Subscription, withoutRevoking } from './member.ts'

/** A static member comes back under another id: it takes over what its predecessor had and was meant to have. */
export function replace(group: Group, before: Subscription, after: Subscription, out: Out): void {
  const { current, target } = group.consumer!.members.get(before.memberId)!
  decide(group, { kind: 'left', memberId: before.memberId }, out)
  decide(group, { kind: 'member', subscription: after }, out)
  decide(group, { kind: 'target', memberId: after.memberId, assignment: target }, out)
  decide(group, { kind: 'current', memberId: after.memberId, current: withoutRevoking(current, 0, 0) }, out)
}
