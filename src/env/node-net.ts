import { createServer, type Server, type Socket as TcpSocket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import type { Arena } from '../std/arena.ts'
import { assert } from '../std/assert.ts'
import { adopt, socketOver } from './adopt.ts'
import { Intake, ReadRegion } from './intake.ts'
import type { Handler, Listener, ListenOn, Net, Socket, TlsListener } from './net.ts'
import { type PeerCertificate, peerCertificateOf } from './peer-certificate.ts'

export interface NodeNetOptions {
  arena: Arena
  /** Bytes that a handler may leave unconsumed; 256 KiB unless given. */
  keep?: number
  /** Bytes that one read brings at most, at least 64 KiB; 256 KiB unless given. */
  region?: number
  /** Reads straight to the arena; false copies from 'data' events, which is slower but asks nothing special of the runtime. */
  adopt?: boolean
}

/** How long a connection that we have ended waits for its peer to say goodbye, in milliseconds. */
const LINGER_MS = 3000
/** How long a client may take for the TLS handshake. */
const TLS_HANDSHAKE_MS = 10_000

/** TCP. */
export class NodeNet implements Net {
  private readonly region: ReadRegion
  private readonly view: Uint8Array
  private readonly adopting: boolean

  constructor(options: NodeNetOptions) {
    const size = options.region ?? 256 * 1024
    assert(size >= 64 * 1024, 'the runtime reads up to 64 KiB at a time')
    this.region = new ReadRegion(options.arena, options.keep ?? 256 * 1024, size)
    this.view = options.arena.bytes.subarray(this.region.at, this.region.at + size)
    this.adopting = options.adopt ?? true
  }

  /** Bytes that handlers have left, on all connections together. */
  get kept(): number {
    return this.region.kept
  }

  listen(
    address: ListenOn,
    accept: (socket: Socket) => Handler,
    done: (error: Error | null, listener?: Listener) => void,
  ): void {
    const { tls } = address
    const server = tls ? tlsServer(tls, (socket) => this.secured(socket, accept)) : createServer()
    const failed = (error: Error) => done(error)
    server.once('error', failed)
    server.listen({ host: address.host, port: address.port, backlog: 1024 }, () => {
      server.off('error', failed)
      // What is left are failed accepts: the peer has gone, or descriptors are short for a while.
      server.on('error', () => {})
      const adopted = !tls && this.adopting && adopt(server, (handle) => this.adopted(handle, accept))
      if (!tls && !adopted) server.on('connection', (tcp) => this.connected(tcp, accept, null))
      done(null, listenerOf(server))
    })
  }

  private adopted(handle: Parameters<typeof socketOver>[0], accept: (socket: Socket) => Handler): void {
    const tcp = socketOver(handle, this.view, (n) => socket.arrived(n))
    const socket = new NodeSocket(tcp, this.region, null, accept)
  }

  private secured(tls: TLSSocket, accept: (socket: Socket) => Handler): void {
    // It may have gone while its handshake was under way.
    if (tls.destroyed) return
    // Nobody has to show a certificate, but one that is shown has to be right.
    if (!tls.authorized && tls.getPeerX509Certificate() !== undefined) tls.destroy()
    else this.connected(tls, accept, peerCertificateOf(tls))
  }

  private connected(tcp: TcpSocket, accept: (socket: Socket) => Handler, peer: PeerCertificate | null): void {
    const socket = new NodeSocket(tcp, this.region, peer, accept)
    tcp.on('data', (chunk: Buffer) => {
      assert(chunk.length <= this.view.length, 'the runtime reads at most 64 KiB at a time')
      this.view.set(chunk)
      socket.arrived(chunk.length)
    })
  }
}

function tlsServer({ identity, clientAuth }: TlsListener, secured: (socket: TLSSocket) => void): Server {
  const server = createTlsServer(
    {
      ...identity.options,
      requestCert: clientAuth !== 'none',
      rejectUnauthorized: clientAuth === 'required',
      handshakeTimeout: TLS_HANDSHAKE_MS,
    },
    secured,
  )
  // A handshake that fails is the client's: it was told by an alert.
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  identity.onChange((options) => server.setSecureContext(options))
  return server
}

function listenerOf(server: Server): Listener {
  const bound = server.address()
  assert(bound !== null && typeof bound === 'object', 'a listener has an address')
  return {
    host: bound.address,
    port: bound.port,
    close(done) {
      // The port is free at once. The runtime's own callback waits for connections as well, unless they were adopted.
      server.close()
      setImmediate(done)
    },
  }
}

class NodeSocket implements Socket {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  readonly peerCertificate: PeerCertificate | null
  private readonly tcp: TcpSocket
  private readonly handler: Handler
  private readonly intake: Intake
  private paused = false
  private showing = false
  private ended = false
  private error: Error | null = null
  private linger: NodeJS.Timeout | null = null
  /** Who waits for bytes to go: `waiting[i]` for the write numbered `numbers[i]`. */
  private waiting: (() => void)[] = []
  private numbers: number[] = []
  private written = 0
  private gone = 0
  private backlog = false
  private readonly onGone = () => this.wentOut()
  private readonly onShow = () => this.showAgain()

  constructor(tcp: TcpSocket, region: ReadRegion, peer: PeerCertificate | null, accept: (socket: Socket) => Handler) {
    this.tcp = tcp
    this.peerCertificate = peer
    this.remoteAddress = tcp.remoteAddress ?? ''
    this.remotePort = tcp.remotePort ?? 0
    this.localAddress = tcp.localAddress ?? ''
    this.localPort = tcp.localPort ?? 0
    tcp.setNoDelay(true)
    tcp.on('error', (error) => {
      this.error ??= error
    })
    tcp.on('close', () => this.onClose())
    this.handler = accept(this)
    this.intake = new Intake(region, this.handler)
  }

  get pending(): number {
    return this.tcp.destroyed ? 0 : this.tcp.writableLength
  }

  write(bytes: Uint8Array, done?: () => void): void {
    if (this.ended || this.tcp.destroyed || !this.tcp.writable) return
    const number = ++this.written
    this.tcp.write(bytes, this.onGone)
    if (this.tcp.writableLength === 0) return
    this.backlog = true
    if (done === undefined) return
    this.waiting.push(done)
    this.numbers.push(number)
  }

  pause(): void {
    if (this.paused || this.ended) return
    this.paused = true
    this.tcp.pause()
  }

  resume(): void {
    if (this.ended || this.tcp.destroyed) return
    this.paused = false
    if (this.showing) return
    this.showing = true
    process.nextTick(this.onShow)
  }

  end(): void {
    if (this.ended || this.tcp.destroyed) return
    this.ended = true
    this.intake.drop()
    this.tcp.end()
    // Closing at once, with input unread, would make the kernel reset the connection and lose our last words.
    this.tcp.resume()
    this.linger = setTimeout(() => this.tcp.destroy(), LINGER_MS)
    this.linger.unref()
  }

  destroy(): void {
    this.ended = true
    this.tcp.destroy()
  }

  /** `n` bytes are in the region. */
  arrived(n: number): void {
    if (this.ended || this.tcp.destroyed) return
    this.intake.arrived(n)
    this.check()
  }

  private showAgain(): void {
    this.showing = false
    if (this.paused || this.ended || this.tcp.destroyed) return
    this.intake.again()
    this.check()
    if (!this.paused && !this.ended && !this.tcp.destroyed) this.tcp.resume()
  }

  private check(): void {
    if (this.ended || this.tcp.destroyed) this.intake.drop()
    else assert(this.paused || this.intake.fits(), 'a handler that leaves more than the headroom has paused')
  }

  private wentOut(): void {
    this.gone++
    while (this.numbers.length > 0 && this.numbers[0]! <= this.gone) {
      this.numbers.shift()
      this.waiting.shift()!()
    }
    if (!this.backlog || this.tcp.destroyed || this.tcp.writableLength > 0) return
    this.backlog = false
    if (!this.ended) this.handler.drained()
  }

  private onClose(): void {
    if (this.linger !== null) clearTimeout(this.linger)
    this.ended = true
    this.intake.drop()
    const waiting = this.waiting
    this.waiting = []
    this.numbers = []
    for (const done of waiting) done()
    this.handler.closed(this.error)
  }
}
