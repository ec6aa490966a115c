import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AmqpError } from './amqp-error.ts'
import { type Field, type Table, tableOf } from './field.ts'
import { decodeArguments, type Fields, type Method, writeMethod } from './method.ts'
import { METHODS, queue } from './methods.ts'
import { decodeProperties, type Properties, writeHeader } from './properties.ts'
import { Reader, TABLE_DEPTH_LIMIT } from './reader.ts'
import { HeaderFacts, skimHeader } from './skim.ts'
import { Writer } from './writer.ts'

const EVERY_TYPE = new Map<string, Field>([
  ['yes', { type: 't', value: true }],
  ['byte', { type: 'b', value: -128 }],
  ['octet', { type: 'B', value: 255 }],
  ['short', { type: 's', value: -32768 }],
  ['ushort', { type: 'u', value: 65535 }],
  ['int', { type: 'I', value: -(2 ** 31) }],
  ['uint', { type: 'i', value: 2 ** 32 - 1 }],
  ['long', { type: 'l', value: -(2 ** 53) + 1 }],
  ['longest', { type: 'l', value: -(2n ** 63n) }],
  ['other long', { type: 'L', value: 7 }],
  ['time', { type: 'T', value: 2n ** 64n - 1n }],
  ['float', { type: 'f', value: 0.5 }],
  ['double', { type: 'd', value: -0 }],
  ['decimal', { type: 'D', value: { scale: 2, digits: 314 } }],
  ['text', { type: 'S', value: 'grüße' }],
  ['not text', { type: 'S', value: new Uint8Array([0xff, 0xfe]) }],
  ['bytes', { type: 'x', value: new Uint8Array([1, 2, 3]) }],
  ['nothing', { type: 'V', value: null }],
  [
    'many',
    {
      type: 'A',
      value: [
        { type: 'I', value: 1 },
        { type: 'S', value: 'two' },
        { type: 'A', value: [] },
      ],
    },
  ],
  ['deep', { type: 'F', value: new Map<string, Field>([['', { type: 'F', value: new Map() }]]) }],
])

function encodeTable(table: Table): Uint8Array {
  const writer = new Writer(1)
  writer.table(table)
  return writer.written().slice()
}

const decodeTable = (bytes: Uint8Array) => new Reader(bytes, 0, bytes.length).table()

test('a table of every type comes back as it was, and gives the same bytes again', () => {
  const bytes = encodeTable(EVERY_TYPE)
  const decoded = decodeTable(bytes)
  assert.deepEqual(decoded, EVERY_TYPE)
  assert.deepEqual(encodeTable(decoded), bytes)
})

test('a table cut anywhere, or with any byte changed, is decoded or refused, never anything else', () => {
  const bytes = encodeTable(EVERY_TYPE)
  const wrapped = queueDeclareBytes(bytes)
  for (let i = 0; i < wrapped.length; i++) {
    assert.throws(() => decodeArguments(queue.declare, wrapped, 0, i), AmqpError)
    for (const flip of [0x01, 0x80, 0xff]) {
      const damaged = wrapped.slice()
      damaged[i] ^= flip
      try {
        decodeArguments(queue.declare, damaged, 0, damaged.length)
      } catch (error) {
        assert.ok(error instanceof AmqpError, String(error))
      }
    }
  }
})

function queueDeclareBytes(table: Uint8Array): Uint8Array {
  return new Uint8Array([0, 0, 1, 0x71, 2, ...table])
}

test('a table deeper than the limit is refused', () => {
  const nest = (depth: number): Table =>
    depth === 0 ? new Map() : new Map<string, Field>([['d', { type: 'F', value: nest(depth - 1) }]])
  assert.deepEqual(decodeTable(encodeTable(nest(TABLE_DEPTH_LIMIT))), nest(TABLE_DEPTH_LIMIT))
  assert.throws(() => decodeTable(encodeTable(nest(TABLE_DEPTH_LIMIT + 1))), { name: 'AmqpError', scope: 'socket' })
})

test('a number that is not finite is malformed', () => {
  assert.throws(() => decodeTable(encodeTable(tableOf({ n: Number.NaN }))), { scope: 'socket' })
})

test('every method comes back as it was written', () => {
  for (const method of METHODS.values()) {
    const values = sampleOf(method)
    const writer = new Writer(4)
    writeMethod(writer, 513, method, values as never)
    const frame = writer.written()
    assert.deepEqual([...frame.subarray(0, 3)], [1, 2, 1])
    const size = new DataView(frame.buffer, frame.byteOffset).getUint32(3)
    assert.equal(size + 8, frame.length)
    assert.equal(frame.at(-1), 0xce)
    assert.deepEqual(decodeArguments(method, frame, 11, frame.length - 1), values)
  }
})

