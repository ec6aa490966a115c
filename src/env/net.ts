import type { PeerCertificate } from './peer-certificate.ts'
import type { ClientAuth, TlsIdentity } from './tls-identity.ts'

/**
 * The network. Bytes arrive in the arena: every socket reads to the same fixed place (a read and its callback are one
 * synchronous step), and what a handler leaves unconsumed is kept aside and laid just before the next read, so that a
 * parser always sees one run of bytes.
 */
export interface Net {
  /** Bytes that handlers have left, on all connections together. */
  readonly kept: number
  /** Starts listening; `done` gets the listener (with its real port where 0 was asked for) or the error. */
  listen(
    address: ListenOn,
    accept: (socket: Socket) => Handler,
    done: (error: Error | null, listener?: Listener) => void,
  ): void
}

/** Where to listen; with `tls` handlers see what came encrypted, in plain. */
export interface ListenOn {
  readonly host: string
  readonly port: number
  readonly tls?: TlsListener | null
}

export interface TlsListener {
  readonly identity: TlsIdentity
  readonly clientAuth: ClientAuth
}

export interface Listener {
  readonly host: string
  readonly port: number
  /** Takes no new connections; those that are there stay. */
  close(done: () => void): void
}

/** What a protocol front gives for each connection. It must not throw: an error closes the connection from inside. */
export interface Handler {
  /**
   * Bytes `[start, end)` of the arena have arrived, unconsumed ones of earlier calls first. Returns the place of the first
   * byte that was not consumed. At most `Net.keep` bytes (the headroom) may be left. What is left is shown again with the
   * next bytes, or after `Socket.resume()`.
   */
  input(start: number, end: number): number
  /** Pending output has gone out, after `Socket.pending` was above zero. */
  drained(): void
  /** The connection has ended, by whichever side; called exactly once, never from inside `write` or `close`. */
  closed(error: Error | null): void
}

export interface Socket {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  /** Null without TLS, and for a client that gave none. */
  readonly peerCertificate: PeerCertificate | null
  /** Bytes given to `write` that the kernel has not taken yet. */
  readonly pending: number
  /**
   * Sends bytes. They may be reused at once if `pending` is zero after the call; otherwise not before `done`, which is
   * then called when they have gone (or the connection has ended).
   */
  write(bytes: Uint8Array, done?: () => void): void
  /** Stops reading; unconsumed bytes stay kept aside. */
  pause(): void
  /** Shows the kept bytes to the handler again (not from inside this call) and goes on reading. */
  resume(): void
  /** Sends what was written, then ends the connection. */
  end(): void
  /** Ends the connection at once. */
  destroy(): void
}
