import { EMPTY_TABLE, type Table } from '../../src/wire/amqp/field.ts'
import { FRAME_BODY, FRAME_END, FRAME_HEADER, FRAME_METHOD } from '../../src/wire/amqp/frame.ts'
import {
  type ArgumentsOf,
  decodeArguments,
  type Fields,
  type Method,
  type ValuesOf,
  writeMethod,
} from '../../src/wire/amqp/method.ts'
import { basic, channel, connection, METHODS } from '../../src/wire/amqp/methods.ts'
import { decodeProperties, type Properties, writeHeader } from '../../src/wire/amqp/properties.ts'
import { Writer } from '../../src/wire/amqp/writer.ts'
import { Failure } from '../failure.ts'
import type { Wire } from '../net.ts'

/** A method that came, with the content that followed it. */
export interface Incoming {
  readonly method: Method
  readonly args: Readonly<Record<string, unknown>>
  readonly body: Uint8Array
  readonly headers: Table
}

export interface LinkEvents {
  /** Connection and channel are open. */
  ready(): void
  received(incoming: Incoming): void
  closed(): void
  /** The broker closed the channel with this code; true if that was to be expected. */
  refused?(code: number): boolean
  /** The same of the connection. */
  expelled?(code: number): boolean
}

const NOTHING = new Uint8Array(0)
/** What our clients ask for: small frames, so that bodies are split. */
const FRAME_MAX = 8192

/** One AMQP connection with channel 1 open: a client as simple as can be, written against the specification. */
export class AmqpLink {
  open = true
  ready = false
  blocked = false
  private readonly wire: Wire
  private readonly events: LinkEvents
  private readonly vhost: string
  private readonly writer = new Writer()
  private held: Uint8Array = NOTHING
  private method: Incoming | null = null
  private parts: Uint8Array[] = []
  private headers: Table = EMPTY_TABLE
  private missing = 0
  /** We have said goodbye: what the broker does with our messages from now on is not wrong any more. */
  closing = false

  constructor(wire: Wire, events: LinkEvents, vhost = '/') {
    this.vhost = vhost
    this.wire = wire
    this.events = events
    wire.onBytes = (bytes) => this.take(bytes)
    wire.onClosed = () => this.ended()
    wire.send(Buffer.from('AMQP\0\0\x09\x01', 'latin1'))
  }

  send<F extends Fields>(method: Method<F>, values: ValuesOf<F>, on = 1): void {
    writeMethod(this.writer, on, method, values)
  }

  publish(exchange: string, routingKey: string, properties: Properties, body: Uint8Array): void {
    this.send(basic.publish, { ticket: 0, exchange, routingKey, mandatory: false, immediate: false })
    const { writer } = this
    writer.octet(FRAME_HEADER)
    writer.short(1)
    const size = writer.reserve(4)
    writeHeader(writer, 60, body.length, properties)
    writer.putLong(size, writer.at - size - 4)
    writer.octet(FRAME_END)
    for (let at = 0; at < body.length; at += FRAME_MAX - 8) {
      const part = body.subarray(at, at + FRAME_MAX - 8)
      writer.octet(FRAME_BODY)
      writer.short(1)
      writer.long(part.length)
      writer.raw(part)
      writer.octet(FRAME_END)
    }
  }

  /** Sends what was written since the last flush, in one go. */
  flush(): void {
    if (this.writer.at === 0) return
    this.wire.send(this.writer.written())
    this.writer.clear()
  }

  /** Slow clients read nothing for a while. */
  read(on: boolean): void {
    this.wire.read(on)
  }

  /** Breaks the connection: with a reset, with an end of input, or politely. */
  break(how: 'reset' | 'end' | 'close'): void {
    if (!this.open) return
    if (how === 'reset') this.wire.reset()
    else if (how === 'end') this.wire.end()
    else {
      this.closing = true
      this.send(connection.close, { replyCode: 200, replyText: '', classId: 0, methodId: 0 }, 0)
      this.flush()
      return
    }
    this.open = false
  }

  private ended(): void {
    this.open = false
    this.ready = false
    this.events.closed()
  }

