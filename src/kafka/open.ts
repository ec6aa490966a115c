import type { Broker } from '../broker/broker.ts'
import type { Groups } from '../broker/group/groups.ts'
import type { Topics } from '../broker/topic/topics.ts'
import type { Handler, Socket } from '../env/net.ts'
import { APIS } from './apis.ts'
import { Connection } from './connection.ts'
import { Front, type FrontOptions } from './front.ts'

/** What one listener tells its clients to come back to; null for the address at which they reached it. */
export type Advertised = FrontOptions['advertised']

const PARTITION_BYTES = 1500
const ENTRY_BYTES = 40
const PRODUCER_BYTES = 500

/** Kafka's protocol for a broker. */
export interface Kafka {
  /** Takes a connection. */
  accept(socket: Socket, advertised: Advertised): Handler
  /** Ends every connection: Kafka has no goodbye. */
  destroy(): void
}

/** Called once, after `openBroker`. */
export function openKafka(
  broker: Broker,
  topics: Topics,
  groups: Groups,
  options: Omit<FrontOptions, 'advertised'>,
): Kafka {
  const apis = new Map(APIS.map((api) => [api.key, api]))
  const fronts = new Map<string, Front>()
  const sockets = new Set<Socket>()
  broker.memory.holders.push(
    () => heldBytes(fronts, sockets),
    () => indexBytes(topics),
  )
  const frontFor = (advertised: Advertised) => {
    const key = JSON.stringify(advertised)
    let front = fronts.get(key)
    if (front === undefined)
      fronts.set(key, (front = new Front(broker, topics, groups, APIS, { ...options, advertised })))
    return front
  }
  return {
    accept(socket, advertised) {
      const connection = new Connection(frontFor(advertised), apis, socket, () => sockets.delete(socket))
      sockets.add(socket)
      return connection
    },
    destroy() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

function heldBytes(fronts: ReadonlyMap<string, Front>, sockets: ReadonlySet<Socket>): number {
  let bytes = 0
  for (const front of fronts.values()) bytes += front.buffers.held
  for (const socket of sockets) bytes += socket.pending
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
