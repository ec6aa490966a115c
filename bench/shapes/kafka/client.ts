import { connect, type Socket } from 'node:net'
import { decode, encode, requestHeaderVersion, responseHeaderVersion } from '../../../src/wire/kafka/codec.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../../../src/wire/kafka/messages/create-topics.ts'
import { RequestHeader, ResponseHeader } from '../../../src/wire/kafka/messages/header.ts'
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../../src/wire/kafka/messages/incremental-alter-configs.ts'
import { ListOffsetsRequest, ListOffsetsResponse } from '../../../src/wire/kafka/messages/list-offsets.ts'
import { Reader } from '../../../src/wire/kafka/reader.ts'
import type { Decoded, Encodable, Message } from '../../../src/wire/kafka/schema.ts'
import { Writer } from '../../../src/wire/kafka/writer.ts'
import { pause } from '../../broker.ts'

const TRIES = 500
/** A topic is there a moment before its partitions serve. */
const NOT_YET = new Set([3, 5, 6, 41])
const LATEST = -1

/** What settings are set on. */
export type ConfigResource = 'topic' | 'broker'
const RESOURCE_TYPES = { topic: 2, broker: 4 } as const

/** One connection on which requests may follow each other without waiting: answers come in their order. */
export class KafkaClient {
  private readonly socket: Socket
  private held = Buffer.alloc(0)
  private waiting: { readonly answered: (bytes: Buffer) => void; readonly failed: (error: Error) => void }[] = []
  private failure: Error | null = null

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('data', (bytes) => this.take(bytes))
    socket.on('error', (error) => this.fail(error))
    socket.on('close', () => this.fail(new Error('the broker closed the connection')))
  }

  static open({ host, port }: { host: string; port: number }): Promise<KafkaClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, host, () => resolve(new KafkaClient(socket)))
      socket.once('error', reject)
    })
  }

  close(): void {
    this.failure ??= new Error('closed')
    this.socket.destroy()
  }

  async ask<Q extends Message, A extends Message>(
    request: Q,
    response: A,
    version: number,
    value: Encodable<Q>,
  ): Promise<Decoded<A>> {
    return decoded(response, version, await this.send(encoded(request, version, value)))
  }

  /** A request's bytes as `encoded` gives them; resolves with the answer's. */
  send(request: Uint8Array): Promise<Buffer> {
    return new Promise((answered, failed) => {
      if (this.failure !== null) return failed(this.failure)
      this.waiting.push({ answered, failed })
      this.socket.write(request)
    })
  }

  /** Resolves when the first partition serves. */
  async createTopic(name: string, partitions: number, configs: Readonly<Record<string, string>>): Promise<void> {
    const entries = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
    const topics = [{ name, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: entries }]
    const answer = await this.ask(CreateTopicsRequest, CreateTopicsResponse, 7, { topics, timeoutMs: 10_000 })
    const { errorCode, errorMessage } = answer.topics[0]!
    if (errorCode !== 0) throw new Error(`creating ${name}: ${errorMessage ?? errorCode}`)
    await this.endOffset(name)
  }

  /** The offset behind the last record of the first partition; with `committed` behind the last that is in no open transaction. */
  async endOffset(topic: string, committed = false): Promise<number> {
    const partitions = [{ partitionIndex: 0, timestamp: LATEST }]
    const request = { replicaId: -1, isolationLevel: committed ? 1 : 0, topics: [{ name: topic, partitions }] }
    for (let tries = 0; ; tries++) {
      const answer = await this.ask(ListOffsetsRequest, ListOffsetsResponse, 5, request)
      const { errorCode, offset } = answer.topics[0]!.partitions[0]!
      if (errorCode === 0) return offset
      if (!NOT_YET.has(errorCode) || tries > TRIES) throw new Error(`the end of ${topic}: error ${errorCode}`)
      await pause(0.01)
    }
  }

  /** Sets what is given, and leaves the rest. The resource '' is every broker. */
  async alterConfigs(of: ConfigResource, name: string, settings: Readonly<Record<string, string>>): Promise<void> {
    const configs = Object.entries(settings).map(([key, value]) => ({ name: key, configOperation: 0, value }))
    const resources = [{ resourceType: RESOURCE_TYPES[of], resourceName: name, configs }]
    const request = { resources, validateOnly: false }
    const answer = await this.ask(IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse, 1, request)
    const { errorCode, errorMessage } = answer.responses[0]!
    if (errorCode !== 0) throw new Error(`settings of ${of} '${name}': ${errorMessage ?? errorCode}`)
  }

  private take(bytes: Buffer): void {
    let rest = this.held.length === 0 ? bytes : Buffer.concat([this.held, bytes])
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE()) {
      const end = 4 + rest.readUInt32BE()
      this.waiting.shift()?.answered(rest.subarray(4, end))
      rest = rest.subarray(end)
    }
    this.held = Buffer.from(rest)
  }

  private fail(error: Error): void {
    this.failure ??= error
    for (const { failed } of this.waiting) failed(this.failure)
    this.waiting = []
  }
}

export function encoded<Q extends Message>(request: Q, version: number, value: Encodable<Q>): Uint8Array {
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

export function decoded<A extends Message>(response: A, version: number, bytes: Buffer): Decoded<A> {
  const reader = new Reader(bytes)
  decode(ResponseHeader, responseHeaderVersion(response, version), reader)
  return decode(response, version, reader)
}
