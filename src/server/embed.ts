import { resolve } from 'node:path'
import { seedAccess } from '../broker/access/seed.ts'
import { startRetention } from '../broker/topic/retention.ts'
import type { Clock } from '../env/clock.ts'
import type { Disk } from '../env/disk.ts'
import type { MemoryDisk } from '../env/memory-disk.ts'
import { MortalDisk } from '../env/mortal-disk.ts'
import { nodeEnv, nodeParts } from '../env/node.ts'
import { Arena } from '../std/arena.ts'
import { batchWorker } from './batch-worker-entry.ts'
import { type Config, readConfig } from './config.ts'
import type { Log } from './log.ts'
import { type OpenData, openOn, take } from './open-data.ts'
import type { SettingKey } from './settings.ts'
import { arenaSize } from './sizes.ts'

export interface EmbedOptions {
  /** The data directory, or a disk in memory. */
  readonly data: string | MemoryDisk
  /** Settings of `posthorn serve`. */
  readonly settings?: Partial<Readonly<Record<SettingKey, string | number | boolean>>>
  /** The machine's unless given. */
  readonly clock?: Clock
  readonly log: Log
  /** It is to be ended like a process that is killed: see `Embedded.die`. */
  readonly mortal?: boolean
  /** The journal can't be written: the broker promises nothing more. */
  readonly onFatal: (error: Error) => void
}

/** A broker within another program, without listeners. */
export interface Embedded extends OpenData {
  readonly config: Config
  /** Ends it as a process ends that is killed, but for what is on its way to the disk: nothing more is written. A directory is free then, if it is mortal. */
  die(): Promise<void>
}

const MIB = 2 ** 20
/** What is in memory anyway needs no files of the usual size. */
const IN_MEMORY = { 'journal.ring': 8 * MIB, 'journal.file': 8 * MIB, 'journal.files': 4 } as const

/** @throws Error in one line if another process has the directory, or if it is damaged. */
export async function openEmbedded(options: EmbedOptions): Promise<Embedded> {
  const { data, clock, log, onFatal } = options
  const config = configOf({ ...(typeof data === 'string' ? {} : IN_MEMORY), ...options.settings })
  const arena = new Arena(arenaSize(config))
  const release = typeof data === 'string' ? await lock(resolve(data)) : (done: () => void) => done()
  const disk: Disk | undefined = typeof data === 'string' ? undefined : data
  const parts = { arena, worker: batchWorker, ...(clock === undefined ? {} : { clock }) }
  const ground =
    disk === undefined ? nodeEnv({ directory: resolve(data as string), ...parts }) : { ...nodeParts(parts), disk }
  const mortal = options.mortal === true ? new MortalDisk(ground.disk) : null
  const env = mortal === null ? ground : { ...ground, disk: mortal }
  const opened = openOn({ env, arena, release, onFatal }, config, log)
  seedAccess(opened.broker, true)
  startRetention(opened.nouns.topics)
  const die = async () => {
    opened.broker.stop()
    await mortal?.die()
    await new Promise<void>(release)
  }
  return { ...opened, config, die }
}

function configOf(settings: EmbedOptions['settings']): Config {
  const config = readConfig({ file: null, environment: {}, flags: {}, listen: [], advertise: [] })
  return { ...config, values: { ...config.values, ...settings } as Config['values'] }
}

async function lock(directory: string): Promise<(done: () => void) => void> {
  const held = await take(directory)
  return (done) => held.release(done)
}
