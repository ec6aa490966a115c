import { resolve } from 'node:path'
import type { Broker } from '../broker/broker.ts'
import { startRetention } from '../broker/topic/retention.ts'
import type { Listener } from '../env/net.ts'
import type { Config } from './config.ts'
import { type ControlListener, listenForControl } from './control/socket.ts'
import { importAtStart } from './definitions/at-start.ts'
import { type Front, openFronts } from './fronts.ts'
import { listen } from './listen.ts'
import type { ListenAddress } from './listen-address.ts'
import { openIdentity } from './listener-access.ts'
import type { Log } from './log.ts'
import { openData } from './open-data.ts'

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

/**
 * Opens the data directory, then the listeners. `stopped` is called once the broker has ended after that, with the exit code.
 *
 * @throws Error in one line if the directory is in use or damaged, or a port is taken.
 */
export async function start(config: Config, log: Log, stopped: (code: number) => void): Promise<Running> {
  const data = resolve(String(config.values.data))
  const identity = openIdentity(config.listeners, config.values)
  const opened = await openData(data, config, log)
  const { broker, nouns, env } = opened
  const close = () => new Promise<void>((done) => opened.close(done))
  const file = String(config.values['definitions.file'])
  try {
    const counts = await importAtStart(broker, file === 'none' ? null : file)
    if (counts !== null) log.info({ file, ...counts }, 'definitions imported')
  } catch (error) {
    await close()
    throw error
  }
  startRetention(nouns.topics)
  const fronts = openFronts(broker, nouns, config, log)
  let control!: ControlListener
  const open: { listening: ListenAddress; listener: Listener }[] = []
  try {
    for (const address of config.listeners) {
      const front = fronts[address.protocol]
      const listener = await listenUnlessSpare(env.net, broker.memory, address, identity, front, log)
      if (listener === null) continue
      open.push({ listener, listening: { ...address, port: listener.port } })
      log.info({ name: address.name, host: address.host, port: listener.port }, `listening for ${address.protocol}`)
    }
    control = await listenOnControl(broker, data)
  } catch (error) {
    for (const { listener } of open) listener.close(() => {})
    await close()
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
      control.close()
      log.info({ reason }, 'stopping')
      stop(
        broker,
        fronts,
        open.map((one) => one.listener),
        () =>
          opened.close(() => {
            log.info({}, 'stopped')
            stopped(0)
          }),
      )
    },
  }
}

function listenOnControl(broker: Broker, data: string): Promise<ControlListener> {
  return new Promise((resolve, reject) => {
    const listener = listenForControl(broker, data, (error) => (error === null ? resolve(listener) : reject(error)))
  })
}

/** Null if the listener was not asked for by name, and can't be had. */
async function listenUnlessSpare(...args: Parameters<typeof listen>): Promise<Listener | null> {
  const [, , address, , , log] = args
  try {
    return await listen(...args)
  } catch (error) {
    if (!address.spare) throw error
    log.warn({ name: address.name }, `${(error as Error).message}; the broker serves without it`)
    return null
  }
}

function stop(broker: Broker, fronts: Record<string, Front>, listeners: readonly Listener[], done: () => void): void {
  let waiting = listeners.length + 1
  const one = () => {
    if (--waiting === 0) done()
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
