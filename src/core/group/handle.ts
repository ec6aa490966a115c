import { unreachable } from '../../std/assert.ts'
import type { Group } from './classic.ts'
import type { Command, Out } from './commands.ts'
import { heartbeat } from './heartbeat.ts'
import { join } from './join.ts'
import { deleteGroup, leave } from './leave.ts'
import { tick } from './rebalance.ts'
import { sync } from './sync.ts'

/**
 * Decides what a command does to a group: changes its volatile state and puts records and replies in `out`. The records
 * must be applied before the next command. `now` is on the clock that never goes back.
 */
export function handle(group: Group, command: Command, now: number, out: Out): void {
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
