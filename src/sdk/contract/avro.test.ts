import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AvroCodec, avro } from './avro.ts'

const ORDER = {
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'day', type: { type: 'int', logicalType: 'date' } },
    { name: 'total', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } },
    { name: 'state', type: { type: 'enum', name: 'State', symbols: ['open', 'paid'] } },
    { name: 'tags', type: { type: 'array', items: 'string' } },
    { name: 'note', type: ['null', 'string'], default: null },
  ],
} as const

const order = {
  id: 'o-1',
  at: new Date('2026-11-26T10:11:12.345Z'),
  day: new Date('2026-11-26T00:00:00Z'),
  total: '-12.50',
  state: 'paid',
  tags: ['a', 'b'],
  note: null,
} as const

test('a value comes back as it went, logical types as JavaScript has them', async () => {
  const codec = await avro(ORDER).open()
  const body = await codec.encode({ ...order, tags: [...order.tags] })
  // Not JSON: the id is a length and its letters.
  assert.equal(body[0], 6)
  assert.deepEqual({ ...(await codec.decode(body)) }, order)
})

test('a default need not be given', async () => {
  const codec = await avro(ORDER).open()
  const { note: _, ...rest } = order
  const value = await codec.decode(await codec.encode({ ...rest, tags: [] }))
  assert.equal(value.note, null)
})

test('decimals keep every digit, up to what they are long', async () => {
  const schema = { type: 'fixed', name: 'Amount', size: 4, logicalType: 'decimal', precision: 9, scale: 3 } as const
  const codec = await avro(schema).open()
  for (const amount of ['0.000', '0.001', '-0.001', '2147483.647', '-2147483.648']) {
    assert.equal(await codec.decode(await codec.encode(amount)), amount)
  }
  assert.throws(() => codec.encode('2147483.648'), { code: 'CONTRACT_VIOLATED' })
  assert.throws(() => codec.encode('1.2345'), { code: 'CONTRACT_VIOLATED' })
})

test('what is wrong is told with its place', async () => {
  const codec = await avro(ORDER).open()
  const wrong = { ...order, id: 7, tags: ['a', 8] } as never
  assert.throws(
    () => codec.encode(wrong),
    (error: Error & { code?: string }) => {
      assert.equal(error.code, 'CONTRACT_VIOLATED')
      assert.match(error.message, /id: 7 is no "string"/)
      assert.match(error.message, /tags\.1: 8 is no "string"/)
      return true
    },
  )
})

test('a body that is cut off is told', async () => {
  const codec = await avro(ORDER).open()
  const body = await codec.encode({ ...order, tags: [] })
  assert.throws(() => codec.decode(body.subarray(0, 3)), { code: 'CONTRACT_VIOLATED' })
})

test('a reader understands what an older writer wrote, and what a newer one did', async () => {
  const older = { type: 'record', name: 'Order', fields: [{ name: 'id', type: 'string' }] } as const
  const newer = {
    type: 'record',
    name: 'Order',
    fields: [
      { name: 'id', type: 'string' },
      { name: 'total', type: 'double', default: 0 },
    ],
  } as const
  const [old, fresh] = [
    (await avro(older).open()) as AvroCodec<{ id: string }>,
    (await avro(newer).open()) as AvroCodec<{ id: string; total?: number }>,
  ]
  assert.deepEqual({ ...fresh.decodeFrom(older, await old.encode({ id: 'a' })) }, { id: 'a', total: 0 })
  assert.deepEqual({ ...old.decodeFrom(newer, await fresh.encode({ id: 'b', total: 2 })) }, { id: 'b' })
})

test('a reader that cannot understand a writer says so', async () => {
  const codec = (await avro({
    type: 'record',
    name: 'Order',
    fields: [{ name: 'id', type: 'string' }],
  }).open()) as AvroCodec<unknown>
  const other = { type: 'record', name: 'Order', fields: [{ name: 'number', type: 'int' }] } as const
  assert.throws(() => codec.decodeFrom(other, new Uint8Array([2])), { code: 'CONTRACT_INCOMPATIBLE', message: /id/ })
})

test('what is no schema is told', async () => {
  await assert.rejects(async () => avro({ type: 'recrd', name: 'Order' }).open(), { code: 'CONTRACT_INVALID' })
})
