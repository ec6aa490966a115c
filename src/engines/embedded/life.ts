import type { Clock } from '../../env/clock.ts'
import type { MemoryDisk } from '../../env/memory-disk.ts'
import type { Listener, Socket } from '../../env/net.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import { type Embedded, openEmbedded } from '../../server/embed.ts'
import { type Front, openFronts } from '../../server/fronts.ts'
import { listen } from '../../server/listen.ts'
import { type ListenAddress, type Protocol, readListener } from '../../server/listen-address.ts'
import type { Log } from '../../server/log.ts'
import type { SettingKey } from '../../server/settings.ts'
import { EmbeddedBroker } from './open.ts'

export interface LifeOptions {
  readonly data: string | MemoryDisk
  /** The machine's unless given. */
  readonly clock?: Clock
  readonly settings: Partial<Readonly<Record<SettingKey, string | number | boolean>>>
  readonly log: Log
  /** `die` is to be called: see there. */
  readonly mortal?: boolean
  /** The journal could not be written. */
  readonly onFatal: (error: Error) => void
}

/** A broker with its listeners, from its start to its end, whether that is a good one or not. */
export class Life {
  readonly broker: EmbeddedBroker
  private readonly embedded: Embedded
  private readonly listeners: Listener[] = []
  private readonly sockets = new Map<Socket, Protocol>()
  private fronts: Record<Protocol, Front> | null = null
  private over = false

  private constructor(embedded: Embedded, log: Log) {
    this.embedded = embedded
    this.broker = new EmbeddedBroker(embedded, log)
  }

  /** @throws Error in one line if another process has the directory, or if it is damaged */
  static async begin(options: LifeOptions): Promise<Life> {
    return new Life(await openEmbedded(options), options.log)
  }

  /** Listens for a protocol on this machine; 0 is any free port. Returns the port. */
  async listen(protocol: Protocol, port: number, log: Log): Promise<number> {
    const { broker, nouns, env, config } = this.embedded
    this.fronts ??= openFronts(broker, nouns, config, log)
    const front = this.fronts[protocol]
    const address = readListener(`${protocol}://127.0.0.1:${port}`, 'listen')
    const watched = watch(front, (socket) => {
      // One that had come before the listener closed would keep it from closing.
      if (this.over) socket.destroy()
      else this.sockets.set(socket, protocol)
    })
    const listener = await listen(env.net, broker.memory, address, null, watched, log)
    this.listeners.push(listener)
    return listener.port
  }

  /** Cuts connections of clients, without a word. */
  cut(protocol: Protocol | null): number {
    let count = 0
    for (const [socket, own] of this.sockets) {
      if (protocol !== null && own !== protocol) continue
      this.sockets.delete(socket)
      socket.destroy()
      count++
    }
    return count
  }

  /** Ends as a process does that is killed: nothing more is written, nobody hears a word. */
  async die(): Promise<void> {
    this.over = true
    const closed = this.listeners.map((one) => new Promise<void>((done) => one.close(done)))
    this.cut(null)
    this.broker.ground.end(new PosthornError('CONNECTION_FAILED', 'the broker has crashed'))
    await Promise.all([...closed, this.embedded.die()])
  }

  async end(): Promise<void> {
    this.over = true
    const closed = this.listeners.map((one) => new Promise<void>((done) => one.close(done)))
    for (const front of Object.values(this.fronts ?? {})) front.shutdown()
    this.cut(null)
    await Promise.all(closed)
    await this.broker.close()
  }
}

/** The front, and somebody who learns of its sockets. */
function watch(front: Front, seen: (socket: Socket) => void): Front {
  return {
    accept(socket, address: ListenAddress) {
      const events = front.accept(socket, address)
      seen(socket)
      return events
    },
    get connections() {
      return front.connections
    },
    shutdown: () => front.shutdown(),
    destroy: () => front.destroy(),
  }
}
