import { Intake, ReadRegion } from '../src/env/intake.ts'
import type { Handler, Listener, ListenOn, Net, Socket } from '../src/env/net.ts'
import type { Arena } from '../src/std/arena.ts'
import type { SimClock } from './clock.ts'
import { Pipe } from './pipe.ts'
import type { Dice } from './random.ts'

/** What a read region holds between reads, so that who keeps a place in it instead of the bytes is found out. */
const POISON = 0xdb

export interface NetOptions {
  /** Bytes that handlers may leave; small, so that large requests meet the limit. */
  keep: number
  region: number
  /** How often a write finds the kernel's buffer full, from 0 to 1. */
  stuffed: number
  /** Longest usual delay of a piece of bytes, in milliseconds. */
  slowest: number
}

export class NetCounts {
  connections = 0
  refused = 0
  reads = 0
  splitReads = 0
  /** Writes that the kernel did not take at once. */
  partialWrites = 0
  resets = 0
  halfCloses = 0
  pauses = 0
}

/** A model client's end of a connection. */
export interface Wire {
  /** Bytes have come; called with the peer's bytes in order, cut anywhere. */
  onBytes: (bytes: Uint8Array) => void
  /** The connection is over; called once. */
  onClosed: () => void
  readonly open: boolean
  send(bytes: Uint8Array): void
  /** Stops and goes on reading: a slow client, whose unread bytes pile up at the broker. */
  read(on: boolean): void
  /** Says that nothing more will be sent. */
  end(): void
  /** Drops everything under way. */
  reset(): void
}

/**
 * A network in memory. Bytes arrive in the broker's arena by the rules of the real one, in random pieces after random
 * delays; the region is poisoned after each read. What the broker sends is captured at a random later moment unless
 * `pending` said that it had gone, so that output which is reused too early goes out spoilt.
 */
export class SimNet implements Net {
  readonly counts: NetCounts
  readonly clock: SimClock
  readonly dice: Dice
  readonly options: NetOptions
  readonly region: ReadRegion
  private readonly accepting = new Map<number, (socket: Socket) => Handler>()
  private readonly links = new Set<SimSocket>()
  private nextPort = 50_000
  dead = false

  constructor(clock: SimClock, dice: Dice, arena: Arena, options: NetOptions, counts = new NetCounts()) {
    this.clock = clock
    this.dice = dice
    this.options = options
    this.counts = counts
    this.region = new ReadRegion(arena, options.keep, options.region)
  }

  get kept(): number {
    return this.region.kept
  }

  listen(
    address: ListenOn,
    accept: (socket: Socket) => Handler,
    done: (error: Error | null, listener?: Listener) => void,
  ): void {
    const port = address.port === 0 ? this.nextPort++ : address.port
    this.accepting.set(port, accept)
    const close = (closed: () => void) => {
      this.accepting.delete(port)
      this.clock.after(0, closed)
    }
    this.clock.after(0, () => {
      if (!this.dead) done(null, { host: address.host, port, close })
    })
  }

  /** A connection to the broker, or null if nobody listens there. */
  connect(port: number): Wire | null {
    const accept = this.accepting.get(port)
    if (accept === undefined) {
      this.counts.refused++
      return null
    }
    this.counts.connections++
    const socket = new SimSocket(this, accept, port, this.nextPort++)
    this.links.add(socket)
    return socket.wire
  }

  /** The process died: its handlers hear nothing any more, its clients see a reset in a while. */
  die(): void {
    this.dead = true
    this.accepting.clear()
    for (const link of [...this.links]) link.die()
    this.links.clear()
  }

  forget(link: SimSocket): void {
    this.links.delete(link)
  }
}

/** The broker's end of a connection. */
export class SimSocket implements Socket {
  readonly remoteAddress = '127.0.0.1'
  readonly remotePort: number
  readonly localAddress = '127.0.0.1'
  readonly peerCertificate = null
  readonly localPort: number
  readonly wire: Wire
  private readonly net: SimNet
  private readonly handler: Handler
  private readonly intake: Intake
  /** From the client, and to it. */
  private readonly inbound: Pipe
  private readonly outbound: Pipe
  private paused = false
  private showing = false
  private reading = false
  /** The client will send no more. */
  private ended = false
  /** We send no more and listen no more. */
  private ending = false
  private over = false
  private wireOver = false
  private backlog = false

  constructor(net: SimNet, accept: (socket: Socket) => Handler, localPort: number, remotePort: number) {
    this.net = net
    this.localPort = localPort
    this.remotePort = remotePort
    this.inbound = new Pipe(net.clock, net.dice, net.options.slowest)
    this.outbound = new Pipe(net.clock, net.dice, net.options.slowest)
    this.wire = this.clientEnd()
    this.handler = accept(this)
    this.intake = new Intake(net.region, this.handler)
    this.inbound.onReady = () => this.readLater()
    this.outbound.onReady = () => this.deliver()
    this.outbound.onDrained = () => {
      if (!this.backlog || this.over) return
      this.backlog = false
      if (this.ending) this.finish(null)
      else this.handler.drained()
    }
  }

