import { Duplex } from 'node:stream'
import type { Handler, Socket } from '../env/net.ts'
import type { Arena } from '../std/arena.ts'

/** A connection as the stream that the runtime's HTTP works on. */
export class SocketStream extends Duplex {
  readonly remoteAddress: string
  /** What the connection tells. */
  readonly handler: Handler
  private readonly socket: Socket
  private readonly arena: Arena
  private paused = false

  constructor(socket: Socket, arena: Arena) {
    super({ allowHalfOpen: true })
    this.socket = socket
    this.arena = arena
    this.remoteAddress = socket.remoteAddress
    this.handler = {
      input: (start, end) => this.arrived(start, end),
      drained() {},
      closed: () => this.destroy(),
    }
  }

  override _read(): void {
    if (!this.paused) return
    this.paused = false
    this.socket.resume()
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.socket.write(chunk, done)
    if (this.socket.pending === 0) done()
  }

  override _final(done: () => void): void {
    this.socket.end()
    done()
  }

  override _destroy(_error: Error | null, done: (error: Error | null) => void): void {
    this.socket.destroy()
    // Whoever went away did so in silence: nobody waits for the reason.
    done(null)
  }

  private arrived(start: number, end: number): number {
    if (!this.push(Buffer.from(this.arena.bytes.subarray(start, end)))) {
      this.paused = true
      this.socket.pause()
    }
    return end
  }
}
