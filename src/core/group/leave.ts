import { answer, type Group } from './classic.ts'
import type { DeleteCommand, LeaveCommand, Out, Refusal } from './commands.ts'
import { maybeCompleteJoin, rebalance } from './rebalance.ts'

/** LeaveGroup: each named member leaves, by member id or, without one, by instance id. */
export function leave(group: Group, command: LeaveCommand, now: number, out: Out): void {
  if (group.state === 'Dead') {
    answer(out, command.token, { kind: 'leave', error: 'coordinator-not-available', members: [] })
    return
  }
  const members = command.members.map(({ memberId, instanceId }) => {
    return { memberId, instanceId, error: leaveOne(group, memberId, instanceId, out) }
  })
  answer(out, command.token, { kind: 'leave', error: 'none', members })
  // Also where the one who left was only about to join.
  if (group.state !== 'Empty' && members.some(({ error }) => error === 'none')) rebalance(group, now, out)
  else maybeCompleteJoin(group, now, out)
}

function leaveOne(group: Group, memberId: string, instanceId: string | null, out: Out): Refusal {
  if (memberId !== '' && group.pending.delete(memberId)) return 'none'
  const id = memberId === '' && instanceId !== null ? (group.statics.get(instanceId) ?? '') : memberId
  const refusal = group.refusalFor(id, instanceId)
  if (refusal === 'none') group.remove(group.members.get(id)!, 'unknown-member-id', out)
  return refusal
}

/** DeleteGroups: only a group without members can go. */
export function deleteGroup(group: Group, command: DeleteCommand, out: Out): void {
  const error: Refusal = group.state === 'Dead' ? 'group-id-not-found' : group.hasMembers ? 'non-empty-group' : 'none'
  if (error === 'none') die(group, out)
  answer(out, command.token, { kind: 'delete', error })
}

/** Forgets an empty group, its offsets included. */
export function die(group: Group, out: Out): void {
  group.pending.clear()
  group.to('Dead')
  out.records.push({ image: null })
}
