import { connect, type Socket } from 'node:net'
import { tableOf } from '../../src/wire/amqp/field.ts'
import { decodeArguments, type Fields, type Method, type ValuesOf, writeMethod } from '../../src/wire/amqp/method.ts'
import { basic, channel, connection, METHODS } from '../../src/wire/amqp/methods.ts'
import { type Properties, writeHeader } from '../../src/wire/amqp/properties.ts'
import { Writer } from '../../src/wire/amqp/writer.ts'

/** What the broker said: a method, another frame, a protocol header, or that the socket has ended. */
export type Heard =
  | {
      readonly kind: 'method'
      readonly channel: number
      readonly method: Method
      readonly args: Record<string, unknown>
    }
  | { readonly kind: 'frame'; readonly channel: number; readonly type: number; readonly payload: Buffer }
  | { readonly kind: 'protocol'; readonly header: Buffer }
  | { readonly kind: 'end' }

export interface Login {
  readonly capabilities?: Readonly<Record<string, boolean>>
  readonly mechanism?: string
  readonly response?: string
  readonly tune?: { channelMax: number; frameMax: number; heartbeat: number }
  readonly virtualHost?: string
}

export const PROTOCOL = 'AMQP\x00\x00\x09\x01'

/** An AMQP client that says what it is told to, right or wrong, and keeps what it hears. */
export class RawClient {
  private readonly socket: Socket
  private received = Buffer.alloc(0)
  private readonly heard: Heard[] = []
  private readonly others: RawClient[] = []
  private waiting: (() => void) | null = null

  constructor(host: string, port: number) {
    this.socket = connect(port, host)
    this.socket.setNoDelay(true)
    this.socket.on('data', (bytes: Buffer) => this.take(bytes))
    this.socket.on('error', () => {})
    this.socket.on('close', () => this.hear({ kind: 'end' }))
  }

  raw(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  send<F extends Fields>(number: number, method: Method<F>, values: ValuesOf<F>): void {
    const writer = new Writer()
    writeMethod(writer, number, method, values)
    this.raw(new Uint8Array(writer.written()))
  }

  frame(type: number, number: number, payload: Uint8Array, end = 0xce): void {
    const bytes = Buffer.alloc(8 + payload.length)
    bytes[0] = type
    bytes.writeUInt16BE(number, 1)
    bytes.writeUInt32BE(payload.length, 3)
    bytes.set(payload, 7)
    bytes[bytes.length - 1] = end
    this.raw(bytes)
  }

  header(number: number, size: number, properties: Properties = {}, classId = 60): void {
    const writer = new Writer()
    writeHeader(writer, classId, size, properties)
    this.frame(2, number, new Uint8Array(writer.written()))
  }

  publish(number: number, exchange: string, routingKey: string, properties: Properties = {}, body = 'body'): void {
    this.send(number, basic.publish, { ticket: 0, exchange, routingKey, mandatory: true, immediate: false })
    this.header(number, Buffer.byteLength(body), properties)
    if (body.length > 0) this.frame(3, number, Buffer.from(body))
  }

  /** The port from which it is connected. */
  get localPort(): number {
    return this.socket.localPort ?? 0
  }

  async next(): Promise<Heard> {
    while (this.heard.length === 0) {
      await new Promise<void>((resolve) => {
        this.waiting = resolve
      })
    }
    const [first] = this.heard
    if (first.kind !== 'end') this.heard.shift()
    return first
  }

  /** The next method, which must be this one. */
  async expect<F extends Fields>(method: Method<F>): Promise<ValuesOf<F>> {
    const heard = await this.next()
    if (heard.kind === 'method' && heard.method.key === method.key) return heard.args as ValuesOf<F>
    throw new Error(`${method.name} was expected, but ${describe(heard)} came`)
  }

  /** Logs in as far as connection.open-ok. */
  async open(login: Login = {}): Promise<void> {
    this.raw(PROTOCOL)
    await this.expect(connection.start)
    this.startOk(login)
    const tune = await this.expect(connection.tune)
    this.send(0, connection.tuneOk, login.tune ?? { ...tune, heartbeat: 0 })
    this.send(0, connection.open, { virtualHost: login.virtualHost ?? '/', capabilities: '', insist: false })
    await this.expect(connection.openOk)
  }

  startOk(login: Login): void {
    const all = {
      authentication_failure_close: true,
      consumer_cancel_notify: true,
      'basic.nack': true,
      publisher_confirms: true,
      'connection.blocked': true,
    }
    this.send(0, connection.startOk, {
      clientProperties: tableOf({ capabilities: tableOf(login.capabilities ?? all) }),
      mechanism: login.mechanism ?? 'PLAIN',
      response: login.response ?? '\0guest\0guest',
      locale: 'en_US',
    })
  }

  async openChannel(number: number): Promise<void> {
    this.send(number, channel.open, { outOfBand: '' })
    await this.expect(channel.openOk)
  }

  /** Another connection, which is closed with this one. */
  async beside(host: string, port: number, login: Login = {}): Promise<RawClient> {
    const other = new RawClient(host, port)
    this.others.push(other)
    await other.open(login)
    await other.openChannel(1)
    return other
  }

  /** Ends the connection, and waits until that is done. */
  async close(): Promise<void> {
    for (const other of this.others) await other.close()
    this.socket.end()
    while ((await this.next()).kind !== 'end');
  }

  private take(bytes: Buffer): void {
    this.received = Buffer.concat([this.received, bytes])
    for (;;) {
      const { received } = this
      if (received.length < 8) return
      if (received.toString('latin1', 0, 4) === 'AMQP') {
        this.received = received.subarray(8)
        this.hear({ kind: 'protocol', header: received.subarray(0, 8) })
        continue
      }
      const end = 8 + received.readUInt32BE(3)
      if (received.length < end) return
      this.received = received.subarray(end)
      this.takeFrame(received[0], received.readUInt16BE(1), received.subarray(7, end - 1))
    }
  }

  private takeFrame(type: number, number: number, payload: Buffer): void {
    const method = type === 1 ? METHODS.get(payload.readUInt32BE(0)) : undefined
    if (method === undefined) {
      this.hear({ kind: 'frame', channel: number, type, payload })
      return
    }
    const args = decodeArguments(method, payload, 4, payload.length, true) as Record<string, unknown>
    this.hear({ kind: 'method', channel: number, method, args })
  }

  private hear(heard: Heard): void {
    this.heard.push(heard)
    this.waiting?.()
    this.waiting = null
  }
}

export function describe(heard: Heard): string {
  if (heard.kind !== 'method') return heard.kind
  return `${heard.method.name} ${JSON.stringify(heard.args)}`
}
