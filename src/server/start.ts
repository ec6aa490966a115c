import { resolve } from 'node:path'
import type { Broker, BrokerEvent } from '../broker/broker.ts'
import { openBroker } from '../broker/open.ts'
import type { Handler, Listener, Net, Socket } from '../env/net.ts'
import { nodeEnv } from '../env/node.ts'
import { type Lock, lockDirectory } from '../env/node-lock.ts'
import type { TlsIdentity } from '../env/tls-identity.ts'
import { Arena } from '../std/arena.ts'
import type { StoreEvent } from '../store/store.ts'
import { batchWorker } from './batch-worker-entry.ts'
import type { Config } from './config.ts'
import { type Front, type Nouns, openFronts, registerNouns } from './fronts.ts'
import type { ListenAddress } from './listen-address.ts'
import { openIdentity } from './listener-access.ts'
import type { Log } from './log.ts'
import { arenaSize, brokerOptions, storeOptions } from './sizes.ts'

/** A broker that serves. */
export interface Running {
  readonly data: string
  /** With the real port where 0 was asked for. */
  readonly listeners: readonly ListenAddress[]
  readonly broker: Broker
  /** Reads what may change while the broker runs again: certificates and keys. */
  reload(): void
  /** Takes no new connections, says goodbye to those that are there, takes a checkpoint and ends. May be called more than once. */
  stop(reason: string): void
}

/** Connections are given this long to read their goodbye. */
const GOODBYE_MS = 1000
const LOOK_MS = 10
/** Node ends a process that waits for nothing but timers of ours: this keeps it until the last word is on the disk. */
const FOR_EVER_MS = 2 ** 30

/**
 * Opens the data directory, then the listeners. `stopped` is called once the broker has ended after that, with the exit code.
 *
 * @throws Error in one line if the directory is in use or damaged, or a port is taken.
 */
export async function start(config: Config, log: Log, stopped: (code: number) => void): Promise<Running> {
  const data = resolve(String(config.values.data))
  const identity = openIdentity(config.listeners, config.values)
  const lock = await take(data)
  const alive = setInterval(() => {}, FOR_EVER_MS)
  const arena = new Arena(arenaSize(config))
  const env = nodeEnv({ directory: data, arena, worker: batchWorker })
  const onFatal = (error: Error) => {
    log.error({ data }, `the journal can't be written, so nothing more can be promised: ${error.message}`)
    process.exit(1)
  }
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
  const fronts = openFronts(broker, nouns, config, log)
  const open: { listening: ListenAddress; listener: Listener }[] = []
  try {
    for (const address of config.listeners) {
      const front = fronts[address.protocol]
      const listener = await listen(env.net, address, identity, front, log)
      open.push({ listener, listening: { ...address, port: listener.port } })
      log.info({ name: address.name, host: address.host, port: listener.port }, `listening for ${address.protocol}`)
    }
  } catch (error) {
    for (const { listener } of open) listener.close(() => {})
    await new Promise<void>((done) => broker.store.close(done))
    clearInterval(alive)
    throw error
  }
  const reloaded = (error: Error | null) => {
    if (error === null) log.info({}, 'certificate and key were read again')
    else log.error({}, `certificate and key stay as they were: ${error.message}`)
  }
  identity?.watch(reloaded)
  let stopping = false
  return {
    data,
    broker,
    listeners: open.map((one) => one.listening),
    reload: () => {
      if (identity !== null) reloaded(identity.reload())
    },
    stop: (reason) => {
      if (stopping) return
      stopping = true
      identity?.unwatch()
      log.info({ reason }, 'stopping')
      stop(
        broker,
        fronts,
        open.map((one) => one.listener),
        () => {
          lock.release(() => {
            clearInterval(alive)
            log.info({}, 'stopped')
            stopped(0)
          })
        },
      )
    },
  }
}

/** What cannot be read is an error, the rest is news. */
function tell(log: Log, { kind, ...facts }: StoreEvent | BrokerEvent): void {
  if (kind === 'damage') log.error(facts, 'what is stored is damaged')
  else if (kind === 'set-aside' || kind === 'delayed-set-aside')
    log.error(facts, 'a message that cannot be read is set aside')
  else if (kind === 'unreadable-records') log.error(facts, 'records cannot be read')
  else log.info(facts, kind)
}

function take(data: string): Promise<Lock> {
  return new Promise((resolve, reject) => {
    lockDirectory(data, (error, lock) => (lock === undefined ? reject(error) : resolve(lock)))
  })
}

function listen(
  net: Net,
  address: ListenAddress,
  identity: TlsIdentity | null,
  front: Front,
  log: Log,
): Promise<Listener> {
  const tls = address.tls ? { identity: identity!, clientAuth: address.clientAuth ?? 'none' } : null
  const accept = (socket: Socket): Handler => {
    log.debug({ listener: address.name, peer: `${socket.remoteAddress}:${socket.remotePort}` }, 'connection accepted')
    return front.accept(socket, { ...address, port: socket.localPort })
  }
  return new Promise((resolve, reject) => {
    net.listen({ host: address.host, port: address.port, tls }, accept, (error, listener) => {
      if (listener !== undefined) resolve(listener)
      else reject(new Error(`can't listen on ${address.host}:${address.port} for '${address.name}': ${explain(error)}`))
    })
  })
}

function explain(error: Error | null): string {
  const { code, message } = (error ?? {}) as NodeJS.ErrnoException
  if (code === 'EADDRINUSE') return 'the port is in use; choose another with --listen'
  if (code === 'EACCES') return 'this user may not listen on that port'
  return message
}

function stop(broker: Broker, fronts: Record<string, Front>, listeners: readonly Listener[], done: () => void): void {
  let waiting = listeners.length + 1
  const one = () => {
    if (--waiting === 0) broker.store.close(done)
  }
  for (const listener of listeners) listener.close(one)
  for (const front of Object.values(fronts)) front.shutdown()
  const patience = broker.env.clock.elapsed() + GOODBYE_MS
  const look = () => {
    const all = Object.values(fronts)
    if (all.some((front) => front.connections > 0) && broker.env.clock.elapsed() < patience) {
      broker.timers.after(LOOK_MS, look)
      return
    }
    for (const front of all) front.destroy()
    one()
  }
  look()
}
