import { Output } from '../broker/output.ts'
import { hasRoomFor } from '../broker/topic/room.ts'
import type { Handler, Socket } from '../env/net.ts'
import { broken } from '../std/assert.ts'
import { decode, encode, requestHeaderVersion, responseHeaderVersion } from '../wire/kafka/codec.ts'
import { ErrorCode, KafkaError } from '../wire/kafka/errors.ts'
import { Reader } from '../wire/kafka/reader.ts'
import type { Encodable, Message } from '../wire/kafka/schema.ts'
import { within } from '../wire/kafka/schema.ts'
import type { Api, Call } from './api.ts'
import { API_VERSIONS_KEY, unknownVersion } from './api-versions.ts'
import type { Front } from './front.ts'
import { MAX_REQUEST } from './limits.ts'
import { Replies } from './replies.ts'
import { ANONYMOUS, Ask, principalOf } from './security/authorizer.ts'
import { handleGuarded } from './security/guards.ts'
import { Login, MAX_UNKNOWN } from './security/login.ts'
import type { SaslOptions } from './security/sasl.ts'

/** A request up to this size waits for its last bytes in the read region; a larger one gets memory of its own. */
const LARGE = 16 * 1024
/** A connection with so many bytes of output waiting reads no requests. */
const MAX_PENDING = 1024 * 1024
/** Journal bytes beside a request's own that its records may take. */
const ROOM_BESIDE = 1024
/** Key, version and correlation id: no request is shorter. */
const MIN_REQUEST = 8
const SASL_HANDSHAKE_KEY = 17
const SASL_AUTHENTICATE_KEY = 36

/**
 * One client's connection. Requests are framed by their size and answered in order:
 *
 *   ┌──────────┬──────────────────────────────────────────────────────────────┬──────────┐
 *   │ size i32 │ API key i16, version i16, correlation id i32, client id, tags │ request… │
 *   └──────────┴──────────────────────────────────────────────────────────────┴──────────┘
 */
export class Connection implements Handler {
  /** What ends with it. */
  readonly onClosed = new Set<() => void>()
  readonly front: Front
  readonly socket: Socket
  readonly clientHost: string
  readonly localHost: string
  /** How the client logs in; null where it need not. */
  readonly login: Login | null
  private readonly apis: ReadonlyMap<number, Api>
  private readonly certified: string
  /** The certificate's name is nobody's here. */
  private readonly nameless: boolean
  private asking: Ask | null = null
  private readonly output: Output
  private readonly replies: Replies
  private readonly reader = new Reader()
  /** The request that nobody has answered yet: no other is read before. */
  private parked: Exchange | null = null
  /** A large request on its way in: its bytes so far. */
  private large: Uint8Array | null = null
  /** A large request that is being handled. */
  private served: Uint8Array | null = null
  private largeFilled = 0
  private largeSize = 0
  /** No memory for a large request, or too much output that has not gone yet. */
  private waiting = false
  private backedUp = false
  /** The client has used more than it may, and waits. */
  private muted = false
  private ended = false
  /** When bytes came last, as `Broker.live` counts. */
  private heard: number

  /** Called when the connection has ended. */
  private readonly gone: () => void

  constructor(
    front: Front,
    apis: ReadonlyMap<number, Api>,
    socket: Socket,
    sasl: SaslOptions | null,
    gone: () => void,
  ) {
    this.apis = apis
    this.front = front
    this.socket = socket
    this.gone = gone
    this.heard = front.broker.live.elapsed()
    this.clientHost = `/${plainAddress(socket.remoteAddress)}`
    this.localHost = plainAddress(socket.localAddress)
    this.login = sasl === null ? null : new Login(front.broker, sasl, socket.remoteAddress)
    const name = socket.peerCertificate?.distinguishedName
    const user = name === undefined ? null : front.options.userOf(name)
    this.certified = user === null ? ANONYMOUS : principalOf(user)
    this.nameless = name !== undefined && user === null
    this.output = new Output(front.broker.outputs, socket, front.broker.turn.mark)
    this.replies = new Replies(front, this.output, () => this.drained())
  }

  /** Who asks: who has logged in, or whom the certificate names. */
  get principal(): string {
    if (this.login === null) return this.certified
    return this.login.user === null ? ANONYMOUS : principalOf(this.login.user)
  }

