import { connect, type Socket } from 'node:net'
import { tableOf } from '../../src/wire/amqp/field.ts'
import { decodeArguments, type Fields, type Method, type ValuesOf, writeMethod } from '../../src/wire/amqp/method.ts'
import { basic, channel, confirm, connection, METHODS, queue } from '../../src/wire/amqp/methods.ts'
import { writeHeader } from '../../src/wire/amqp/properties.ts'
import { Writer } from '../../src/wire/amqp/writer.ts'

const FRAME_END = 0xce
const DELIVER = (60 << 16) | 60
const ACK = (60 << 16) | 80

export interface BulkEvents {
  /** The body lies in `bytes` until this returns. */
  deliver?(tag: number, bytes: Buffer, from: number, to: number): void
  /** How many messages are confirmed: all before it are. */
  confirmed?(count: number): void
  /** Everything that came in one piece has been told. */
  turn?(): void
}

/**
 * A client of one channel for millions of small messages: it makes nothing for a message but bytes, in both directions. A connection
 * that ends fails whatever waits for an answer, and `ended` resolves; it rejects with what an event threw.
 */
export class BulkClient {
  readonly ended: Promise<void>
  private readonly socket: Socket
  private events: BulkEvents = {}
  private readonly writer = new Writer(1 << 16)
  private rest: Buffer = Buffer.alloc(0)
  private waiting: { resolve(payload: Buffer): void; reject(error: Error): void }[] = []
  private dead = false
  private failure: Error | null = null
  /** The tag of the confirm that came last. */
  private last = 0
  /** The tag of the delivery whose body is next. */
  private tag = 0
  private publishFrame = Buffer.alloc(0)
  private headerFrame = Buffer.alloc(0)

