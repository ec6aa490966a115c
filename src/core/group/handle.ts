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
      return join(group, command, now, out)
    case 'sync':
      return sync(group, command, now, out)
    case 'heartbeat':
      return heartbeat(group, command, now, out)
    case 'leave':
      return leave(group, command, now, out)
    case 'delete':
      return deleteGroup(group, command, out)
    case 'tick':
      return tick(group, now, out)
    default:
      return unreachable(command)
  }
}
