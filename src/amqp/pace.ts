import type { Timer } from '../broker/timers.ts'
import type { Queue } from '../core/queue/queue.ts'
import { connection as methods } from '../wire/amqp/methods.ts'
import { type Connection, OUTPUT_HIGH_WATER } from './connection.ts'
import { AmqpConsumer } from './consumer.ts'

/** A client that has this many bytes of answers still to read gets no more of them. */
const UNREAD_LIMIT = 8 * 1024 * 1024
/** A publisher that waits for room is told so after this time. */
const BLOCKED_MS = 100
/** How long a publisher waits for consumers at most, before it may send some more. */
const LAG_MS = 10
/** Ready bytes in one queue from which on its publishers wait for consumers that are reading as fast as they can. */
const AHEAD_LIMIT = 4 * 1024 * 1024

/**
 * The connection for which a publisher to these queues should wait, null if for none: all consumers of one of the queues have as much
 * as they can read, and much more is ready. Otherwise a fast publisher would push what is about to be delivered out of memory
 * to the disk, and all would be slower. Consumers that wait for something else than their network hold nobody back.
 */
function whoLagsBehind(queues: readonly Queue[]): Connection | null {
  for (let i = 0; i < queues.length; i++) {
    if (queues[i].readyBytes < AHEAD_LIMIT) continue
    const lagging = slowest(queues[i])
    if (lagging !== null) return lagging
  }
  return null
}

function slowest(queue: Queue): Connection | null {
  let lagging: Connection | null = null
  for (const consumer of queue.consumers) {
    if (!(consumer instanceof AmqpConsumer)) return null
    const { connection } = consumer.channel
    if (connection.output.pending < OUTPUT_HIGH_WATER) return null
    lagging = connection
  }
  return lagging
}

/** Makes one connection wait: for room in the logs, for its client to read, for consumers that lag behind. */
export class Pace {
  /** A message has found no room. */
  starved = false
  /** The client has to read before it is heard again. */
  unread = false
  private readonly connection: Connection
  private timer: Timer | null = null
  private toldBlocked = false

  constructor(connection: Connection) {
    this.connection = connection
  }

  /** False if the client has many answers still to get: nothing more is done for it until it has read them, or the disk lets them go. */
  isReading(): boolean {
    const { pending, held } = this.connection.output
    this.unread = pending + held >= UNREAD_LIMIT
    if (!this.unread) return true
    this.connection.pause()
    return false
  }

  /** The client has read everything. */
  drained(): void {
    if (!this.unread) return
    this.unread = false
    this.connection.resume()
  }

  /** Waits a little for consumers that lag behind what is published to these queues. */
  keep(queues: readonly Queue[]): void {
    const { connection } = this
    if (connection.paused) return
    const lagging = whoLagsBehind(queues)
    if (lagging === null || lagging === connection) return
    connection.pause()
    const { timers } = connection.broker
    const timer = timers.after(LAG_MS, connection.resume)
    lagging.whenRead(() => {
      timers.clear(timer)
      connection.resume()
    })
  }

  /** Tries the message again when the logs have got on; the client is told if that takes long. */
  waitForRoom(): false {
    const { connection } = this
    const { broker, capabilities } = connection
    connection.pause()
    this.starved = true
    broker.whenRoom(connection.resume)
    if (capabilities.connectionBlocked && this.timer === null && !this.toldBlocked) {
      this.timer = broker.timers.after(BLOCKED_MS, () => {
        this.timer = null
        this.toldBlocked = true
        connection.send(0, methods.blocked, { reason: broker.memory.alarm ? 'low on memory' : 'low on disk' })
      })
    }
    return false
  }

  /** A message found room, or none is waited for any more. */
  foundRoom(tell: boolean): void {
    this.starved = false
    if (this.timer !== null) this.connection.broker.timers.clear(this.timer)
    this.timer = null
    if (this.toldBlocked && tell) this.connection.send(0, methods.unblocked, {})
    this.toldBlocked = false
  }
}
