import { connect, type Socket } from 'node:net'
import { BatchBuilder } from '../src/core/partition/batch-builder.ts'
import { decode, encode, requestHeaderVersion, responseHeaderVersion } from '../src/wire/kafka/codec.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../src/wire/kafka/messages/create-topics.ts'
import { RequestHeader, ResponseHeader } from '../src/wire/kafka/messages/header.ts'
import { ProduceRequest, ProduceResponse } from '../src/wire/kafka/messages/produce.ts'
import { Reader } from '../src/wire/kafka/reader.ts'
import type { Decoded, Encodable, Message } from '../src/wire/kafka/schema.ts'
import { Writer } from '../src/wire/kafka/writer.ts'

const IN_FLIGHT = 5

/** One connection that creates topics and sends the same batch again and again. */
export class KafkaProducer {
  private readonly socket: Socket
  private held = Buffer.alloc(0)
  private readonly waiting: ((bytes: Buffer) => void)[] = []

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('data', (bytes) => this.take(bytes))
  }

  static open(port: number): Promise<KafkaProducer> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new KafkaProducer(socket)))
      socket.on('error', reject)
    })
  }

  close(): void {
    this.socket.destroy()
  }

  async createTopic(name: string, configs: Readonly<Record<string, string>>): Promise<void> {
    const entries = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
    const topics = [{ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: entries }]
    const answer = await this.ask(CreateTopicsRequest, CreateTopicsResponse, 7, { topics, timeoutMs: 10_000 })
    const { errorCode, errorMessage } = answer.topics[0]!
    if (errorCode !== 0) throw new Error(`creating ${name}: ${errorMessage}`)
  }

  /** Sends a batch of `count` such values for some time. Returns how many records in how many seconds. */
  async produce(
    topic: string,
    value: Uint8Array,
    count: number,
    ms: number,
  ): Promise<{ count: number; seconds: number }> {
    const bytes = batchOf(value, count)
    const records = { bytes, at: 0, length: bytes.length }
    const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }]
    const request = encoded(ProduceRequest, 9, { transactionalId: null, acks: -1, timeoutMs: 30_000, topicData })
    const began = performance.now()
    let batches = 0
    const lane = async () => {
      while (performance.now() - began < ms) {
        const told = decoded(ProduceResponse, 9, await this.send(request)).responses[0]!.partitionResponses[0]!
        if (told.errorCode !== 0) throw new Error(`${topic}: ${told.errorCode} ${told.errorMessage}`)
        batches += 1
      }
    }
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
    return { count: batches * count, seconds: (performance.now() - began) / 1000 }
  }

  private async ask<Q extends Message, A extends Message>(
    request: Q,
    response: A,
    version: number,
    value: Encodable<Q>,
  ): Promise<Decoded<A>> {
    return decoded(response, version, await this.send(encoded(request, version, value)))
  }

  private send(request: Uint8Array): Promise<Buffer> {
    return new Promise((resolve) => {
      this.waiting.push(resolve)
      this.socket.write(request)
    })
  }

  private take(bytes: Buffer): void {
    let rest = this.held.length === 0 ? bytes : Buffer.concat([this.held, bytes])
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE()) {
      const end = 4 + rest.readUInt32BE()
      this.waiting.shift()?.(rest.subarray(4, end))
      rest = rest.subarray(end)
    }
    this.held = Buffer.from(rest)
  }
}

function batchOf(value: Uint8Array, count: number): Uint8Array {
  const builder = new BatchBuilder()
  for (let i = 0; i < count; i += 1) {
    const at = builder.add(value.length, value.length + 1)
    builder.bytes.set(value, at)
    builder.bytes[at + value.length] = 0
  }
  builder.seal(Date.now())
  return builder.bytes.slice(0, builder.length)
}

function encoded<Q extends Message>(request: Q, version: number, value: Encodable<Q>): Uint8Array {
  const writer = new Writer()
  const header = { requestApiKey: request.key!, requestApiVersion: version, correlationId: 1, clientId: 'bench' }
  encode(RequestHeader, requestHeaderVersion(request, version), writer, header)
  encode(request, version, writer, value)
  const body = writer.joined()
  const whole = Buffer.alloc(4 + body.length)
  whole.writeUInt32BE(body.length)
  whole.set(body, 4)
  return whole
}

function decoded<A extends Message>(response: A, version: number, bytes: Buffer): Decoded<A> {
  const reader = new Reader(bytes)
  decode(ResponseHeader, responseHeaderVersion(response, version), reader)
  return decode(response, version, reader)
}
