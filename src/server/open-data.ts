import type { Broker, BrokerEvent } from '../broker/broker.ts'
import { openBroker } from '../broker/open.ts'
import type { Env } from '../env/env.ts'
import { nodeEnv } from '../env/node.ts'
import { type Lock, lockDirectory } from '../env/node-lock.ts'
import { Arena } from '../std/arena.ts'
import type { StoreEvent } from '../store/store.ts'
import { batchWorker } from './batch-worker-entry.ts'
import type { Config } from './config.ts'
import { type Nouns, registerNouns } from './fronts.ts'
import type { Log } from './log.ts'
import { arenaSize, brokerOptions, storeOptions } from './sizes.ts'

/** A data directory that is this process's own, and the broker made of it. Nobody listens yet. */
export interface OpenData {
  readonly env: Env
  readonly broker: Broker
  readonly nouns: Nouns
  /** Writes what there is and lets the directory go. */
  close(done: () => void): void
}

/** Node ends a process that waits for nothing but timers of ours: this keeps it until the last word is on the disk. */
const FOR_EVER_MS = 2 ** 30

/** What a broker is opened on. */
export interface Ground {
  readonly env: Env
  readonly arena: Arena
  /** Called once the last word is written. */
  readonly release: (done: () => void) => void
  /** The journal can't be written: nothing more can be promised. */
  readonly onFatal: (error: Error) => void
}

/** @throws Error in one line if another process has the directory, or if it is damaged. */
export async function openData(directory: string, config: Config, log: Log): Promise<OpenData> {
  const lock = await take(directory)
  const alive = setInterval(() => {}, FOR_EVER_MS)
  const arena = new Arena(arenaSize(config))
  const env = nodeEnv({ directory, arena, worker: batchWorker })
  const onFatal = (error: Error) => {
    log.error({ data: directory }, `the journal can't be written, so nothing more can be promised: ${error.message}`)
    process.exit(1)
  }
  const release = (done: () => void) => {
    lock.release(() => {
      clearInterval(alive)
      done()
    })
  }
  return openOn({ env, arena, release, onFatal }, config, log)
}

/** Makes the broker of what the ground holds. */
export function openOn({ env, arena, release, onFatal }: Ground, config: Config, log: Log): OpenData {
  let nouns!: Nouns
  const broker = openBroker({
    env,
    arena,
    broker: brokerOptions(config),
    store: storeOptions(config),
    register: [
      (broker) => {
        nouns = registerNouns(broker, config)
      },
    ],
    onFatal,
    report: (event) => tell(log, event),
  })
  const close = (done: () => void) =>
    broker.store.close(() => {
      broker.stop()
      release(done)
    })
  return { env, broker, nouns, close }
}

/** What cannot be read is an error, the rest is news. */
function tell(log: Log, { kind, ...facts }: StoreEvent | BrokerEvent): void {
  if (kind === 'damage') log.error(facts, 'what is stored is damaged')
  else if (kind === 'set-aside' || kind === 'delayed-set-aside')
    log.error(facts, 'a message that cannot be read is set aside')
  else if (kind === 'unreadable-records') log.error(facts, 'records cannot be read')
  else if (kind === 'broken-contract') log.warn(facts, 'a contract is broken')
  else log.info(facts, kind)
}

export function take(data: string): Promise<Lock> {
  return new Promise((resolve, reject) => {
    lockDirectory(data, (error, lock) => (lock === undefined ? reject(error) : resolve(lock)))
  })
}
