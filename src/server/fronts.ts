import { openAmqp } from '../amqp/open.ts'
import type { Broker } from '../broker/broker.ts'
import type { Handler, Socket } from '../env/net.ts'
import type { Config } from './config.ts'
import type { ListenAddress, Protocol } from './listen-address.ts'
import type { Log } from './log.ts'
import { VERSION } from './version.ts'

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

export function openFronts(broker: Broker, config: Config, _log: Log): Partial<Record<Protocol, Front>> {
  const { values } = config
  const amqp = openAmqp(broker, {
    // There are no users yet but the one that RabbitMQ begins with.
    login: (user, password) => user === 'guest' && password === 'guest',
    version: VERSION,
    clusterName: 'posthorn',
    channelMax: Number(values['amqp.channelMax']),
    frameMax: Number(values['amqp.frameMax']),
    heartbeat: Number(values['amqp.heartbeat']),
    assemblyBudget: Number(values.memory) / 2,
  })
  return { amqp }
}
