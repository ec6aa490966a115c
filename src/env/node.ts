import type { Arena } from '../std/arena.ts'
import type { Env } from './env.ts'
import { NodeClock } from './node-clock.ts'
import { NodeCompute } from './node-compute.ts'
import { NodeDisk } from './node-disk.ts'
import { NodeNet } from './node-net.ts'
import { NodeRandom } from './node-random.ts'

export interface NodeEnvOptions {
  /** The data directory; it is made if it is not there. */
  directory: string
  /** The arena in which the read region is set aside, and everything else that is hot. */
  arena: Arena
  /** Reads straight to the arena (the default), or copies from 'data' events. */
  adopt?: boolean
  /** Where the code of the thread for heavy work is. */
  worker: () => URL
}

/** The real machine. */
export function nodeEnv(options: NodeEnvOptions): Env {
  const { arena, adopt = true } = options
  return {
    clock: new NodeClock(),
    disk: new NodeDisk(options.directory),
    net: new NodeNet({ arena, adopt }),
    random: new NodeRandom(),
    compute: new NodeCompute(options.worker),
  }
}
