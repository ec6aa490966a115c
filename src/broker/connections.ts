/** A client that has logged in, whichever protocol it speaks. */
export interface ClientConnection {
  readonly protocol: 'amqp' | 'kafka'
  /** `address:port -> address:port`, as RabbitMQ names it. */
  readonly name: string
  readonly user: string
  /** Null where the protocol has no vhosts. */
  readonly vhost: string | null
  /** Wall-clock time in milliseconds. */
  readonly connectedAt: number
  /** Channels that are open. */
  readonly channels: number
  /** Why it is ended is told to the client. */
  close(reason: string): void
}

/** Connections that are closed in one go. */
const RUN = 256

/** Who is connected. */
export class Connections {
  private readonly all = new Set<ClientConnection>()
  private readonly byVHost = new Map<string, number>()
  private readonly byUser = new Map<string, number>()
  /** Goes on with `step` between turns until it returns true. */
  private readonly start: (task: { step(): boolean }) => void

  constructor(start: (task: { step(): boolean }) => void) {
    this.start = start
  }

  [Symbol.iterator](): Iterator<ClientConnection> {
    return this.all[Symbol.iterator]()
  }

  get size(): number {
    return this.all.size
  }

  add(connection: ClientConnection): void {
    if (this.all.has(connection)) return
    this.all.add(connection)
    count(this.byUser, connection.user, 1)
    if (connection.vhost !== null) count(this.byVHost, connection.vhost, 1)
  }

  remove(connection: ClientConnection): void {
    if (!this.all.delete(connection)) return
    count(this.byUser, connection.user, -1)
    if (connection.vhost !== null) count(this.byVHost, connection.vhost, -1)
  }

  inVHost(name: string): number {
    return this.byVHost.get(name) ?? 0
  }

  ofUser(name: string): number {
    return this.byUser.get(name) ?? 0
  }

  channelsOfUser(name: string): number {
    let sum = 0
    for (const connection of this.all) if (connection.user === name) sum += connection.channels
    return sum
  }

  /** Ends those that `which` picks, in steps. */
  closeAll(which: (connection: ClientConnection) => boolean, reason: string): void {
    const chosen = [...this.all].filter(which)
    const step = () => {
      for (const connection of chosen.splice(0, RUN)) connection.close(reason)
      return chosen.length === 0
    }
    if (!step()) this.start({ step })
  }
}

function count(map: Map<string, number>, key: string, change: number): void {
  const now = (map.get(key) ?? 0) + change
  if (now === 0) map.delete(key)
  else map.set(key, now)
}
