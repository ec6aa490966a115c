import type { Arena } from '../std/arena.ts'
import type { Clock } from './clock.ts'
import type { Env } from './env.ts'
import { NodeClock } from './node-clock.ts'
import { NodeCompute } from './node-compute.ts'
import { NodeDisk } from './node-disk.ts'
import { NodeNet } from './node-net.ts'
import { NodeRandom } from './node-random.ts'

export interface NodePartsOptions {
  /** The arena in which the read region is set aside, and everything else that is hot. */
  arena: Arena
  /** Reads straight to the arena (the default), or copies from 'data' events. */
  adopt?: boolean
  /** Where the code of the thread for heavy work is. */
  worker: () => URL
  /** In place of the machine's, which is then for signs of life from clients alone. */
  clock?: Clock
}

export interface NodeEnvOptions extends NodePartsOptions {
  /** The data directory; it is made if it is not there. */
  directory: string
}

/** The real machine. */
export function nodeEnv(options: NodeEnvOptions): Env {
  return { ...nodeParts(options), disk: new NodeDisk(options.directory) }
}

/** All of it but the disk. */
export function nodeParts({ arena, adopt = true, worker, clock }: NodePartsOptions): Omit<Env, 'disk'> {
  const machine = new NodeClock()
  const clocks = clock === undefined ? { clock: machine } : { clock, live: machine }
  return { ...clocks, net: new NodeNet({ arena, adopt }), random: new NodeRandom(), compute: new NodeCompute(worker) }
}
