import type { Timer, Timers } from '../broker/timers.ts'
import { FRAME_END, FRAME_HEARTBEAT } from '../wire/amqp/frame.ts'
import type { Connection } from './connection.ts'

const FRAME = new Uint8Array([FRAME_HEARTBEAT, 0, 0, 0, 0, 0, 0, FRAME_END])

/** Tells the client that we live, and finds out when the client doesn't. */
export class Heartbeat {
  /** Set whenever bytes come in. */
  heard = true
  private readonly connection: Connection
  private readonly timers: Timers
  private readonly halfMs: number
  private readonly deaf: () => boolean
  private readonly dead: () => void
  private silentHalves = 0
  private timer: Timer

  /** `dead` is called when two intervals have gone by without a byte; while we are `deaf` they don't count. */
  constructor(connection: Connection, deaf: () => boolean, dead: () => void) {
    this.connection = connection
    this.timers = connection.broker.liveTimers
    this.halfMs = connection.heartbeat * 500
    this.deaf = deaf
    this.dead = dead
    this.timer = this.timers.after(this.halfMs, this.tick)
  }

  stop(): void {
    this.timers.clear(this.timer)
  }

  private readonly tick = (): void => {
    // Of a connection that waits for us we hear nothing, whatever its client says.
    const silent = !this.heard && !this.deaf()
    this.silentHalves = silent ? this.silentHalves + 1 : 0
    this.heard = false
    if (this.silentHalves >= 4) {
      this.dead()
      return
    }
    const { connection } = this
    if (!connection.spoke) connection.output.append(FRAME, 0, FRAME.length)
    connection.spoke = false
    this.timer = this.timers.after(this.halfMs, this.tick)
  }
}
