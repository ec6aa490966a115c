import { answer, type Group } from './classic.ts'
import { NO_TOKEN, type Out, type Refusal, type SyncCommand } from './commands.ts'
import { NOTHING } from './members.ts'

/** SyncGroup: the leader brings the assignment, the others wait for it. */
export function sync(group: Group, command: SyncCommand, now: number, out: Out): void {
  const refusal = refusalOf(group, command)
  if (refusal !== 'none') {
    answer(out, command.token, group.syncReply(null, refusal))
    return
  }
  const member = group.members.get(command.memberId)!
  member.owesSync = false
  // The same member asks on another connection: the first one is not listened to any more.
  group.answerSync(member, 'rebalance-in-progress', out)
  member.sync = command.token
  if (group.state === 'CompletingRebalance' && group.leader === member.memberId) assign(group, command, out)
  if (group.state === 'Stable') {
    for (const one of group.members.values()) {
      if (one.sync === NO_TOKEN) continue
      group.answerSync(one, 'none', out)
      group.heardOf(one, now)
    }
  }
  if (![...group.members.values()].some((one) => one.owesSync)) group.syncDeadline = Number.POSITIVE_INFINITY
}

function refusalOf(group: Group, command: SyncCommand): Refusal {
  if (group.state === 'Dead') return 'coordinator-not-available'
  const refusal = group.refusalFor(command.memberId, command.instanceId)
  if (refusal !== 'none') return refusal
  if (command.generation !== group.generation) return 'illegal-generation'
  if (command.protocolType !== null && command.protocolType !== group.protocolType) return 'inconsistent-group-protocol'
  if (command.protocolName !== null && command.protocolName !== group.protocol) return 'inconsistent-group-protocol'
  return group.state === 'PreparingRebalance' ? 'rebalance-in-progress' : 'none'
}

/** Who is not in the leader's list gets nothing; who is in it and not in the group is left out. */
function assign(group: Group, command: SyncCommand, out: Out): void {
  for (const member of group.members.values()) member.assignment = NOTHING
  for (const one of command.assignments) {
    const member = group.members.get(one.memberId)
    if (member !== undefined) member.assignment = one.assignment
  }
  group.to('Stable')
  group.remember(out)
}