function sampleOf(method: Method): Record<string, unknown> {
  const samples: { [Type in Fields[string]]: unknown } = {
    bit: true,
    octet: 200,
    short: 60000,
    long: 4e9,
    longlong: 2 ** 53 - 1,
    shortstr: 'é'.repeat(127),
    longstr: 'text',
    table: EVERY_TYPE,
  }
  let bit = false
  return Object.fromEntries(
    Object.entries(method.fields).map(([name, type]) => [name, type === 'bit' ? (bit = !bit) : samples[type]]),
  )
}

test('arguments cut short, and bytes too many, are a frame error in RabbitMQ’s words', () => {
  const cut = new Uint8Array([0, 0, 20, 115, 104, 111, 114, 116])
  assert.throws(() => decodeArguments(queue.declare, cut, 0, cut.length), {
    code: 501,
    scope: 'connection',
    message: 'FRAME_ERROR - cannot decode <<0,0,20,115,104,111,114,116>>',
  })
  const long = new Uint8Array([0, 0, 0, 0, 0])
  assert.throws(() => decodeArguments(queue.purge, long, 0, long.length), { code: 501 })
})

test('a short string that is not UTF-8 is a frame error', () => {
  const bytes = new Uint8Array([0, 0, 1, 0xff, 0])
  assert.throws(() => decodeArguments(queue.purge, bytes, 0, bytes.length), {
    message: 'FRAME_ERROR - Malformed UTF-8 in shortstr',
  })
})

test('all properties come back as they were, and single ones are found without the others', () => {
  const properties: Properties = {
    contentType: 'text/plain',
    contentEncoding: '',
    headers: EVERY_TYPE,
    deliveryMode: 2,
    priority: 9,
    correlationId: 'c',
    replyTo: 'r',
    expiration: '1000',
    messageId: 'm',
    timestamp: 1_700_000_000,
    type: 't',
    userId: 'guest',
    appId: 'a',
    clusterId: '',
  }
  const writer = new Writer()
  writeHeader(writer, 60, 5_000_000_000, properties)
  const bytes = writer.written()
  assert.deepEqual(decodeProperties(bytes, 0, bytes.length), properties)
  const facts = new HeaderFacts()
  skimHeader(bytes, 0, bytes.length, facts)
  const text = (at: number) => Buffer.from(bytes).toString('latin1', at + 1, at + 1 + bytes[at])
  assert.equal(text(facts.expirationAt), '1000')
  assert.equal(text(facts.userIdAt), 'guest')
  assert.equal(text(facts.replyToAt), 'r')
  assert.equal(facts.deliveryMode, 2)
  assert.equal(facts.priority, 9)
  assert.deepEqual(new Reader(bytes, facts.headersAt, bytes.length).table(), EVERY_TYPE)
  for (let end = 14; end < bytes.length; end++) {
    assert.throws(() => decodeProperties(bytes, 0, end), AmqpError)
    assert.throws(() => skimHeader(bytes, 0, end, facts), AmqpError)
  }
})

test('skimming a header and decoding it agree about every damaged byte', () => {
  const writer = new Writer()
  writeHeader(writer, 60, 1, { headers: EVERY_TYPE, correlationId: 'c', timestamp: 1, userId: 'u' })
  const bytes = writer.written().slice()
  const facts = new HeaderFacts()
  const outcome = (decode: () => void) => {
    try {
      decode()
      return 'fine'
    } catch (error) {
      assert.ok(error instanceof AmqpError, String(error))
      return 'refused'
    }
  }
  for (let i = 12; i < bytes.length; i++) {
    for (const flip of [0x01, 0x02, 0x10, 0x80, 0xff]) {
      const damaged = new Uint8Array(bytes)
      damaged[i] ^= flip
      const skimmed = outcome(() => skimHeader(damaged, 0, damaged.length, facts))
      const decoded = outcome(() => decodeProperties(damaged, 0, damaged.length))
      assert.equal(skimmed, decoded, `byte ${i} changed by ${flip}`)
    }
  }
})

test('skimming sees the headers that name further routing keys', () => {
  const writer = new Writer()
  const facts = new HeaderFacts()
  for (const [name, expected] of [
    ['CC', true],
    ['BCC', true],
    ['cc', false],
  ] as const) {
    writer.clear()
    writeHeader(writer, 60, 1, { headers: tableOf({ a: 1, [name]: { type: 'A', value: [] }, z: 'z' }) })
    skimHeader(writer.bytes, 0, writer.at, facts)
    assert.equal(facts.copies, expected)
  }
})

test('text that is not UTF-8 gives the same bytes again', () => {
  const writer = new Writer()
  writeHeader(writer, 60, 1, { correlationId: 'a' })
  const bytes = writer.written().slice()
  bytes[bytes.length - 1] = 0xfe
  const decoded = decodeProperties(bytes, 0, bytes.length)
  writer.clear()
  writeHeader(writer, 60, 1, decoded)
  assert.deepEqual(writer.written(), bytes)
})
