import type { Clock } from './clock.ts'
import type { Compute } from './compute.ts'
import type { Disk } from './disk.ts'
import type { Net } from './net.ts'
import type { Random } from './random.ts'

/** Everything physical that a broker touches. `node.ts` has the real ones, the simulator its own. */
export interface Env {
  readonly clock: Clock
  /** Time between signs of life from clients: the clock itself, unless a test moves that one. */
  readonly live?: Clock
  readonly disk: Disk
  readonly net: Net
  readonly random: Random
  readonly compute: Compute
}