  get pending(): number {
    return this.over ? 0 : this.outbound.uncaptured
  }

  write(bytes: Uint8Array, done?: () => void): void {
    if (this.over || this.ending) return
    const { net } = this
    const stuffed = this.outbound.uncaptured > 0 || net.dice.chance(net.options.stuffed)
    if (!stuffed) {
      this.outbound.push(new Uint8Array(bytes))
      return
    }
    net.counts.partialWrites++
    this.backlog = true
    this.outbound.lend(bytes, done)
  }

  pause(): void {
    if (!this.paused) this.net.counts.pauses++
    this.paused = true
  }

  resume(): void {
    if (this.over || this.ending) return
    this.paused = false
    if (this.showing) return
    this.showing = true
    this.net.clock.after(0, () => {
      this.showing = false
      if (this.deaf()) return
      this.show(() => this.intake.again())
      this.readLater()
    })
  }

  end(): void {
    if (this.over || this.ending) return
    this.ending = true
    this.intake.drop()
    if (this.outbound.uncaptured === 0) this.finish(null)
  }

  destroy(): void {
    if (this.over) return
    this.outbound.drop()
    this.finish(null)
  }

  /** The process is gone, and its kernel closes or (after a power loss) forgets the connection. */
  die(): void {
    this.over = true
    this.outbound.drop()
    this.net.clock.after(this.net.dice.unit() * 10, () => this.closeWire())
  }

  private finish(error: Error | null): void {
    if (this.over) return
    this.over = true
    this.intake.drop()
    this.net.forget(this)
    this.net.clock.after(0, () => {
      if (!this.net.dead) this.handler.closed(error)
    })
    if (error !== null) this.closeWire()
    else this.outbound.close(() => this.closeWire())
  }

  private closeWire(): void {
    if (this.wireOver) return
    this.wireOver = true
    this.inbound.drop()
    this.outbound.drop()
    this.wire.onClosed()
  }

  private deaf(): boolean {
    return this.paused || this.over || this.ending
  }

  private readLater(): void {
    if (this.reading) return
    this.reading = true
    this.net.clock.after(0, () => {
      this.reading = false
      this.readNow()
    })
  }

  private readNow(): void {
    if (this.deaf() || this.showing) return
    const { net } = this
    const { arena, at, size } = net.region
    const there = Math.min(size, this.inbound.arrived)
    if (there > 0) {
      const n = net.dice.chance(0.3) ? net.dice.between(1, there) : there
      net.counts.reads++
      if (n < this.inbound.arrived) net.counts.splitReads++
      this.inbound.take(n, arena.bytes, at)
      this.show(() => this.intake.arrived(n))
    }
    if (this.inbound.arrived > 0) this.readLater()
    else if (this.ended && this.inbound.empty && !this.deaf()) this.endLater()
  }

  /** Half-closed by the peer is closed, once everything is read and everything sent. */
  private endLater(): void {
    this.ending = true
    if (this.outbound.uncaptured === 0) this.finish(null)
  }

  private show(input: () => void): void {
    const { arena, at, keep, size } = this.net.region
    input()
    arena.bytes.fill(POISON, at - keep, at + size)
    if (this.over || this.ending) this.intake.drop()
    else if (!this.paused && !this.intake.fits())
      throw new Error('a handler left more than the headroom and did not pause')
  }

  private deliver(): void {
    if (this.wireOver) return
    const bytes = new Uint8Array(this.outbound.arrived)
    this.outbound.take(bytes.length, bytes, 0)
    this.wire.onBytes(bytes)
  }

  private clientEnd(): Wire {
    const socket = this
    const { net } = this
    return {
      onBytes: () => {},
      onClosed: () => {},
      get open() {
        return !socket.wireOver
      },
      send: (bytes) => {
        if (!this.wireOver && !this.ended && !this.over) this.inbound.push(new Uint8Array(bytes))
      },
      read: (on) => this.outbound.flow(on),
      end: () => {
        if (this.ended) return
        net.counts.halfCloses++
        this.ended = true
        this.readLater()
      },
      reset: () => {
        if (this.wireOver) return
        net.counts.resets++
        this.wireOver = true
        this.inbound.drop()
        this.outbound.drop()
        const error = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
        net.clock.after(net.dice.unit() * net.options.slowest, () => this.finish(error))
        net.clock.after(0, () => this.wire.onClosed())
      },
    }
  }
}