  private take(bytes: Uint8Array): void {
    const run = this.held.length === 0 ? bytes : Buffer.concat([this.held, bytes])
    let at = 0
    while (run.length - at >= 7) {
      const size = ((run[at + 3]! << 24) | (run[at + 4]! << 16) | (run[at + 5]! << 8) | run[at + 6]!) >>> 0
      if (size > FRAME_MAX) throw new Failure(`a frame of ${size} bytes came: output is spoilt`)
      if (run.length - at < size + 8) break
      if (run[at + 7 + size] !== FRAME_END) throw new Failure('a frame does not end in 0xCE: output is spoilt')
      this.frame(run[at]!, run, at + 7, at + 7 + size)
      at += size + 8
    }
    this.held = run.slice(at)
  }

  private frame(type: number, bytes: Uint8Array, at: number, end: number): void {
    if (type === FRAME_METHOD) {
      const key = ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
      const method = METHODS.get(key)
      if (method === undefined || this.method !== null) throw new Failure(`an unexpected method ${key} came`)
      const args = decodeArguments(method, bytes, at + 4, end) as Readonly<Record<string, unknown>>
      if (method.content) this.method = { method, args, body: NOTHING, headers: EMPTY_TABLE }
      else this.handle({ method, args, body: NOTHING, headers: EMPTY_TABLE })
    } else if (type === FRAME_HEADER) {
      if (this.method === null) throw new Failure('a header came without its method')
      this.missing = ((bytes[at + 8]! << 24) | (bytes[at + 9]! << 16) | (bytes[at + 10]! << 8) | bytes[at + 11]!) >>> 0
      this.parts = []
      this.headers = decodeProperties(bytes, at, end).headers ?? EMPTY_TABLE
      this.complete()
    } else if (type === FRAME_BODY) {
      this.parts.push(bytes.slice(at, end))
      this.missing -= end - at
      if (this.missing < 0) throw new Failure('a body is longer than its header says')
      this.complete()
    } else if (type !== 8) {
      throw new Failure(`a frame of type ${type} came: output is spoilt`)
    }
  }

  private complete(): void {
    if (this.missing > 0 || this.method === null) return
    const { method, args } = this.method
    this.method = null
    this.handle({ method, args, body: Buffer.concat(this.parts), headers: this.headers })
  }

  private handle(incoming: Incoming): void {
    switch (incoming.method) {
      case connection.start:
        this.send(
          connection.startOk,
          { clientProperties: EMPTY_TABLE, mechanism: 'PLAIN', response: '\0guest\0guest', locale: 'en_US' },
          0,
        )
        break
      case connection.tune: {
        const { channelMax } = incoming.args as ArgumentsOf<typeof connection.tune>
        this.send(connection.tuneOk, { channelMax, frameMax: FRAME_MAX, heartbeat: 0 }, 0)
        this.send(connection.open, { virtualHost: this.vhost, capabilities: '', insist: false }, 0)
        break
      }
      case connection.openOk:
        this.send(channel.open, { outOfBand: '' })
        break
      case channel.openOk:
        this.ready = true
        this.events.ready()
        break
      case connection.close: {
        const { replyCode, replyText } = incoming.args
        if (!this.events.expelled?.(replyCode as number)) {
          throw new Failure(`the broker closed a connection: ${replyCode} ${replyText}`)
        }
        this.send(connection.closeOk, {}, 0)
        this.flush()
        this.open = false
        break
      }
      case connection.closeOk:
        this.open = false
        this.wire.end()
        break
      case channel.close: {
        const { replyCode, replyText } = incoming.args
        if (!this.events.refused?.(replyCode as number)) {
          throw new Failure(`the broker closed a channel: ${replyCode} ${replyText}`)
        }
        this.send(channel.closeOk, {})
        this.break('close')
        break
      }
      case connection.blocked:
        this.blocked = true
        break
      case connection.unblocked:
        this.blocked = false
        break
      default:
        // What comes after we have broken off is as good as lost.
        if (this.open && !this.closing) this.events.received(incoming)
    }
    if (this.open) this.flush()
  }
}
