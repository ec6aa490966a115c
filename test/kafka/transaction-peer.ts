import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { decode, encode, requestHeaderVersion, responseHeaderVersion } from '../../src/wire/kafka/codec.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../../src/wire/kafka/messages/create-topics.ts'
import { FindCoordinatorRequest, FindCoordinatorResponse } from '../../src/wire/kafka/messages/find-coordinator.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from '../../src/wire/kafka/messages/init-producer-id.ts'
import { Reader } from '../../src/wire/kafka/reader.ts'
import type { Decoded, Encodable, Message } from '../../src/wire/kafka/schema.ts'
import { Writer } from '../../src/wire/kafka/writer.ts'
import type { Peer } from './transaction-dialogue.ts'

/** A broker of this machine, over TCP. */
export async function tcpPeer(port: number): Promise<Peer & { close(): void }> {
  const socket = connect(port, '127.0.0.1')
  const waiting: ((body: Buffer) => void)[] = []
  let came = Buffer.alloc(0)
  socket.on('data', (bytes) => {
    came = Buffer.concat([came, bytes])
    while (came.length >= 4 && came.length >= 4 + came.readInt32BE(0)) {
      const end = 4 + came.readInt32BE(0)
      waiting.shift()!(came.subarray(4, end))
      came = came.subarray(end)
    }
  })
  async function ask<Q extends Message, R extends Message>(
    { request, response }: { request: Q; response: R },
    version: number,
    value: Encodable<Q>,
  ): Promise<Decoded<R>> {
    const writer = new Writer()
    writer.int32(0)
    writer.int16(request.key)
    writer.int16(version)
    writer.int32(1)
    writer.string('dialogue')
    if (requestHeaderVersion(request, version) === 2) writer.int8(0)
    encode(request, version, writer, value)
    writer.patchInt32(0, writer.length - 4)
    const answered = new Promise<Buffer>((resolve, reject) => {
      waiting.push(resolve)
      socket.once('close', () => reject(new Error(`${request.name} ${version} ended the connection`)))
    })
    socket.write(writer.joined())
    const reader = new Reader(await answered, 4)
    if (responseHeaderVersion(response, version) === 1) reader.skipTags()
    return decode(response, version, reader)
  }
  const peer = {
    prefix: `transactions-${Date.now().toString(36)}-`,
    ask,
    now: () => Date.now(),
    wait: async (ms: number) => {
      await sleep(ms)
    },
    async topic(name: string) {
      const topics = [{ name, numPartitions: 3, replicationFactor: 1 }]
      await ask({ request: CreateTopicsRequest, response: CreateTopicsResponse }, 7, { topics, timeoutMs: 5000 })
      await sleep(500)
    },
    close: () => socket.destroy(),
  }
  socket.setMaxListeners(0)
  // A new broker makes the topics of its coordinators when it is first asked for one, and takes its time.
  const find = { request: FindCoordinatorRequest, response: FindCoordinatorResponse }
  const init = { request: InitProducerIdRequest, response: InitProducerIdResponse }
  const ready = async () => {
    for (const keyType of [0, 1]) if ((await ask(find, 3, { key: 'x', keyType })).errorCode !== 0) return false
    const transactional = { transactionalId: `${peer.prefix}x`, transactionTimeoutMs: 1000 }
    return (await ask(init, 3, transactional)).errorCode === 0
  }
  for (let tries = 0; tries < 20 && !(await ready()); tries++) await sleep(500)
  return peer
}
