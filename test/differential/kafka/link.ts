import { connect, type Socket } from 'node:net'
import { decode, encode, requestHeaderVersion, responseHeaderVersion } from '../../../src/wire/kafka/codec.ts'
import { Reader } from '../../../src/wire/kafka/reader.ts'
import type { Decoded, Encodable, Message } from '../../../src/wire/kafka/schema.ts'
import { Writer } from '../../../src/wire/kafka/writer.ts'

/** Longer than any answer takes that is not parked on purpose. */
const SOON_MS = 400

/** What became of a request: its answer, nothing yet, or the end of the connection. */
export type Answer<R extends Message = Message> = Decoded<R> | 'parked' | 'closed'

interface Asked {
  readonly response: Message
  readonly version: number
  readonly settle: (answer: Answer) => void
}

/** One connection, which comes back by itself when it has been closed. Answers come in the order of the requests. */
export class Link {
  private socket: Socket | null = null
  private readonly host: string
  private readonly port: number
  private received = Buffer.alloc(0)
  private asked: Asked[] = []

  constructor(host: string, port: number) {
    this.host = host
    this.port = port
  }

  /** Whether an answer is still to come: nothing else is asked before. */
  get busy(): boolean {
    return this.asked.length > 0
  }

  /** Asks, and waits a while. An answer that comes later is given to `late`. */
  async ask<Q extends Message, R extends Message>(
    request: Q,
    response: R,
    version: number,
    value: Encodable<Q>,
    late: (answer: Answer<R>) => void,
  ): Promise<Answer<R>> {
    const socket = this.socket ?? this.open()
    let onTime = true
    const answer = new Promise<Answer<R>>((resolve) => {
      const settle = (given: Answer) => (onTime ? resolve(given as Answer<R>) : late(given as Answer<R>))
      this.asked.push({ response, version, settle })
    })
    socket.write(frame(request, version, value))
    let patience: NodeJS.Timeout | undefined
    const parked = new Promise<Answer<R>>((resolve) => {
      patience = setTimeout(() => {
        onTime = false
        resolve('parked')
      }, SOON_MS)
    })
    const given = await Promise.race([answer, parked])
    clearTimeout(patience)
    return given
  }

  close(): void {
    this.socket?.destroy()
    this.socket = null
  }

  private open(): Socket {
    const socket = connect(this.port, this.host)
    socket.setNoDelay(true)
    this.received = Buffer.alloc(0)
    socket.on('data', (bytes: Buffer) => this.take(bytes))
    socket.on('error', () => {})
    socket.on('close', () => {
      if (this.socket !== socket) return
      this.socket = null
      for (const { settle } of this.asked.splice(0)) settle('closed')
    })
    this.socket = socket
    return socket
  }

  private take(bytes: Buffer): void {
    this.received = Buffer.concat([this.received, bytes])
    while (this.received.length >= 4) {
      const end = 4 + this.received.readInt32BE(0)
      if (this.received.length < end) return
      const { response, version, settle } = this.asked.shift()!
      const reader = new Reader(new Uint8Array(this.received.subarray(0, end)), 8, end)
      if (responseHeaderVersion(response, version) === 1) reader.skipTags()
      settle(decode(response, version, reader) as Answer)
      this.received = this.received.subarray(end)
    }
  }
}

function frame<Q extends Message>(request: Q, version: number, value: Encodable<Q>): Uint8Array {
  const writer = new Writer()
  writer.int32(0)
  writer.int16(request.key)
  writer.int16(version)
  writer.int32(1)
  writer.string('differential')
  if (requestHeaderVersion(request, version) === 2) writer.int8(0)
  encode(request, version, writer, value)
  writer.patchInt32(0, writer.length - 4)
  return writer.joined()
}
