import type { ClientConnection } from '../broker/connections.ts'
import { consumerLeft, releaseExclusive } from '../broker/queue/lease.ts'
import type { Timer } from '../broker/timers.ts'
import { deletedText } from '../broker/vhost/delete.ts'
import type { Handler, Socket } from '../env/net.ts'
import { getU32 } from '../std/bytes.ts'
import { AmqpError } from '../wire/amqp/amqp-error.ts'
import {
  FRAME_BODY,
  FRAME_END,
  FRAME_HEADER,
  FRAME_HEARTBEAT,
  FRAME_METHOD,
  FRAME_OVERHEAD,
  FRAME_PREFIX,
} from '../wire/amqp/frame.ts'
import { decodeArguments } from '../wire/amqp/method.ts'
import { basic, channel as channelMethods, METHODS, connection as methods } from '../wire/amqp/methods.ts'
import { settleDelivery } from './basic/settle.ts'
import { Channel } from './channel.ts'
import { requireChannel, requireMemory } from './channel-limit.ts'
import { Connection } from './connection.ts'
import { bodySize, Content, contentExpected } from './content.ts'
import { badFrame, unexpectedFrame } from './frame-errors.ts'
import type { Front } from './front.ts'
import {
  answerHeader,
  explainHeader,
  type HandshakePhase,
  PROTOCOL_HEADER,
  requireVHost,
  sendStart,
  sendTune,
  shakeHands,
  takeStartOk,
} from './handshake.ts'
import { Heartbeat } from './heartbeat.ts'
import { logIn } from './login.ts'
import { Pace } from './pace.ts'
import { findEnd, INCOMPLETE, SCATTERED, takeGathered, takeWhole } from './publish.ts'
import { LATER } from './verb.ts'
import { VERBS } from './verbs.ts'

/** A message up to this size is left where it is until all of it has come; the network keeps that much for us. */
const WHOLE_LIMIT = 128 * 1024
/** How long a client may take to log in, and to answer connection.close. */
const HANDSHAKE_MS = 10_000
const CLOSE_MS = 10_000

const NONE = 0

/** One AMQP connection: takes its bytes, and sees to its end. */
export class AmqpHandler implements Handler {
  readonly connection: Connection
  readonly channels = new Map<number, Channel>()
  /** 'closing': connection.close was sent; 'ended': nothing is read any more. */
  private phase: 'header' | HandshakePhase | 'running' | 'closing' | 'ended' = 'header'
  private readonly bytes: Uint8Array
  private readonly socket: Socket
  private readonly pace: Pace
  private readonly gone: () => void
  /** The first byte that is not taken. */
  private at = 0
  /** The method that is to blame for an error; NONE if it is none. */
  private blame = NONE
  private last: Channel | null = null
  private timer: Timer | null
  private heartbeat: Heartbeat | null = null
  /** What the broker knows of it once a vhost is open. */
  private client: ClientConnection | null = null

  /** `gone` is called once, when the connection has ended. */
  constructor(front: Front, socket: Socket, gone: () => void) {
    this.socket = socket
    this.gone = gone
    this.connection = new Connection(front, socket)
    this.pace = new Pace(this.connection)
    this.bytes = front.broker.arena.bytes
    this.timer = front.broker.timers.after(HANDSHAKE_MS, () => {
      this.tell(`no login within ${HANDSHAKE_MS} ms`)
      this.end()
    })
  }

  input(start: number, end: number): number {
    if (this.heartbeat !== null) this.heartbeat.heard = true
    this.at = start
    if (!this.pace.isReading()) return start
    const { vhost } = this.connection
    // Its turn to be closed has not come yet.
    if (this.phase === 'running' && vhost.deleted) this.close(deletedText(vhost.name))
    for (;;) {
      try {
        if (this.phase === 'header') this.takeHeader(end)
        if (this.phase !== 'header') this.takeFrames(end)
        if (this.phase === 'running' && this.last !== null) this.pace.keep(this.last.route.queues)
        return this.phase === 'ended' ? end : this.at
      } catch (error) {
        if (!(error instanceof AmqpError)) throw error
        this.fail(error)
      }
    }
  }