  /** What the client may do; null if there is no authorizer. */
  get ask(): Ask | null {
    const { authorizer } = this.front.options
    if (authorizer === null) return null
    if (this.asking?.principal !== this.principal) {
      this.asking = new Ask(authorizer, { principal: this.principal, host: this.clientHost.slice(1) })
    }
    return this.asking
  }

  /** Messages of a login come without Kafka's headers. */
  private get isBare(): boolean {
    return this.login?.bare === true
  }

  /** Whether the next request has to wait. */
  private get blocked(): boolean {
    return this.parked !== null || this.waiting || this.backedUp || this.muted || this.ended
  }

  input(start: number, end: number): number {
    const { bytes } = this.front.broker.arena
    let at = start
    this.heard = this.front.broker.live.elapsed()
    try {
      if (this.nameless) throw new KafkaError(ErrorCode.SASL_AUTHENTICATION_FAILED, 'no rule maps the certificate')
      while (!this.blocked) {
        if (this.large !== null) at = this.fill(this.large, bytes, at, end)
        if (this.large !== null || end - at < 4) break
        const size = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
        const most = this.login === null || this.login.done ? MAX_REQUEST : MAX_UNKNOWN
        const least = this.isBare ? 0 : MIN_REQUEST
        if (size < least || size > most) throw notKafka(bytes, at, end, size)
        if (end - at - 4 >= size) {
          if (this.waitsForRoom(bytes, at + 4, size)) break
          at += 4 + size
          this.request(bytes, at - size, at)
        } else if (size + 4 <= LARGE) break
        else if (this.startLarge(size)) at += 4
      }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      this.fail(error.message)
    }
    if (this.ended) return end
    if (this.blocked) this.socket.pause()
    return at
  }

  /**
   * Room first, then handle: a request that writes waits until the journal's ring can take all of it. A full disk is nothing to wait
   * for: then the handler refuses. A large request looks for room as it goes.
   */
  private waitsForRoom(bytes: Uint8Array, at: number, size: number): boolean {
    if (this.isBare || !this.apis.get((bytes[at]! << 8) | bytes[at + 1]!)?.writes) return false
    const { broker } = this.front
    const { journal } = broker.store
    // Small batches take up to half as much again in the journal as in the request.
    const needed = Math.min(size + (size >> 1) + ROOM_BESIDE, journal.longest)
    if (hasRoomFor(broker, needed) || journal.full) return false
    this.waiting = true
    broker.whenRoom(this.retry)
    return true
  }

  /** Takes memory for a request of `size` bytes; false if there is none now. */
  private startLarge(size: number): boolean {
    this.large = this.front.takeLarge(size, this.retry)
    this.waiting = this.large === null
    this.largeFilled = 0
    this.largeSize = size
    return !this.waiting
  }

  private readonly retry = (): void => {
    this.waiting = false
    this.goOn()
  }

  /** Adds to the large request what has come of it, and handles it when it is whole. Returns where the next one begins. */
  private fill(large: Uint8Array, bytes: Uint8Array, at: number, end: number): number {
    const length = Math.min(this.largeSize - this.largeFilled, end - at)
    large.set(bytes.subarray(at, at + length), this.largeFilled)
    this.largeFilled += length
    if (this.largeFilled === this.largeSize) {
      this.large = null
      this.served = large
      this.request(large, 0, this.largeSize)
      if (this.parked === null) this.giveServed()
    }
    return at + length
  }

