import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { decode, encode, requestHeaderVersion, responseHeaderVersion } from '../src/wire/kafka/codec.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../src/wire/kafka/messages/create-topics.ts'
import { Reader } from '../src/wire/kafka/reader.ts'
import type { Decoded, Encodable, Message } from '../src/wire/kafka/schema.ts'
import { Writer } from '../src/wire/kafka/writer.ts'
import { playConsumers } from '../test/kafka/consumer-group-cases.ts'
import { playAll } from '../test/kafka/group-cases.ts'
import { Dialogue, MESSAGES, type Peer } from '../test/kafka/group-dialogue.ts'

/*
 * Writes down what a real Kafka answers about groups, for test/kafka/group-replies.test.ts to compare with:
 *
 *   node dist/scripts/record-groups.js PORT test/kafka/group-replies.txt
 *   node dist/scripts/record-groups.js PORT test/kafka/consumer-group-replies.txt consumers
 *
 * The broker must be new, have no authorizer, and group.initial.rebalance.delay.ms=0.
 */

const [port, file, which] = process.argv.slice(2)

/** One connection for each request, as a parked one lets no other through. */
function send<Q extends Message, R extends Message>(
  { request, response }: { request: Q; response: R },
  version: number,
  value: Encodable<Q>,
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
  const socket = connect(Number(port), '127.0.0.1', () => socket.write(writer.joined()))
  let came = Buffer.alloc(0)
  socket.on('data', (bytes) => {
    came = Buffer.concat([came, bytes])
    if (came.length < 4 || came.length < 4 + came.readInt32BE(0)) return
    const reader = new Reader(came, 8, came.length)
    if (responseHeaderVersion(response, version) === 1) reader.skipTags()
    asked.answer = decode(response, version, reader)
    socket.destroy()
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
}

// A new broker makes the topic of its offsets when it is first asked for a coordinator.
for (let i = 0; i < 20; i++) {
  const asked = send(MESSAGES.find, 3, { key: 'g' })
  await wait(1000)
  if (asked.answer?.errorCode === 0) break
}
const dialogue = new Dialogue(peer)
await (which === 'consumers' ? playConsumers(dialogue) : playAll(dialogue))
writeFileSync(file!, `${dialogue.lines.join('\n')}\n`)
console.log(`${dialogue.lines.length} answers written to ${file}`)
process.exit(0)