  drained(): void {
    this.connection.drained()
    this.pace.drained()
    for (const channel of this.channels.values()) channel.wakeConsumers()
  }

  closed(): void {
    if (this.phase === 'running') this.tell('it went away without closing')
    this.phase = 'ended'
    this.dissolve()
    this.connection.output.close()
    this.connection.drained()
    this.gone()
  }

  private takeHeader(end: number): void {
    if (end - this.at < PROTOCOL_HEADER) return
    const header = Buffer.from(this.bytes.subarray(this.at, this.at + PROTOCOL_HEADER)).toString('latin1')
    this.at += PROTOCOL_HEADER
    const answer = answerHeader(header)
    if (answer === null) {
      sendStart(this.connection)
      this.phase = 'start'
      return
    }
    this.connection.output.append(answer, 0, answer.length)
    this.tell(explainHeader(header))
    this.end()
  }

  /** Takes frames in place, one after the other, as far as they are whole. */
  private takeFrames(end: number): void {
    const b = this.bytes
    const { frameMax } = this.connection
    while (end - this.at >= FRAME_PREFIX && this.phase !== 'ended') {
      const at = this.at
      const size = ((b[at + 3] << 24) | (b[at + 4] << 16) | (b[at + 5] << 8) | b[at + 6]) >>> 0
      // RabbitMQ names one limit and forgives another 8 bytes: clients have counted on it.
      if (size > frameMax) {
        this.at = end
        this.blame = NONE
        throw badFrame(b[at], EMPTY, `{frame_too_large,${size},${frameMax - FRAME_OVERHEAD}}`)
      }
      const last = at + FRAME_PREFIX + size
      if (last >= end) return
      this.at = last + 1
      if (b[last] !== FRAME_END) {
        this.blame = NONE
        throw badFrame(b[at], b.subarray(at + FRAME_PREFIX, last), `{invalid_frame_end_marker,${b[last]}}`)
      }
      const number = (b[at + 1] << 8) | b[at + 2]
      if (number === 0 || this.phase !== 'running') {
        this.takeControl(b[at], number, at + FRAME_PREFIX, last)
        if (this.phase === 'verify') return
      } else if (!this.takeChannelFrame(number, at, last, end)) {
        this.at = at
        return
      }
    }
  }

  /** False if the frame has to stay where it is, for now. */
  private takeChannelFrame(number: number, at: number, last: number, end: number): boolean {
    const b = this.bytes
    const channel = this.last?.number === number ? this.last : this.channelOf(number)
    this.last = channel
    const type = b[at]
    if (type === FRAME_METHOD && last - at >= FRAME_PREFIX + 4) {
      const key = getU32(b, at + FRAME_PREFIX)
      this.blame = key
      if (channel.state !== 'open') return this.takeWhileNotOpen(channel, key, at, last)
      if (channel.content !== null) throw this.interrupted(channel.content)
      if (key === basic.publish.key) return this.takePublish(channel, at, last, end)
      if (key === basic.ack.key && last - at === FRAME_PREFIX + 13) {
        const tag = getU32(b, at + 11) * 2 ** 32 + getU32(b, at + 15)
        settleDelivery(channel, tag, (b[at + 19] & 1) === 1, 'ack')
        return true
      }
      return this.takeMethod(channel, key, at + FRAME_PREFIX + 4, last)
    }
    if (type === FRAME_HEADER || type === FRAME_BODY) return this.takeContent(channel, type, at, last)
    return this.takeOdd(type, number, at, last)
  }

