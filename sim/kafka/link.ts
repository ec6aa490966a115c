import { decode, encode, requestHeaderVersion, responseHeaderVersion } from '../../src/wire/kafka/codec.ts'
import { RequestHeader, ResponseHeader } from '../../src/wire/kafka/messages/header.ts'
import { Reader } from '../../src/wire/kafka/reader.ts'
import type { Decoded, Encodable, Message } from '../../src/wire/kafka/schema.ts'
import { Writer } from '../../src/wire/kafka/writer.ts'
import { Failure, rule } from '../failure.ts'
import type { Wire } from '../net.ts'

interface Asked {
  readonly correlationId: number
  readonly response: Message
  readonly version: number
  readonly answer: (value: never) => void
}

const NOTHING = new Uint8Array(0)

/** One connection of a Kafka client: requests in order, answers in the same order. */
export class KafkaLink {
  open = true
  private readonly wire: Wire
  private readonly onClosed: () => void
  private readonly asked: Asked[] = []
  private nextId = 1
  private held: Uint8Array = NOTHING

  constructor(wire: Wire, onClosed: () => void) {
    this.wire = wire
    this.onClosed = onClosed
    wire.onBytes = (bytes) => this.take(bytes)
    wire.onClosed = () => {
      this.open = false
      this.onClosed()
    }
  }

  /** Requests without an answer yet. */
  get waiting(): number {
    return this.asked.length
  }

  ask<Q extends Message, A extends Message>(
    request: Q,
    response: A,
    version: number,
    value: Encodable<Q>,
    answer: (value: Decoded<A>) => void,
  ): void {
    if (!this.open) return
    const correlationId = this.nextId++
    const writer = new Writer()
    encode(RequestHeader, requestHeaderVersion(request, version), writer, {
      requestApiKey: request.key!,
      requestApiVersion: version,
      correlationId,
      clientId: 'sim',
    })
    encode(request, version, writer, value)
    const body = writer.joined()
    const whole = new Uint8Array(4 + body.length)
    for (let i = 0; i < 4; i++) whole[i] = body.length >>> (24 - 8 * i)
    whole.set(body, 4)
    this.asked.push({ correlationId, response, version, answer })
    this.wire.send(whole)
  }

  read(on: boolean): void {
    this.wire.read(on)
  }

  break(how: 'reset' | 'end'): void {
    if (!this.open) return
    this.open = false
    if (how === 'reset') this.wire.reset()
    else this.wire.end()
  }

  private take(bytes: Uint8Array): void {
    const run = this.held.length === 0 ? bytes : Buffer.concat([this.held, bytes])
    let at = 0
    while (run.length - at >= 4) {
      const size = ((run[at]! << 24) | (run[at + 1]! << 16) | (run[at + 2]! << 8) | run[at + 3]!) >>> 0
      if (size > 64 * 2 ** 20) throw new Failure(`an answer of ${size} bytes came: output is spoilt`)
      if (run.length - at < size + 4) break
      // An answer that comes after we have broken the connection off is as good as lost.
      if (this.open) this.answered(run.slice(at + 4, at + 4 + size))
      at += size + 4
    }
    this.held = run.slice(at)
  }

  private answered(bytes: Uint8Array): void {
    const asked = this.asked.shift()
    rule(asked !== undefined, 'an answer came to no question')
    const reader = new Reader(bytes)
    const header = decode(ResponseHeader, responseHeaderVersion(asked.response, asked.version), reader)
    const { correlationId } = header
    rule(correlationId === asked.correlationId, `answer ${correlationId} came where ${asked.correlationId} was to come`)
    const value = decode(asked.response, asked.version, reader)
    rule(reader.at === bytes.length, `${asked.response.name} has ${bytes.length - reader.at} bytes too many`)
    asked.answer(value as never)
  }
}
