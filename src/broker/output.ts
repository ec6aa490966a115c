import type { Socket } from '../env/net.ts'
import type { Arena } from '../std/arena.ts'

/** One region's size; what is larger goes out as a buffer of its own. */
export const REGION = 64 * 1024

/** Output regions in the arena, lent to connections while they have something to send. */
export class OutputPool {
  readonly arena: Arena
  private readonly free: number[] = []

  constructor(arena: Arena, regions: number) {
    this.arena = arena
    const base = arena.allocate(regions * REGION)
    for (let i = regions - 1; i >= 0; i--) this.free.push(base + i * REGION)
  }

  /** A region's place in the arena, or -1 when all are lent. */
  take(): number {
    return this.free.pop() ?? -1
  }

  give(region: number): void {
    this.free.push(region)
  }
}

/**
 * What one connection has to say. Replies and deliveries of a turn are written one behind the other into a region, which goes to the
 * socket in one call when the turn ends. A region is lent out again at once if the kernel took all of it, else when it has gone.
 */
export class Output {
  /** Where `at` points: the arena or, when no region is free, a buffer of the connection's own. */
  bytes: Uint8Array
  /** Where the next byte goes; move it by what was written after `reserve`. */
  at = 0
  /** Bytes kept elsewhere until the disk has what they tell, which will be appended here. */
  held = 0
  private marked = false
  private readonly pool: OutputPool
  private readonly socket: Socket
  private readonly mark: (output: Output) => void
  private region = -1
  private start = 0
  private limit = 0
  private closed = false

  /** `mark` is called once when there is something to flush at the end of the turn. */
  constructor(pool: OutputPool, socket: Socket, mark: (output: Output) => void) {
    this.pool = pool
    this.socket = socket
    this.mark = mark
    this.bytes = pool.arena.bytes
  }

  /** Bytes that are written here or given to the socket, and not with the kernel yet. */
  get pending(): number {
    return this.socket.pending + (this.at - this.start)
  }

  /** Makes room for `length` bytes (at most REGION) in one run: write them at `bytes[at…]` and add to `at`. */
  reserve(length: number): void {
    if (this.at + length > this.limit) this.next()
    if (this.marked) return
    this.marked = true
    this.mark(this)
  }

  /** Copies any number of bytes behind what is there. */
  append(source: Uint8Array, from: number, length: number): void {
    if (length > REGION) {
      // Not `slice`, which copies nothing of a Buffer.
      this.send(new Uint8Array(source.subarray(from, from + length)))
      return
    }
    this.reserve(length)
    if (source === this.bytes) this.bytes.copyWithin(this.at, from, from + length)
    else this.bytes.set(source.subarray(from, from + length), this.at)
    this.at += length
  }

  /**
   * Sends bytes behind what is there, without copying them. Returns true if they may be written over at once; else not before
   * `done`.
   */
  send(bytes: Uint8Array, done?: () => void): boolean {
    this.write()
    if (this.closed) return true
    this.socket.write(bytes, done)
    return this.socket.pending === 0
  }

  /** Gives everything to the socket and the region back: the end of the connection's turn. */
  flush(): void {
    this.marked = false
    this.write()
    if (this.region >= 0) this.pool.give(this.region)
    this.forget()
  }

  /** The connection has ended: nothing goes out any more. */
  close(): void {
    this.closed = true
    this.flush()
  }

  /** Gives what is written to the socket. The region stays with us only if the kernel took all of it. */
  private write(): void {
    const { region, start, at } = this
    if (at === start || this.closed) return
    let ours = false
    this.start = at
    this.socket.write(this.bytes.subarray(start, at), () => {
      if (!ours && region >= 0) this.pool.give(region)
    })
    if (this.socket.pending === 0) ours = true
    else this.forget()
  }

  private next(): void {
    this.write()
    if (this.region < 0) {
      this.region = this.pool.take()
      this.bytes = this.region < 0 ? new Uint8Array(REGION) : this.pool.arena.bytes
    }
    this.start = Math.max(this.region, 0)
    this.at = this.start
    this.limit = this.start + REGION
  }

  private forget(): void {
    this.region = -1
    this.start = 0
    this.at = 0
    this.limit = 0
  }
}
