import { AmqpError } from '../../../src/wire/amqp/amqp-error.ts'
import type { Fields, Method, ValuesOf } from '../../../src/wire/amqp/method.ts'
import { access, basic, channel, connection } from '../../../src/wire/amqp/methods.ts'
import { decodeProperties, type Properties } from '../../../src/wire/amqp/properties.ts'
import { type Heard, RawClient } from '../../amqp/raw-client.ts'
import { VHOST } from './admin.ts'
import type { User } from './command.ts'

const PATIENCE_MS = 10_000

/** A message as it came: by deliver, return or get-ok. */
export interface Arrived {
  readonly by: Method
  readonly args: Record<string, unknown>
  readonly properties: Properties
  readonly body: string
}

/** Who is told what comes on one channel. */
export interface Listener {
  arrived(message: Arrived): void
  /** A method that nobody asked for: ack, nack, cancel. */
  told(method: Method, args: Record<string, unknown>): void
}

interface Content {
  readonly by: Method
  readonly args: Record<string, unknown>
  properties: Properties
  left: number
  body: Buffer
}

/** One connection with its channels, which come back by themselves after an error: the next command opens them again. */
export class Link {
  /** Who logs in when the connection is opened the next time. The password is the name. */
  user: User = 'guest'
  private client: RawClient | null = null
  private readonly host: string
  private readonly port: number
  private readonly listeners = new Map<number, Listener>()
  private readonly open = new Set<number>()
  private readonly contents = new Map<number, Content>()
  private readonly waiting = new Map<number, (answer: string) => void>()

  constructor(host: string, port: number) {
    this.host = host
    this.port = port
  }

  listen(number: number, listener: Listener): void {
    this.listeners.set(number, listener)
  }

  /** Whether the channel is there: after an error it is not, until it is needed again. */
  isOpen(number: number): boolean {
    return this.open.has(number)
  }

  /** Makes sure that the channel is there. */
  async ensure(number: number): Promise<void> {
    if (this.client === null) {
      const client = new RawClient(this.host, this.port)
      await client.open({ virtualHost: VHOST, response: `\0${this.user}\0${this.user}` })
      this.client = client
      void this.hearAll(client)
    }
    if (this.open.has(number)) return
    this.open.add(number)
    await this.ask(number, channel.open, { outOfBand: '' })
  }

  /** Sends a method and waits for what answers it: its reply, the close of the channel, or of the connection. */
  ask<F extends Fields>(number: number, method: Method<F>, values: ValuesOf<F>): Promise<string> {
    const answer = this.answer(number, method.name)
    this.client?.send(number, method, values)
    return answer
  }

  send<F extends Fields>(number: number, method: Method<F>, values: ValuesOf<F>): void {
    this.client?.send(number, method, values)
  }

  publish(
    number: number,
    exchange: string,
    key: string,
    mandatory: boolean,
    properties: Properties,
    body: string,
  ): void {
    const bytes = Buffer.from(body)
    this.client?.send(number, basic.publish, { ticket: 0, exchange, routingKey: key, mandatory, immediate: false })
    this.client?.header(number, bytes.length, properties)
    if (bytes.length > 0) this.client?.frame(3, number, bytes)
  }

  /** A round trip that changes nothing: what the broker had sent on this channel before has come. */
  barrier(number: number): Promise<string> {
    const no = { exclusive: false, passive: true, active: true, write: true, read: true }
    return this.ask(number, access.request, { realm: '/data', ...no })
  }

  /** Ends the channel as a client does. */
  closeChannel(number: number): Promise<string> {
    return this.ask(number, channel.close, { replyCode: 200, replyText: '', classId: 0, methodId: 0 })
  }

  /** Ends the connection as a client does. */
  async close(): Promise<void> {
    if (this.client === null) return
    await this.ask(0, connection.close, { replyCode: 200, replyText: '', classId: 0, methodId: 0 })
    this.lost('closed')
  }

  private answer(number: number, what: string): Promise<string> {
    return new Promise((resolve) => {
      const impatience = setTimeout(() => settle(`no answer to ${what}`), PATIENCE_MS)
      const settle = (answer: string) => {
        clearTimeout(impatience)
        this.waiting.delete(number)
        resolve(answer)
      }
      if (this.client === null) settle('the connection is gone')
      else this.waiting.set(number, settle)
    })
  }

  private async hearAll(client: RawClient): Promise<void> {
    while (client === this.client) {
      const heard = await client.next()
      if (heard.kind === 'end') {
        if (client === this.client) this.lost('the socket ended')
        return
      }
      this.hear(heard)
    }
  }

  private hear(heard: Heard): void {
    if (heard.kind === 'frame') this.hearFrame(heard.channel, heard.type, heard.payload)
    if (heard.kind !== 'method') return
    const { channel: number, method, args } = heard
    if (method.key === connection.close.key) {
      this.client?.send(0, connection.closeOk, {})
      this.lost(`connection ${closing(args)}`)
    } else if (method.key === channel.close.key) {
      this.client?.send(number, channel.closeOk, {})
      this.open.delete(number)
      const answer = this.waiting.get(number)
      if (answer === undefined) this.listeners.get(number)?.told(method, { text: closing(args) })
      else answer(`channel ${closing(args)}`)
    } else if (method.content) {
      this.contents.set(number, { by: method, args, properties: {}, left: -1, body: Buffer.alloc(0) })
    } else if (method.key === basic.ack.key || method.key === basic.nack.key || method.key === basic.cancel.key) {
      this.listeners.get(number)?.told(method, args)
    } else {
      if (method.key === channel.closeOk.key) this.open.delete(number)
      this.waiting.get(number)?.(reply(method, args))
    }
  }

  private hearFrame(number: number, type: number, payload: Buffer): void {
    const content = this.contents.get(number)
    if (content === undefined) return
    if (type === 2) {
      content.left = Number(payload.readBigUInt64BE(4))
      content.properties = propertiesOf(payload)
    } else {
      content.body = Buffer.concat([content.body, payload])
      content.left -= payload.length
    }
    if (content.left > 0) return
    this.contents.delete(number)
    const { by, args, properties } = content
    this.listeners.get(number)?.arrived({ by, args, properties, body: content.body.toString() })
    if (by.key === basic.getOk.key) this.waiting.get(number)?.(`get-ok ${args.messageCount}`)
  }

  private lost(why: string): void {
    const { client } = this
    this.client = null
    this.open.clear()
    this.contents.clear()
    for (const settle of [...this.waiting.values()]) settle(why)
    void client?.close()
  }
}

function propertiesOf(payload: Buffer): Properties {
  try {
    return decodeProperties(payload, 0, payload.length)
  } catch (error) {
    if (error instanceof AmqpError) return { type: 'not to be decoded' }
    throw error
  }
}

function closing({ replyCode, replyText, classId, methodId }: Record<string, unknown>): string {
  return `${replyCode} ${replyText} (${classId}, ${methodId})`
}

function reply(method: Method, args: Record<string, unknown>): string {
  const words = Object.entries(args).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return [method.name, ...words].join(' ')
}
