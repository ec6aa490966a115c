import { writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { decode, encode, requestHeaderVersion, responseHeaderVersion } from '../src/wire/kafka/codec.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../src/wire/kafka/messages/create-topics.ts'
import { ProduceRequest, ProduceResponse } from '../src/wire/kafka/messages/produce.ts'
import { Reader } from '../src/wire/kafka/reader.ts'
import type { Decoded, Encodable, Message } from '../src/wire/kafka/schema.ts'
import { Writer } from '../src/wire/kafka/writer.ts'
import { playConsumers } from '../test/kafka/consumer-group-cases.ts'
import { playAll } from '../test/kafka/group-cases.ts'
import { batchOf, Dialogue, MESSAGES, type Peer } from '../test/kafka/group-dialogue.ts'
import { playShares } from '../test/kafka/share-group-cases.ts'

/*
 * Writes down what a real Kafka answers about groups, for test/kafka/group-replies.test.ts to compare with:
 *
 *   node dist/scripts/record-groups.js PORT test/kafka/group-replies.txt
 *   node dist/scripts/record-groups.js PORT test/kafka/consumer-group-replies.txt consumers
 *   node dist/scripts/record-groups.js PORT test/kafka/share-group-replies.txt shares
 *
 * The broker must be new, have no authorizer, and group.initial.rebalance.delay.ms=0.
 */

const [port, file, which] = process.argv.slice(2)

const kept = new Map<string, Socket>()

/** One connection for each request, as a parked one lets no other through; or one that is kept under a name. */
function send<Q extends Message, R extends Message>(
  { request, response }: { request: Q; response: R },
  version: number,
  value: Encodable<Q>,
  name = '',
): { answer: Decoded<R> | null } {
  const asked: { answer: Decoded<R> | null } = { answer: null }
  const writer = new Writer()
  writer.int32(0)
  writer.int16(request.key)
  writer.int16(version)
  writer.int32(1)
  writer.string('rig')
  if (requestHeaderVersion(request, version) === 2) writer.int8(0)
  encode(request, version, writer, value)
  writer.patchInt32(0, writer.length - 4)
  const known = kept.get(name)
  const socket = known ?? connect(Number(port), '127.0.0.1')
  if (name !== '') kept.set(name, socket)
  socket.write(writer.joined())
  let came = Buffer.alloc(0)
  socket.removeAllListeners('data').on('data', (bytes) => {
    came = Buffer.concat([came, bytes])
    if (came.length < 4 || came.length < 4 + came.readInt32BE(0)) return
    const reader = new Reader(came, 8, came.length)
    if (responseHeaderVersion(response, version) === 1) reader.skipTags()
    asked.answer = decode(response, version, reader)
    if (name === '') socket.destroy()
  })
  return asked
}

const wait = (ms: number) => new Promise<void>((done) => setTimeout(done, ms))

const peer: Peer = {
  send,
  wait,
  async topic(name) {
    const topics = [{ name, numPartitions: 3, replicationFactor: 1 }]
    const asked = send({ request: CreateTopicsRequest, response: CreateTopicsResponse }, 7, { topics, timeoutMs: 5000 })
    await wait(2000)
    return asked.answer!.topics[0]!.topicId
  },
  async produce(name, index, ...sizes) {
    for (const size of sizes) {
      const bytes = batchOf(size)
      const records = { bytes, at: 0, length: bytes.length }
      const topicData = [{ name, partitionData: [{ index, records }] }]
      send({ request: ProduceRequest, response: ProduceResponse }, 11, { acks: -1, timeoutMs: 5000, topicData })
      await wait(200)
    }
  },
}

// A new broker makes the topic of its offsets when it is first asked for a coordinator.
for (let i = 0; i < 20; i++) {
  const asked = send(MESSAGES.find, 3, { key: 'g' })
  await wait(1000)
  if (asked.answer?.errorCode === 0) break
}
const dialogue = new Dialogue(peer)
const plays: Record<string, (dialogue: Dialogue) => Promise<void>> = { consumers: playConsumers, shares: playShares }
await (plays[which ?? ''] ?? playAll)(dialogue)
writeFileSync(file!, `${dialogue.lines.join('\n')}\n`)
console.log(`${dialogue.lines.length} answers written to ${file}`)
process.exit(0)
