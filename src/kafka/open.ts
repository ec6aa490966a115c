import type { Broker } from '../broker/broker.ts'
import type { Topics } from '../broker/topic/topics.ts'
import type { Transactions } from '../broker/transaction/transactions.ts'
import type { Handler, Socket } from '../env/net.ts'
import { APIS } from './apis.ts'
import { Connection } from './connection.ts'
import { FRONT_DEFAULTS, Front, type FrontOptions } from './front.ts'
import type { SaslOptions } from './security/sasl.ts'
import { Throttle } from './security/throttle.ts'

/** What one listener tells its clients to come back to; null for the address at which they reached it. */
export type Advertised = FrontOptions['advertised']

/** `connections.max.idle.ms`. */
const MAX_IDLE_MS = 600_000
const PARTITION_BYTES = 1500
const ENTRY_BYTES = 40
const PRODUCER_BYTES = 500
const CONNECTION_BYTES = 7500
/** A partition in a fetch session. */
const FETCHED_BYTES = 300

/** Kafka's protocol for a broker. */
export interface Kafka {
  /** Takes a connection; with `sasl` its client has to log in. */
  accept(socket: Socket, advertised: Advertised, sasl?: SaslOptions | null): Handler
  readonly connections: { readonly size: number }
  /** Ends every connection: Kafka has no goodbye. */
  destroy(): void
}

/** Called once, after `openBroker`. */
export function openKafka(
  broker: Broker,
  transactions: Transactions,
  options: Omit<FrontOptions, 'advertised' | 'authorizer' | 'userOf'> & Partial<FrontOptions>,
): Kafka {
  const throttle = new Throttle(broker.quotas.quotas, transactions.topics, broker.env.clock)
  const apis = new Map(APIS.map((api) => [api.key, api]))
  const fronts = new Map<string, Front>()
  const connections = new Set<Connection>()
  broker.memory.holders.push(
    () => heldBytes(fronts, connections),
    () => indexBytes(transactions.topics),
  )
  const frontFor = (advertised: Advertised) => {
    const key = JSON.stringify(advertised)
    let front = fronts.get(key)
    if (front === undefined)
      fronts.set(
        key,
        (front = new Front(broker, transactions, APIS, { ...FRONT_DEFAULTS, ...options, throttle, advertised })),
      )
    return front
  }
  endIdle(broker, connections)
  return {
    connections,
    accept(socket, advertised, sasl = null) {
      const gone = () => connections.delete(connection)
      const connection = new Connection(frontFor(advertised), apis, socket, sasl, gone)
      connections.add(connection)
      return connection
    },
    destroy() {
      for (const { socket } of connections) socket.destroy()
    },
  }
}

/** Looks for idle connections, again and again. */
function endIdle(broker: Broker, connections: ReadonlySet<Connection>): void {
  for (const connection of connections) connection.endIfIdle(broker.live.elapsed() - MAX_IDLE_MS)
  broker.liveTimers.after(MAX_IDLE_MS / 10, () => endIdle(broker, connections))
}

function heldBytes(fronts: ReadonlyMap<string, Front>, connections: ReadonlySet<Connection>): number {
  let bytes = 0
  for (const { buffers, sessions } of fronts.values()) bytes += buffers.held + sessions.partitions * FETCHED_BYTES
  for (const { socket } of connections) bytes += CONNECTION_BYTES + socket.pending
  return bytes
}

/** What partitions and their indexes take, near enough: it is added up a few times a second. */
function indexBytes(topics: Topics): number {
  let bytes = 0
  for (const { index, producers } of topics.partitions.values()) {
    bytes += PARTITION_BYTES + index.count * ENTRY_BYTES + producers.size * PRODUCER_BYTES
  }
  return bytes
}