  private takeOdd(type: number, number: number, at: number, last: number): boolean {
    this.blame = NONE
    const payload = this.bytes.subarray(at + FRAME_PREFIX, last)
    if (type === FRAME_HEARTBEAT && payload.length === 0 && number !== 0) throw unexpectedFrame(type, payload)
    throw badFrame(type, payload, 'unknown_frame')
  }

  private takePublish(channel: Channel, at: number, last: number, end: number): boolean {
    const b = this.bytes
    const next = findEnd(channel, b, last, end, at + WHOLE_LIMIT)
    if (next === INCOMPLETE) return false
    if (next === SCATTERED) {
      decodeArguments(basic.publish, b, at + FRAME_PREFIX + 4, last, true)
      channel.content = new Content(this.connection.front, b.slice(at + FRAME_PREFIX + 4, last))
      return true
    }
    this.at = next
    if (!takeWhole(channel, b, at, last, next)) return this.pace.waitForRoom()
    if (this.pace.starved) this.pace.foundRoom(true)
    return true
  }

  private takeContent(channel: Channel, type: number, at: number, last: number): boolean {
    const b = this.bytes
    const { content } = channel
    if (channel.state === 'closing') return true
    if (content === null) {
      this.blame = NONE
      throw new AmqpError('unexpected-frame', 'expected method frame, got non method frame instead')
    }
    this.blame = basic.publish.key
    if ((type === FRAME_HEADER) !== (content.header === null)) throw this.interrupted(content)
    const payload = at + FRAME_PREFIX
    if (type === FRAME_HEADER) {
      content.begin(b, at, last + 1, bodySize(b, payload, last))
    } else {
      if (content.received + last - payload > content.size) {
        throw new AmqpError('frame-error', 'content body frame exceeds remaining content size')
      }
      content.add(b, payload, last)
    }
    if (content.received < content.size) return true
    if (!takeGathered(channel, content)) {
      if (type === FRAME_HEADER) content.header = null
      else content.takeBack(last - payload)
      return this.pace.waitForRoom()
    }
    content.drop()
    channel.content = null
    if (this.pace.starved) this.pace.foundRoom(true)
    return true
  }

  private interrupted(content: Content): AmqpError {
    this.blame = basic.publish.key
    return contentExpected(content.header === null ? 'header' : 'body')
  }

  private takeMethod(channel: Channel, key: number, at: number, end: number): boolean {
    if (key === channelMethods.close.key) {
      this.dissolveChannel(channel)
      channel.reply(channelMethods.closeOk, {})
      this.forget(channel)
      return true
    }
    if (key === channelMethods.open.key) throw new AmqpError('channel-error', "second 'channel.open' seen")
    const found = VERBS.get(key)
    if (found === undefined) throw this.unimplemented(key)
    if (!this.pace.isReading()) return false
    const args = decodeArguments(found.method, this.bytes, at, end)
    if (found.handle(channel, args as never) !== LATER) return true
    this.connection.pause()
    return false
  }

  /** What RabbitMQ can't name ends the connection without a word, what is not for clients to send with one. */
  private unimplemented(key: number): AmqpError {
    const known = METHODS.get(key)
    return known === undefined
      ? new AmqpError('syntax-error', '', { scope: 'socket' })
      : new AmqpError('command-invalid', 'unimplemented method')
  }

  private takeWhileNotOpen(channel: Channel, key: number, at: number, last: number): boolean {
    if (channel.state === 'new') {
      if (key !== channelMethods.open.key) {
        if (!METHODS.has(key)) throw this.unimplemented(key)
        throw new AmqpError('channel-error', "expected 'channel.open'")
      }
      decodeArguments(channelMethods.open, this.bytes, at + FRAME_PREFIX + 4, last)
      channel.state = 'open'
      channel.reply(channelMethods.openOk, { channelId: '' })
      return true
    }
    // The client's close has crossed ours: its close-ok is still to come.
    if (key === channelMethods.close.key) this.connection.send(channel.number, channelMethods.closeOk, {})
    if (key === channelMethods.closeOk.key) this.forget(channel)
    return true
  }