  private request(bytes: Uint8Array, at: number, end: number): void {
    if (this.isBare) {
      this.bareToken(bytes.slice(at, end))
      return
    }
    const key = (bytes[at]! << 8) | bytes[at + 1]!
    const version = (bytes[at + 2]! << 8) | bytes[at + 3]!
    const reader = this.reader.over(bytes, at + 4, end)
    const correlationId = reader.int32()
    const api = this.apis.get(key)
    if (this.login !== null) this.checkLogin(this.login, api, key, version, correlationId)
    if (api === undefined || !within(api.served, version)) {
      if (key === API_VERSIONS_KEY) {
        this.answer(api!, 0, correlationId, unknownVersion(api!), 0)
        return
      }
      const name = api?.name ?? `key ${key}`
      throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION, `request ${name} version ${version} is not served`)
    }
    const clientId = reader.stringOrNull() ?? ''
    if (requestHeaderVersion(api.request, version) === 2) reader.skipTags()
    const exchange = new Exchange(this, api, version, correlationId, clientId, this.served !== null)
    this.handle(api, decode(api.request, version, reader), exchange, end - at)
    if (!exchange.answered) this.park(exchange)
    this.backedUp = this.isBackedUp()
  }

  /** Ends the connection at a request that is not for who has not logged in; some are told why. */
  private checkLogin(login: Login, api: Api | undefined, key: number, version: number, correlationId: number): void {
    const refusal = login.refusal(key, api?.name ?? `key ${key}`)
    if (refusal === null) return
    const isTold = login.expectsToken && (key === SASL_HANDSHAKE_KEY || key === API_VERSIONS_KEY)
    if (isTold && within(api!.served, version)) {
      this.answer(api!, version, correlationId, { errorCode: ErrorCode.ILLEGAL_SASL_STATE }, 0)
    }
    throw new KafkaError(ErrorCode.ILLEGAL_SASL_STATE, refusal)
  }

  /** A message of a login, after a SaslHandshake of version 0: the answer is as bare, and there is none to a login that fails. */
  private bareToken(token: Uint8Array): void {
    const exchange = new Exchange(this, this.apis.get(SASL_AUTHENTICATE_KEY)!, 0, 0, '', this.served !== null)
    this.login!.next(token, (answer) => {
      if (this.ended) return
      if (!answer.ok) {
        exchange.abort(`login failed: ${answer.text}`)
        return
      }
      const writer = this.front.writer.reset()
      writer.int32(answer.token.length)
      writer.raw(answer.token)
      this.replies.send(writer, this.front.broker.access.changedAt)
      exchange.silence()
    })
    if (!exchange.answered) this.parked = exchange
  }

  private park(exchange: Exchange): void {
    this.parked = exchange
    exchange.parked = true
  }

  private handle(api: Api, request: unknown, exchange: Exchange, size: number): void {
    const { ask } = exchange
    const { throttle, broker } = this.front
    if (!throttle.active) {
      if (ask === null) api.handle(request, exchange)
      else handleGuarded(api, request, ask, exchange)
      return
    }
    const began = broker.env.clock.elapsed()
    exchange.counts = { size, began }
    const admitted = throttle.admit(api, request, exchange, this.user)
    if (ask === null) api.handle(admitted, exchange)
    else handleGuarded(api, admitted, ask, exchange)
  }

  /** Counts what the exchange used; the client waits if that was too much. Returns for how many milliseconds. */
  throttled(exchange: Exchange, api: Api, fetched: number): number {
    const { throttle, broker } = this.front
    const { size, began } = exchange.counts!
    const busyMs = exchange.parked ? 0 : broker.env.clock.elapsed() - began
    const ms = throttle.count({ key: api.key, clientId: exchange.clientId, user: this.user, size, busyMs, fetched })
    if (ms > 0 && !this.muted) {
      this.muted = true
      broker.timers.after(ms, () => {
        this.muted = false
        this.goOn()
      })
    }
    return ms
  }

  /** The name by which quotas know who asks. */
  private get user(): string {
    return this.principal.slice(this.principal.indexOf(':') + 1)
  }

  private giveServed(): void {
    if (this.served !== null) this.front.giveLarge(this.served)
    this.served = null
  }

  /** Sends the answer to a request; see `Call.reply`. */
  answer(api: Api, version: number, correlationId: number, response: Encodable<Message>, position: number): void {
    if (this.ended) return
    const writer = this.front.writer.reset()
    writer.int32(0)
    writer.int32(correlationId)
    if (responseHeaderVersion(api.response, version) === 1) writer.int8(0)
    encode(api.response, version, writer, response)
    writer.patchInt32(0, writer.length - 4)
    this.replies.send(writer, position)
  }

  /** The exchange has been answered; if it was parked, reading goes on. */
  settled(exchange: Exchange): void {
    if (this.parked !== exchange) return
    this.parked = null
    this.giveServed()
    this.goOn()
  }

  private goOn(): void {
    if (!this.blocked) this.socket.resume()
  }

  private isBackedUp(): boolean {
    return this.socket.pending > MAX_PENDING || this.replies.held > MAX_PENDING
  }

  drained(): void {
    if (!this.backedUp || this.isBackedUp()) return
    this.backedUp = false
    this.goOn()
  }

  /** Ends the connection if it has been silent since `before` and waits for no answer: its client has left without a word. */
  endIfIdle(before: number): void {
    if (this.heard < before && this.parked === null) this.socket.destroy()
  }

  /** Ends the connection, and tells the operator why. */
  fail(reason: string): void {
    if (this.ended) return
    this.front.options.log(`closing the connection of ${this.clientHost.slice(1)}:${this.socket.remotePort}: ${reason}`)
    this.ended = true
    this.replies.close()
    // What was answered before goes out first.
    this.output.flush()
    this.socket.end()
  }

  closed(): void {
    this.ended = true
    this.replies.close()
    this.output.close()
    if (this.large !== null) this.front.giveLarge(this.large)
    this.large = null
    this.giveServed()
    const parked = this.parked
    this.parked = null
    parked?.onGone?.()
    for (const run of [...this.onClosed]) run()
    this.gone()
  }
}

