import type { Broker } from '../broker/broker.ts'
import type { Handler, Socket } from '../env/net.ts'
import { Front, type FrontOptions } from './front.ts'
import { AmqpHandler } from './handler.ts'

/** AMQP 0-9-1 for a broker. */
export interface Amqp {
  readonly front: Front
  readonly connections: ReadonlySet<AmqpHandler>
  /** Takes a connection. */
  accept(socket: Socket): Handler
  /** Tells every client that the broker goes down. */
  shutdown(): void
  /** Ends what is still connected. */
  destroy(): void
}

/** What a connection takes as objects, measured. */
const CONNECTION_BYTES = 7500

/** Called once, after `openBroker`. */
export function openAmqp(broker: Broker, options: FrontOptions): Amqp {
  const front = new Front(broker, options)
  const connections = new Set<AmqpHandler>()
  broker.memory.holders.push(
    () => front.assembling,
    () => connectionBytes(connections),
  )
  return {
    front,
    connections,
    accept(socket) {
      const handler = new AmqpHandler(front, socket, () => connections.delete(handler))
      connections.add(handler)
      return handler
    },
    shutdown() {
      for (const handler of connections) handler.close('broker forced connection closure with reason shutdown')
    },
    destroy() {
      for (const handler of connections) handler.connection.socket.destroy()
    },
  }
}

/** Connections, and what their clients have not read yet. */
function connectionBytes(connections: ReadonlySet<AmqpHandler>): number {
  let bytes = 0
  for (const { connection } of connections) {
    bytes += CONNECTION_BYTES + connection.output.pending + connection.output.held
  }
  return bytes
}