  /** Frames of channel 0, and everything before the connection is open and after it is closed. */
  private takeControl(type: number, number: number, at: number, end: number): void {
    if (this.phase === 'closing' && (number !== 0 || type !== FRAME_METHOD)) return
    if (type === FRAME_HEARTBEAT && at === end && number === 0) return
    if (type !== FRAME_METHOD || end - at < 4) {
      this.blame = NONE
      const payload = this.bytes.subarray(at, end)
      if (type === FRAME_HEADER || type === FRAME_BODY) throw unexpectedFrame(type, payload)
      throw badFrame(type, payload, 'unknown_frame')
    }
    const key = getU32(this.bytes, at)
    this.blame = key
    if (this.phase === 'closing') this.takeWhileClosing(key)
    else if (this.phase === 'running') this.takeConnectionMethod(key, at + 4, end)
    else if (this.phase === 'start') this.verify(key, at + 4, end)
    else {
      const next = shakeHands(this.connection, this.phase as HandshakePhase, key, this.bytes, at + 4, end)
      this.phase = next
      if (next === 'open' && this.connection.heartbeat > 0) {
        this.heartbeat = new Heartbeat(
          this.connection,
          () => this.connection.paused && !this.pace.unread,
          () => this.die(`missed heartbeats, timeout: ${this.connection.heartbeat}s`),
        )
      }
      if (next === 'running') this.entered()
    }
  }

  /** Finds out whether the client is let in; nothing is heard until that is known. */
  private verify(key: number, at: number, end: number): void {
    const { mechanism, claim } = takeStartOk(this.connection, key, this.bytes, at, end)
    this.phase = 'verify'
    logIn(this.connection, mechanism, claim, (refusal) => {
      if (this.phase !== 'verify') return
      if (refusal !== null) this.fail(refusal)
      else {
        sendTune(this.connection)
        this.phase = 'tune'
      }
      this.connection.resume()
    })
    if (this.phase === 'verify') this.connection.pause()
  }

  private entered(): void {
    this.clearTimer()
    const { connection, channels, socket } = this
    this.client = {
      protocol: 'amqp',
      name: `${socket.remoteAddress}:${socket.remotePort} -> ${socket.localAddress}:${socket.localPort}`,
      user: connection.user,
      vhost: connection.vhost.name,
      connectedAt: connection.broker.env.clock.now(),
      get channels() {
        return channels.size
      },
      close: (reason) => this.close(reason),
    }
    connection.broker.connections.add(this.client)
  }

  private takeConnectionMethod(key: number, at: number, end: number): void {
    if (key === methods.close.key) {
      decodeArguments(methods.close, this.bytes, at, end)
      this.dissolve()
      this.connection.send(0, methods.closeOk, {})
      this.end()
    } else if (key === methods.updateSecret.key) {
      decodeArguments(methods.updateSecret, this.bytes, at, end)
      requireVHost(this.connection, this.connection.vhost.name)
      this.connection.send(0, methods.updateSecretOk, {})
    } else {
      if (!METHODS.has(key)) throw this.unimplemented(key)
      throw new AmqpError('channel-error', 'unexpected method in connection state running')
    }
  }

  private takeWhileClosing(key: number): void {
    if (key === methods.close.key) this.connection.send(0, methods.closeOk, {})
    if (key === methods.close.key || key === methods.closeOk.key) this.end()
  }

  private channelOf(number: number): Channel {
    const known = this.channels.get(number)
    if (known !== undefined) return known
    const { channelMax } = this.connection
    if (this.channels.size >= channelMax) {
      this.blame = NONE
      throw new AmqpError(
        'not-allowed',
        `number of channels opened (${channelMax}) has reached the negotiated channel_max (${channelMax})`,
      )
    }
    requireChannel(this.connection)
    requireMemory(this.connection)
    const channel = new Channel(this.connection, number)
    channel.fail = (error) => {
      this.blame = NONE
      this.closeChannel(channel, error)
    }
    this.channels.set(number, channel)
    return channel
  }