/** A request and its answer. */
class Exchange implements Call {
  readonly ask: Ask | null
  amend: Call['amend'] = null
  /** What quotas count; null where there are none. */
  counts: { readonly size: number; readonly began: number } | null = null
  /** For how long the client has to wait; null before that was counted. */
  private throttleTimeMs: number | null = null
  parked = false
  readonly front: Front
  readonly version: number
  readonly clientId: string
  onGone: (() => void) | null = null
  answered = false
  private readonly connection: Connection
  private readonly api: Api
  private readonly correlationId: number
  readonly holdsBytes: boolean

  constructor(
    connection: Connection,
    api: Api,
    version: number,
    correlationId: number,
    clientId: string,
    holdsBytes: boolean,
  ) {
    this.holdsBytes = holdsBytes
    this.front = connection.front
    this.connection = connection
    this.ask = connection.ask
    this.api = api
    this.version = version
    this.correlationId = correlationId
    this.clientId = clientId
  }

  get clientHost(): string {
    return this.connection.clientHost
  }

  get principal(): string {
    return this.connection.principal
  }

  get login(): Login | null {
    return this.connection.login
  }

  get onClosed(): Set<() => void> {
    return this.connection.onClosed
  }

  get localHost(): string {
    return this.connection.localHost
  }

  get localPort(): number {
    return this.connection.socket.localPort
  }

  reply(response: Encodable<Message>, position = this.front.broker.store.journal.tail): void {
    if (this.answered) broken(`${this.api.name} was answered twice`)
    this.answered = true
    let amended = this.amend === null ? response : this.amend(response)
    if (this.counts !== null) {
      const throttleTimeMs = this.throttleTimeMs ?? this.connection.throttled(this, this.api, 0)
      if (throttleTimeMs > 0) amended = { ...amended, throttleTimeMs } as typeof amended
    }
    this.connection.answer(this.api, this.version, this.correlationId, amended, position)
    this.connection.settled(this)
  }

  bringsTooMuch(bytes: number): boolean {
    if (this.counts === null) return false
    this.throttleTimeMs = this.connection.throttled(this, this.api, bytes)
    return this.throttleTimeMs > 0
  }

  silence(): void {
    this.answered = true
    if (this.counts !== null) this.connection.throttled(this, this.api, 0)
    this.connection.settled(this)
  }

  abort(reason: string): void {
    this.answered = true
    this.connection.fail(reason)
  }
}

/** IPv4 addresses as such where the socket shows them as IPv6. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address
}

function notKafka(bytes: Uint8Array, at: number, end: number, size: number): KafkaError {
  const start = Buffer.from(bytes.subarray(at, Math.min(end, at + 8))).toString('latin1')
  let what = `a request of ${size} bytes`
  if (/^(GET|POST|PUT|HEAD) /.test(start)) what = 'this is HTTP, not Kafka'
  else if (start.startsWith('AMQP')) what = 'this is AMQP, not Kafka'
  else if (start.startsWith('\x16\x03')) what = 'this is TLS, and the listener is plain'
  return new KafkaError(ErrorCode.INVALID_REQUEST, what)
}
