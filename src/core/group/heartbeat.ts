import { answer, type Group } from './classic.ts'
import type { HeartbeatCommand, Out, Refusal } from './commands.ts'

/** Heartbeat: says that a member is alive and learns whether it has to join again. */
export function heartbeat(group: Group, command: HeartbeatCommand, now: number, out: Out): void {
  answer(out, command.token, { kind: 'heartbeat', error: beat(group, command, now) })
}

function beat(group: Group, command: HeartbeatCommand, now: number): Refusal {
  if (group.state === 'Dead') return 'coordinator-not-available'
  const refusal = group.refusalFor(command.memberId, command.instanceId)
  if (refusal !== 'none') return refusal
  if (command.generation !== group.generation) return 'illegal-generation'
  const member = group.members.get(command.memberId)!
  // A new member's deadline is that of its parked join, which no heartbeat may bring forward.
  if (!member.isNew) group.heardOf(member, now)
  return group.state === 'PreparingRebalance' ? 'rebalance-in-progress' : 'none'
}
