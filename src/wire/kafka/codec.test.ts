import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { allMessages } from './all-messages.ts'
import { decode, encode } from './codec.ts'
import { compiled } from './compile.ts'
import { ErrorCode, KafkaError } from './errors.ts'
import { interpreted } from './interpret.ts'
import { MetadataRequest } from './messages/metadata.ts'
import { ProduceRequest } from './messages/produce.ts'
import { Reader } from './reader.ts'
import { type Field, type Fields, type FieldType, type Message, within } from './schema.ts'
import { Writer } from './writer.ts'

/** A small generator of random numbers that a failing test can be repeated with. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 0x100000000) * below)
  }
}
type Random = (below: number) => number

const INTEGERS: { [type: string]: readonly number[] } = {
  int8: [0, 1, -1, 127, -128],
  int16: [0, 1, -1, 32767, -32768],
  uint16: [0, 1, 65535],
  int32: [0, 1, -1, 0x7fffffff, -0x80000000],
  uint32: [0, 1, 0xffffffff],
  int64: [0, 1, -1, 0xffffffff, 0x100000000, -0x100000000, -0x100000001, Number.MAX_SAFE_INTEGER],
  float64: [0, 1.5, -2.25e100],
}
const TEXTS = ['', 'a', 'topic-1', 'höher 🐎', 'x'.repeat(300)]

function randomPrimitive(type: FieldType, random: Random): unknown {
  const integers = INTEGERS[type]
  if (integers !== undefined) return integers[random(integers.length)]
  if (type === 'bool') return random(2) === 1
  if (type === 'wide64') return [0n, -1n, 2n ** 63n - 1n][random(3)]
  if (type === 'string') return TEXTS[random(TEXTS.length)]
  const octets = Uint8Array.from({ length: type === 'uuid' ? 16 : random(200) }, () => random(256))
  if (type === 'uuid') return Buffer.from(octets).toString('base64url')
  return type === 'records' ? { bytes: octets, at: 0, length: octets.length } : octets
}

function randomValue(field: Field, version: number, random: Random): unknown {
  if (within(field.nullable, version) && random(3) === 0) return null
  if (field.type === 'struct') return randomStruct(field.fields!, version, random)
  if (field.type !== 'array') return randomPrimitive(field.type, random)
  return Array.from({ length: random(3) }, () =>
    field.fields === null ? randomPrimitive(field.element!, random) : randomStruct(field.fields, version, random),
  )
}

function randomStruct(fields: Fields, version: number, random: Random): Record<string, unknown> {
  const value: Record<string, unknown> = {}
  for (const name in fields) {
    if (within(fields[name]!.versions, version)) value[name] = randomValue(fields[name]!, version, random)
  }
  return value
}

/** Views become the bytes they show, so that values from different memories can be compared. */
function settled(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (Array.isArray(value)) return value.map(settled)
  if (value === null || typeof value !== 'object') return value
  const { bytes, at, length } = value as { bytes?: unknown; at: number; length: number }
  if (bytes instanceof Uint8Array) return Buffer.from(bytes.subarray(at, at + length)).toString('hex')
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, inner]) => [name, settled(inner)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

/** Whether `read` has everything that `value` has; what `value` leaves out may be there as a default. */
function covers(read: unknown, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return read === value
  return Object.entries(value).every(([name, inner]) => covers((read as Record<string, unknown>)[name], inner))
}

function written(write: (writer: Writer) => void): Uint8Array {
  const writer = new Writer(16)
  write(writer)
  return writer.joined()
}

function eachVersion(messages: Message[], run: (message: Message, version: number) => void): void {
  for (const message of messages) {
    for (let version = message.versions.from; version <= message.versions.to; version++) run(message, version)
  }
}

describe('the codec', async () => {
  const messages = await allMessages()

  it('compiled equals interpreted, and what was written is read again', () => {
    const random = randomFrom(1)
    eachVersion(messages, (message, version) => {
      const fast = compiled(message, version)
      const plain = interpreted(message, version)
      for (let round = 0; round < 20; round++) {
        const value = randomStruct(message.fields, version, random)
        const bytes = written((writer) => plain.write(writer, value))
        assert.deepEqual(
          written((writer) => fast.write(writer, value)),
          bytes,
          `${message.name} ${version}`,
        )
        const reader = new Reader(bytes)
        const read = settled(plain.read(reader))
        assert.equal(reader.at, bytes.length)
        assert.deepEqual(settled(fast.read(new Reader(bytes))), read, `${message.name} ${version}`)
        assert.ok(covers(read, settled(value)), `${message.name} ${version}`)
      }
    })
  })

  it('writes the default of a field that is missing', () => {
    eachVersion(messages, (message, version) => {
      const bytes = written((writer) => compiled(message, version).write(writer, {}))
      assert.deepEqual(
        written((writer) => interpreted(message, version).write(writer, {})),
        bytes,
      )
    })
  })

  it('never reads past the end, whatever the bytes are', () => {
    const random = randomFrom(2)
    eachVersion(messages, (message, version) => {
      const codec = compiled(message, version)
      const value = randomStruct(message.fields, version, random)
      const bytes = written((writer) => codec.write(writer, value))
      for (let end = 0; end < bytes.length; end += 1 + random(bytes.length / 10)) {
        assert.throws(() => codec.read(new Reader(bytes, 0, end)), KafkaError)
      }
      for (let round = 0; round < 20 && bytes.length > 0; round++) {
        const damaged = bytes.slice()
        damaged[random(bytes.length)] = random(256)
        const reader = new Reader(damaged)
        try {
          codec.read(reader)
        } catch (error) {
          assert.ok(error instanceof KafkaError && error.code === ErrorCode.INVALID_REQUEST, String(error))
        }
        assert.ok(reader.at <= damaged.length)
      }
    })
  })

  it('refuses a count that the bytes cannot hold without making room for it', () => {
    const bytes = Uint8Array.from([0x7f, 0xff, 0xff, 0xff, 0, 0])
    assert.throws(() => decode(MetadataRequest, 0, new Reader(bytes)), /more elements than there are bytes/)
  })

  it('cuts a string that is too long for a version that is not flexible', () => {
    const long = 'ä'.repeat(20_000)
    const topics = [{ name: long }]
    const bytes = written((writer) => encode(MetadataRequest, 1, writer, { topics }))
    const read = decode(MetadataRequest, 1, new Reader(bytes)).topics![0]!.name!
    assert.equal(Buffer.byteLength(read), 0x7fff)
    assert.ok(long.startsWith(read.slice(0, -1)))
    const flexible = written((writer) => encode(MetadataRequest, 9, writer, { topics }))
    assert.equal(decode(MetadataRequest, 9, new Reader(flexible)).topics![0]!.name, long)
  })

  it('refuses an integer beyond 2^53', () => {
    const reader = new Reader(Uint8Array.from([0x00, 0x20, 0, 0, 0, 0, 0, 0]))
    assert.throws(() => reader.int64(), /beyond 2\^53/)
  })

  it('gives records as a view of the request', () => {
    const octets = Uint8Array.from([1, 2, 3, 4])
    const records = { bytes: octets, at: 1, length: 2 }
    const bytes = written((writer) =>
      encode(ProduceRequest, 9, writer, { topicData: [{ name: 't', partitionData: [{ index: 0, records }] }] }),
    )
    const read = decode(ProduceRequest, 9, new Reader(bytes)).topicData[0]?.partitionData[0]?.records
    assert.equal(read?.bytes, bytes)
    assert.deepEqual([...bytes.subarray(read.at, read.at + read.length)], [2, 3])
  })

  it('keeps the client id of a flexible header in the old form', async () => {
    const { RequestHeader } = await import('./messages/header.ts')
    const header = { requestApiKey: 18, requestApiVersion: 3, correlationId: 7, clientId: 'ab' }
    const bytes = written((writer) => encode(RequestHeader, 2, writer, header))
    assert.deepEqual([...bytes], [0, 18, 0, 3, 0, 0, 0, 7, 0, 2, 97, 98, 0])
  })
})
