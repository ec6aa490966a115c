import { connect, type Socket } from 'node:net'
import { FRAME_END, FRAME_OVERHEAD, FRAME_PREFIX } from '../src/wire/amqp/frame.ts'
import { decodeArguments, type Fields, type Method, type ValuesOf, writeMethod } from '../src/wire/amqp/method.ts'
import { channel, connection, METHODS } from '../src/wire/amqp/methods.ts'
import { type Properties, writeHeader } from '../src/wire/amqp/properties.ts'
import { Reader } from '../src/wire/amqp/reader.ts'
import { Writer } from '../src/wire/amqp/writer.ts'

/** A method that came, or 'ended' when the socket closed. Content frames come as they are. */
export interface Came {
  readonly channel: number
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
  readonly payload: Uint8Array
}

/** What a call was answered with that did not end well. */
export class Closed extends Error {
  readonly came: Came

  constructor(came: Came) {
    super(`${came.name} ${JSON.stringify(came.args)}`)
    this.came = came
  }
}

const TIMEOUT_MS = 5000

/** An AMQP client that says exactly what it is told to, and shows what comes. */
export class RawClient {
  readonly came: Came[] = []
  private readonly socket: Socket
  private rest: Buffer = Buffer.alloc(0)
  private wake: (() => void) | null = null

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (bytes) => this.take(bytes))
    socket.on('error', () => {})
    socket.on('close', () => this.push({ channel: 0, name: 'ended', args: {}, payload: new Uint8Array(0) }))
  }

  /** Connects, logs in and opens channel 1. */
  static async open(port: number, vhost = '/'): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1')
    const client = new RawClient(socket)
    socket.write(Buffer.from('AMQP\0\0\x09\x01', 'latin1'))
    await client.next('connection.start')
    const capabilities = new Map([['consumer_cancel_notify', { type: 't', value: true } as const]])
    client.send(0, connection.startOk, {
      clientProperties: new Map([['capabilities', { type: 'F', value: capabilities } as const]]),
      mechanism: 'PLAIN',
      response: '\0guest\0guest',
      locale: 'en_US',
    })
    const { args } = await client.next('connection.tune')
    client.send(0, connection.tuneOk, {
      channelMax: Number(args.channelMax),
      frameMax: Number(args.frameMax),
      heartbeat: 0,
    })
    client.send(0, connection.open, { virtualHost: vhost, capabilities: '', insist: false })
    await client.next('connection.open-ok')
    await client.openChannel(1)
    return client
  }

  async openChannel(number: number): Promise<void> {
    this.send(number, channel.open, { outOfBand: '' })
    await this.next('channel.open-ok')
  }

  send<F extends Fields>(number: number, method: Method<F>, args: ValuesOf<F>): void {
    const writer = new Writer()
    writeMethod(writer, number, method, args)
    this.socket.write(writer.written())
  }

  sendContent(number: number, body: string, properties: Properties = {}): void {
    const writer = new Writer()
    const frame = (type: number, write: () => void) => {
      writer.octet(type)
      writer.short(number)
      const size = writer.reserve(4)
      write()
      writer.putLong(size, writer.at - size - 4)
      writer.octet(FRAME_END)
    }
    frame(2, () => writeHeader(writer, 60, Buffer.byteLength(body), properties))
    if (body !== '') frame(3, () => writer.raw(Buffer.from(body)))
    this.socket.write(writer.written())
  }

  /** Sends a method and waits for the answer of the same class, or a close. */
  async call<F extends Fields>(number: number, method: Method<F>, args: ValuesOf<F>): Promise<Came> {
    this.send(number, method, args)
    return this.next(`${method.name}-ok`)
  }

  /** The next method of that name, what comes before left aside; a close instead is thrown. */
  async next(...names: string[]): Promise<Came> {
    const deadline = Date.now() + TIMEOUT_MS
    for (;;) {
      const at = this.came.findIndex((one) => names.includes(one.name))
      if (at >= 0) return this.came.splice(at, 1)[0]!
      const close = this.came.find((one) => one.name.endsWith('.close') || one.name === 'ended')
      if (close !== undefined) throw new Closed(close)
      await this.more(deadline - Date.now(), names)
    }
  }

  close(): void {
    this.socket.destroy()
  }

  private more(timeoutMs: number, names: string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${names.join(' or ')} did not come`)), Math.max(timeoutMs, 0))
      this.wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  private push(came: Came): void {
    this.came.push(came)
    this.wake?.()
    this.wake = null
  }

  private take(bytes: Buffer): void {
    this.rest = Buffer.concat([this.rest, bytes])
    while (this.rest.length >= FRAME_PREFIX) {
      const size = this.rest.readUInt32BE(3)
      if (this.rest.length < size + FRAME_OVERHEAD) return
      const payload = new Uint8Array(this.rest.subarray(FRAME_PREFIX, FRAME_PREFIX + size))
      this.takeFrame(this.rest[0]!, this.rest.readUInt16BE(1), payload)
      this.rest = this.rest.subarray(size + FRAME_OVERHEAD)
    }
  }

  private takeFrame(type: number, number: number, payload: Uint8Array): void {
    if (type !== 1) {
      this.push({ channel: number, name: type === 2 ? 'header' : type === 3 ? 'body' : 'heartbeat', args: {}, payload })
      return
    }
    const method = METHODS.get(new Reader(payload, 0, 4).long())!
    const args = decodeArguments(method, payload, 4, payload.length)
    this.push({ channel: number, name: method.name, args, payload })
  }
}
