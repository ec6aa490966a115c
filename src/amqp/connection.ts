import type { Broker } from '../broker/broker.ts'
import { Output } from '../broker/output.ts'
import type { VHost } from '../broker/vhost.ts'
import type { Socket } from '../env/net.ts'
import { EMPTY_TABLE, type Table } from '../wire/amqp/field.ts'
import { FRAME_MIN_SIZE } from '../wire/amqp/frame.ts'
import { type Fields, type Method, type ValuesOf, writeMethod } from '../wire/amqp/method.ts'
import { Writer } from '../wire/amqp/writer.ts'
import type { Front } from './front.ts'
import { Rights } from './rights.ts'

/** What a client says it can deal with. */
export interface ClientCapabilities {
  readonly consumerCancelNotify: boolean
  readonly connectionBlocked: boolean
  readonly authenticationFailureClose: boolean
}

/** No more deliveries to a client that has this many bytes still to read. */
export const OUTPUT_HIGH_WATER = 1024 * 1024

const writer = new Writer()

/** What is known about one client's connection, and its output. */
export class Connection {
  /** Never used twice while the process runs; the owner of exclusive queues. */
  readonly id: number
  readonly front: Front
  readonly broker: Broker
  readonly socket: Socket
  readonly output: Output
  /** Who logged in. */
  user = ''
  /** Set by `enter`, before the first channel. */
  vhost!: VHost
  /** What the user may do in the vhost. */
  rights!: Rights
  capabilities: ClientCapabilities = {
    consumerCancelNotify: false,
    connectionBlocked: false,
    authenticationFailureClose: false,
  }
  /** What the client says about itself. */
  clientProperties: Table = EMPTY_TABLE
  /** The largest frame that either side sends, its overhead included. */
  frameMax = FRAME_MIN_SIZE
  channelMax = 0
  /** In seconds; 0 for none. */
  heartbeat = 0
  /** Nothing is read: a command waits for room, or the client has to read first. */
  paused = false
  /** Set when something was sent since the heartbeat timer last looked. */
  spoke = false

  /** Called when the client has read all that was sent, or is gone. */
  private waiting: (() => void)[] = []

  constructor(front: Front, socket: Socket) {
    this.front = front
    this.id = front.nextConnectionId()
    this.broker = front.broker
    this.socket = socket
    this.output = new Output(front.broker.outputs, socket, (output) => {
      this.spoke = true
      front.broker.turn.mark(output)
    })
  }

  /** The client has opened a vhost. */
  enter(vhost: VHost): void {
    this.vhost = vhost
    this.rights = new Rights(this.broker.access, this.user, vhost.name)
  }

  /** Reads nothing more; what was read and not taken is shown again later. */
  pause(): void {
    this.paused = true
    this.socket.pause()
  }

  /** Shows what was not taken again, and goes on reading. */
  readonly resume = (): void => {
    if (!this.paused) return
    this.paused = false
    this.socket.resume()
  }

  /** Calls `run` once, when the client has read all that was sent or is gone. */
  whenRead(run: () => void): void {
    this.waiting.push(run)
  }

  /** The client has read all that was sent, or is gone. */
  drained(): void {
    const { waiting } = this
    if (waiting.length === 0) return
    this.waiting = []
    for (const run of waiting) run()
  }

  /** Sends a method at once. */
  send<F extends Fields>(channel: number, method: Method<F>, values: ValuesOf<F>): void {
    writer.clear()
    writeMethod(writer, channel, method, values)
    this.output.append(writer.bytes, 0, writer.at)
  }
}
