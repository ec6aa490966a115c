import { unreachable } from '../../std/assert.ts'
import type { Group } from './classic.ts'
import type { Command, DeleteCommand, Out } from './commands.ts'
import { beatAsClassic, joinAsClassic, leaveAsClassic, syncAsClassic } from './consumer/classic-member.ts'
import { decide } from './consumer/decide.ts'
import { tickConsumer } from './consumer/leave.ts'
import type { World } from './consumer/world.ts'
import { heartbeat } from './heartbeat.ts'
import { join } from './join.ts'
import { deleteGroup, leave } from './leave.ts'
import { tick } from './rebalance.ts'
import { sync } from './sync.ts'

/**
 * Decides what a command does to a group: changes its volatile state and puts records and replies in `out`. The records
 * must be applied before the next command. `now` is on the clock that never goes back.
 */
export function handle(group: Group, command: Command, world: World, now: number, out: Out): void {
  if (group.consumer === null || command.kind === 'delete') handleClassic(group, command, now, out)
  else if (command.kind === 'join' && group.consumer.members.size === 0) {
    // An empty group belongs to whoever comes first.
    decide(group, { kind: 'dissolved' }, out)
    join(group, command, now, out)
  } else handleConsumer(group, command, world, now, out)
}

/** Requests of the classic protocol to a group of the consumer protocol: some of its members may still speak it. */
function handleConsumer(
  group: Group,
  command: Exclude<Command, DeleteCommand>,
  world: World,
  now: number,
  out: Out,
): void {
  switch (command.kind) {
    case 'join':
      joinAsClassic(group, command, world, now, out)
      break
    case 'sync':
      syncAsClassic(group, command, world, now, out)
      break
    case 'heartbeat':
      beatAsClassic(group, command, world, now, out)
      break
    case 'leave':
      leaveAsClassic(group, command, world, out)
      break
    case 'tick':
      tickConsumer(group, world, now, out)
      break
    default:
      unreachable(command)
  }
}

function handleClassic(group: Group, command: Command, now: number, out: Out): void {
  switch (command.kind) {
    case 'join':
      join(group, command, now, out)
      break
    case 'sync':
      sync(group, command, now, out)
      break
    case 'heartbeat':
      heartbeat(group, command, now, out)
      break
    case 'leave':
      leave(group, command, now, out)
      break
    case 'delete':
      deleteGroup(group, command, out)
      break
    case 'tick':
      tick(group, now, out)
      break
    default:
      unreachable(command)
  }
}