  private constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.setNoDelay(true)
    this.socket.on('error', () => {})
    this.ended = new Promise((resolve, reject) => {
      this.socket.once('close', () => {
        this.dead = true
        for (const one of this.waiting) one.reject(this.failure ?? new Error('the connection has ended'))
        this.waiting = []
        if (this.failure === null) resolve()
        else reject(this.failure)
      })
    })
    // Not everybody waits for the end.
    this.ended.catch(() => {})
    this.socket.on('data', (bytes: Buffer) => {
      try {
        this.take(bytes)
      } catch (error) {
        this.failure = error as Error
        this.socket.destroy()
      }
    })
  }

  static async open(port: number): Promise<BulkClient> {
    const client = new BulkClient(port)
    client.socket.write('AMQP\x00\x00\x09\x01')
    await client.answer(connection.start)
    client.put(0, connection.startOk, {
      clientProperties: tableOf({}),
      mechanism: 'PLAIN',
      response: '\0guest\0guest',
      locale: 'en_US',
    })
    client.flush()
    const tune = await client.answer(connection.tune)
    client.put(0, connection.tuneOk, { ...tune, heartbeat: 0 })
    await client.ask(0, connection.open, { virtualHost: '/', capabilities: '', insist: false }, connection.openOk)
    await client.ask(1, channel.open, { outOfBand: '' }, channel.openOk)
    return client
  }

  /** Who hears what comes from now on. */
  listen(events: BulkEvents): void {
    this.events = events
  }

  /** Declares a durable queue; returns how many messages are ready in it. */
  async declare(name: string): Promise<number> {
    const flags = { passive: false, durable: true, exclusive: false, autoDelete: false, nowait: false }
    const values = { ticket: 0, queue: name, ...flags, arguments: tableOf({}) }
    return (await this.ask(1, queue.declare, values, queue.declareOk)).messageCount
  }

  /** Makes `publish` send to this queue, and the broker confirm it. */
  async publishTo(name: string): Promise<void> {
    await this.ask(1, confirm.select, { nowait: false }, confirm.selectOk)
    const writer = new Writer()
    const flags = { mandatory: false, immediate: false }
    writeMethod(writer, 1, basic.publish, { ticket: 0, exchange: '', routingKey: name, ...flags })
    this.publishFrame = Buffer.from(writer.written())
    writer.clear()
    writeHeader(writer, 60, 0, { deliveryMode: 2 })
    const payload = writer.written()
    this.headerFrame = Buffer.alloc(payload.length + 8)
    this.headerFrame.set([2, 0, 1, 0, 0, 0, payload.length])
    this.headerFrame.set(payload, 7)
    this.headerFrame[payload.length + 7] = FRAME_END
  }

  /** Puts a persistent message aside for `flush`; `fill` writes its body. */
  publish(size: number, fill: (bytes: Buffer, at: number) => void): void {
    const { writer } = this
    const length = this.publishFrame.length + this.headerFrame.length
    const at = writer.reserve(length + 8 + size)
    writer.bytes.set(this.publishFrame, at)
    const header = at + this.publishFrame.length
    writer.bytes.set(this.headerFrame, header)
    // The low half of the body's size, after the frame's header, the class and the weight.
    writer.putLong(header + 7 + 4 + 4, size)
    const body = at + length
    writer.bytes.set([3, 0, 1], body)
    writer.putLong(body + 3, size)
    fill(writer.bytes, body + 7)
    writer.bytes[body + 7 + size] = FRAME_END
  }

  async consume(name: string): Promise<void> {
    const flags = { noLocal: false, noAck: false, exclusive: false, nowait: false }
    const values = { ticket: 0, queue: name, consumerTag: 'bulk', ...flags, arguments: tableOf({}) }
    await this.ask(1, basic.consume, values, basic.consumeOk)
  }

  /** Puts an acknowledgement aside for `flush`. */
  ack(tag: number, multiple: boolean): void {
    this.put(1, basic.ack, { deliveryTag: tag, multiple })
  }

  /** Sends what was put aside. */
  flush(): void {
    if (!this.dead) this.socket.write(Buffer.from(this.writer.written()))
    this.writer.clear()
  }

  /** Ends without a word, as a client that crashes. */
  async drop(): Promise<void> {
    this.socket.destroy()
    await this.ended
  }

  private put<F extends Fields>(number: number, method: Method<F>, values: ValuesOf<F>): void {
    writeMethod(this.writer, number, method, values)
  }

  private ask<F extends Fields, G extends Fields>(
    number: number,
    method: Method<F>,
    values: ValuesOf<F>,
    reply: Method<G>,
  ): Promise<ValuesOf<G>> {
    this.put(number, method, values)
    this.flush()
    return this.answer(reply)
  }

  private async answer<F extends Fields>(method: Method<F>): Promise<ValuesOf<F>> {
    const payload = await new Promise<Buffer>((resolve, reject) => {
      if (this.dead) reject(new Error('the connection has ended'))
      else this.waiting.push({ resolve, reject })
    })
    const came = METHODS.get(payload.readUInt32BE(0))
    if (came?.key !== method.key) throw new Error(`${method.name} was expected, but ${came?.name} came`)
    return decodeArguments(method, payload, 4, payload.length)
  }

  private take(bytes: Buffer): void {
    const all = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes])
    let at = 0
    while (all.length - at >= 8) {
      const end = at + 8 + all.readUInt32BE(at + 3)
      if (end > all.length) break
      this.takeFrame(all, all[at]!, at + 7, end - 1)
      at = end
    }
    this.rest = Buffer.from(all.subarray(at))
    this.events.turn?.()
  }

  private takeFrame(bytes: Buffer, type: number, from: number, to: number): void {
    if (type === 3) {
      this.events.deliver?.(this.tag, bytes, from, to)
      return
    }
    if (type !== 1) return
    const key = bytes.readUInt32BE(from)
    // After the method's number comes the consumer's tag, a byte of length before it, then the delivery's 64 bits.
    if (key === DELIVER) this.tag = bytes.readUInt32BE(from + 4 + 1 + bytes[from + 4]! + 4)
    else if (key === ACK) this.takeConfirm(bytes.readUInt32BE(from + 8), (bytes[from + 12]! & 1) === 1)
    else if (this.waiting.length > 0) this.waiting.shift()!.resolve(Buffer.from(bytes.subarray(from, to)))
    else throw new Error(`nobody asked for ${METHODS.get(key)?.name}: ${bytes.toString('latin1', from, to)}`)
  }

  private takeConfirm(tag: number, multiple: boolean): void {
    if (!multiple && tag !== this.last + 1) throw new Error(`${tag} was confirmed after ${this.last}`)
    this.last = tag
    this.events.confirmed?.(tag)
  }
}
