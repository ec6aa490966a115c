import { connect, type Socket } from 'node:net'
import { getU32 } from '../../../src/std/bytes.ts'
import { EMPTY_TABLE } from '../../../src/wire/amqp/field.ts'
import {
  FRAME_BODY,
  FRAME_END,
  FRAME_HEADER,
  FRAME_METHOD,
  FRAME_OVERHEAD,
  FRAME_PREFIX,
} from '../../../src/wire/amqp/frame.ts'
import { type Fields, type Method, type ValuesOf, writeMethod } from '../../../src/wire/amqp/method.ts'
import { basic, channel, confirm, connection, METHODS } from '../../../src/wire/amqp/methods.ts'
import { type Properties, writeHeader } from '../../../src/wire/amqp/properties.ts'
import { Writer } from '../../../src/wire/amqp/writer.ts'

/** Messages that are written in one go. */
const BATCH = 256

/** A message to publish. */
export interface Outgoing {
  readonly exchange: string
  readonly key: string
  readonly properties: Properties
  /** In place of so many bytes of nothing. */
  readonly body?: Uint8Array
}

/** One connection with one channel: fast enough for shapes that the load generator does not know. */
export class Client {
  /** Messages that came. */
  delivered = 0
  private readonly socket: Socket
  private readonly writer = new Writer(1 << 16)
  private held = Buffer.alloc(0)
  private published = 0
  private nothing: Uint8Array = Buffer.alloc(0)
  /** Every message up to this one is confirmed. */
  private confirmedTo = 0
  /** Those above it that are: queues confirm in an order of their own. */
  private readonly confirmedAbove = new Set<number>()
  private failure: Error | null = null
  private wanted: Method | null = null
  private wake: () => void = () => {}

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('data', (bytes) => this.take(bytes))
    socket.on('error', (error) => this.fail(error))
    socket.on('close', () => this.fail(new Error('the broker closed the connection')))
  }

  static async open({ host, port }: { host: string; port: number }, idle = false): Promise<Client> {
    const client = new Client(connect(port, host))
    client.socket.write('AMQP\x00\x00\x09\x01', 'latin1')
    await client.heard(connection.start)
    const response = '\0guest\0guest'
    client.send(0, connection.startOk, {
      ...{ clientProperties: EMPTY_TABLE, mechanism: 'PLAIN', response, locale: 'en_US' },
    })
    await client.heard(connection.tune)
    client.send(0, connection.tuneOk, { channelMax: 10, frameMax: 131_072, heartbeat: 0 })
    await client.call(connection.open, { virtualHost: '/', capabilities: '', insist: false }, connection.openOk, 0)
    if (idle) return client
    await client.call(channel.open, { outOfBand: '' }, channel.openOk)
    await client.call(confirm.select, { nowait: false }, confirm.selectOk)
    return client
  }

  /** Says something and waits for the answer. */
  async call<F extends Fields>(method: Method<F>, values: ValuesOf<F>, ok: Method<Fields>, on = 1): Promise<void> {
    this.send(on, method, values)
    await this.heard(ok)
  }

  /** Says something that nobody answers. */
  send<F extends Fields>(on: number, method: Method<F>, values: ValuesOf<F>): void {
    writeMethod(this.writer, on, method, values)
    this.flush()
  }

  /** Publishes `count` messages of `size` bytes with at most `window` unconfirmed, and waits until all are confirmed. */
  async publish(count: number, size: number, window: number, message: (i: number) => Outgoing): Promise<void> {
    this.nothing = Buffer.alloc(size, 'x')
    const first = this.published
    for (let i = 0; i < count; ) {
      while (this.published - this.confirmed >= window) await this.change()
      const end = Math.min(count, i + BATCH)
      for (; i < end; i++) this.encode(message(i))
      this.published += end - (this.published - first)
      if (!this.flush()) await new Promise<void>((resolve) => this.socket.once('drain', () => resolve()))
    }
    while (this.confirmed < this.published) await this.change()
  }

  /** Consumes a queue with automatic acknowledgement. */
  async consume(queue: string): Promise<void> {
    const flags = { noLocal: false, noAck: true, exclusive: false, nowait: false, arguments: EMPTY_TABLE }
    await this.call(basic.consume, { ticket: 0, queue, consumerTag: queue, ...flags }, basic.consumeOk)
  }

  /** Resolves when `count` messages have come altogether. */
  async until(count: number): Promise<void> {
    while (this.delivered < count) await this.change()
  }

  close(): void {
    this.failure ??= new Error('closed')
    this.socket.destroy()
  }

  private encode({ exchange, key, properties, body = this.nothing }: Outgoing): void {
    const { writer } = this
    writeMethod(writer, 1, basic.publish, { ticket: 0, exchange, routingKey: key, mandatory: false, immediate: false })
    writer.octet(FRAME_HEADER)
    writer.short(1)
    const size = writer.reserve(4)
    writeHeader(writer, 60, body.length, properties)
    writer.putLong(size, writer.at - size - 4)
    writer.octet(FRAME_END)
    writer.octet(FRAME_BODY)
    writer.short(1)
    writer.long(body.length)
    writer.raw(body)
    writer.octet(FRAME_END)
  }

  private flush(): boolean {
    const bytes = Buffer.from(this.writer.written())
    this.writer.clear()
    return this.socket.write(bytes)
  }

  private async heard(method: Method<Fields>): Promise<void> {
    this.wanted = method
    while (this.wanted !== null) await this.change()
  }

  private async change(): Promise<void> {
    if (this.failure !== null) throw this.failure
    await new Promise<void>((resolve) => {
      this.wake = resolve
    })
    if (this.failure !== null) throw this.failure
  }

  private get confirmed(): number {
    return this.confirmedTo + this.confirmedAbove.size
  }

  private confirm(tag: number, multiple: boolean): void {
    const above = this.confirmedAbove
    if (!multiple) above.add(tag)
    else if (tag > this.confirmedTo) {
      for (const one of above) if (one <= tag) above.delete(one)
      this.confirmedTo = tag
    }
    while (above.delete(this.confirmedTo + 1)) this.confirmedTo++
  }

  private fail(error: Error): void {
    this.failure ??= error
    this.wake()
  }

  private take(bytes: Buffer): void {
    const all = this.held.length === 0 ? bytes : Buffer.concat([this.held, bytes])
    let at = 0
    while (all.length - at >= FRAME_OVERHEAD) {
      const end = at + FRAME_OVERHEAD + getU32(all, at + 3)
      if (end > all.length) break
      if (all[at] === FRAME_METHOD) this.method(all, at + FRAME_PREFIX, end - 1)
      at = end
    }
    this.held = Buffer.from(all.subarray(at))
    this.wake()
  }

  private method(bytes: Buffer, at: number, end: number): void {
    const key = getU32(bytes, at)
    if (key === basic.deliver.key) this.delivered++
    else if (key === basic.ack.key) {
      const tag = getU32(bytes, at + 8)
      this.confirm(tag, bytes[at + 12] === 1)
    } else if (key === this.wanted?.key) this.wanted = null
    else if (key === channel.close.key || key === connection.close.key) {
      this.fail(new Error(`${METHODS.get(key)?.name}: ${bytes.toString('latin1', at + 7, end - 4)}`))
    }
  }
}
