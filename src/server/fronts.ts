import type { Broker } from '../broker/broker.ts'
import type { Handler, Socket } from '../env/net.ts'
import type { Config } from './config.ts'
import type { ListenAddress, Protocol } from './listen-address.ts'
import type { Log } from './log.ts'

/** One protocol's way into the broker. */
export interface Front {
  /** Takes a connection that came in at `address`, whose port is the real one. */
  accept(socket: Socket, address: ListenAddress): Handler
  /** Tells every client that the broker goes down, and takes nothing more from them. */
  shutdown(): void
  /** Ends what is still connected. */
  destroy(): void
}

/** What the fronts' nouns need before anything is recovered. */
export function registrations(_config: Config): ((broker: Broker) => void)[] {
  return []
}

export function openFronts(_broker: Broker, _config: Config, _log: Log): Partial<Record<Protocol, Front>> {
  return {}
}