  private forget(channel: Channel): void {
    this.channels.delete(channel.number)
    if (this.last === channel) this.last = null
  }

  /** One line for the operator: who it was, and why the connection ends. */
  private tell(reason: string): void {
    const { front, user } = this.connection
    const who = `${this.socket.remoteAddress}:${this.socket.remotePort}${user === '' ? '' : ` (user ${user})`}`
    front.options.log(`closing the connection of ${who}: ${reason}`)
  }

  /** Ends the connection at once: there is nobody to say goodbye to. */
  private die(reason: string): void {
    this.tell(reason)
    this.phase = 'ended'
    this.socket.destroy()
  }

  private fail(error: AmqpError): void {
    if (this.phase !== 'closing' && (error.scope !== 'channel' || this.last === null)) this.tell(error.message)
    const early = EARLY.includes(this.phase)
    const login = this.phase === 'verify' && error.code === 403 && error.scope === 'connection'
    if (this.phase === 'closing' || error.scope === 'socket' || (early && !login)) {
      this.end()
      return
    }
    const channel = this.last
    if (error.scope === 'channel' && channel !== null && this.phase === 'running') {
      this.closeChannel(channel, error)
      return
    }
    this.dissolve()
    this.connection.send(0, methods.close, this.closing(error, login || error.anonymous ? NONE : this.blame))
    this.phase = 'closing'
    this.timer = this.connection.broker.timers.after(CLOSE_MS, () => this.end())
  }

  private closeChannel(channel: Channel, error: AmqpError): void {
    this.dissolveChannel(channel)
    channel.state = 'closing'
    channel.replies.close()
    channel.send(channelMethods.close, this.closing(error, this.blame))
  }

  private closing(error: AmqpError, blame: number) {
    // Names may hold bytes that are no text; a reply has to be.
    const message = error.message.replace(/[\udc80-\udcff]/gu, '\ufffd')
    const text = Buffer.from(message)
    const replyText = text.length <= 255 ? message : `${text.subarray(0, 252).toString('utf8')}...`
    return { replyCode: error.code, replyText, classId: blame >>> 16, methodId: blame & 0xffff }
  }

  /** Closes the connection because an operator wants it, or the broker stops. */
  close(reason: string): void {
    this.blame = NONE
    if (this.phase !== 'running') this.end()
    else this.fail(new AmqpError('connection-forced', reason))
  }

  private dissolveChannel(channel: Channel): void {
    for (const queue of channel.dissolve()) {
      channel.broker.wake(queue)
      consumerLeft(channel.broker, queue)
    }
  }

  private dissolve(): void {
    this.clearTimer()
    this.pace.foundRoom(this.phase === 'running')
    this.heartbeat?.stop()
    this.heartbeat = null
    // Nothing that one channel gives back goes to another.
    for (const channel of this.channels.values()) channel.leave()
    for (const channel of this.channels.values()) {
      this.dissolveChannel(channel)
      channel.replies.close()
    }
    this.channels.clear()
    this.last = null
    const { client } = this
    if (client === null) return
    this.client = null
    const { broker, vhost, id } = this.connection
    broker.connections.remove(client)
    releaseExclusive(broker, vhost.name, id)
  }

  /** Sends what there is, then ends the connection. */
  private end(): void {
    if (this.phase === 'ended') return
    this.phase = 'ended'
    this.dissolve()
    this.connection.output.flush()
    this.socket.end()
  }

  private clearTimer(): void {
    if (this.timer !== null) this.connection.broker.timers.clear(this.timer)
    this.timer = null
  }
}

/** Mistakes are answered with the end of the socket. */
const EARLY: readonly string[] = ['header', 'start', 'verify', 'tune']
const EMPTY = new Uint8Array(0)
