import assert from 'node:assert/strict'
import { test } from 'node:test'
import avsc from 'avsc'
import { type AvroSchema, parseSchema } from '../schema.ts'
import { AvroData } from './data.ts'

const data = new AvroData()

const parsed = (schema: unknown): AvroSchema => {
  const found = parseSchema('AVRO', JSON.stringify(schema), [])
  assert.ok(!('problem' in found) && found.type === 'AVRO', 'problem' in found ? found.problem : '')
  return found
}

const ORDER = {
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'note', type: ['null', 'string'] },
    { name: 'state', type: { type: 'enum', name: 'State', symbols: ['NEW', 'SENT'] } },
    {
      name: 'lines',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'Line',
          fields: [
            { name: 'n', type: 'int' },
            { name: 'price', type: 'double' },
          ],
        },
      },
    },
    { name: 'tags', type: { type: 'map', values: 'bytes' } },
    { name: 'hash', type: { type: 'fixed', name: 'Hash', size: 4 } },
    { name: 'paid', type: 'boolean' },
    { name: 'rate', type: 'float' },
    { name: 'parent', type: ['null', 'Order'] },
  ],
}

const order = (parent: unknown = null) => ({
  id: 12_345_678_901,
  note: { string: 'hello' },
  state: 'SENT',
  lines: [
    { n: -1, price: 1.5 },
    { n: 2, price: 0 },
  ],
  tags: { a: Buffer.from('x'), b: Buffer.from('') },
  hash: Buffer.from('abcd'),
  paid: true,
  rate: 0.5,
  parent,
})

test('what avsc writes is a value of its schema, and nothing less or more of it is', () => {
  const schema = parsed(ORDER)
  const type = avsc.Type.forSchema(ORDER as avsc.Schema, { wrapUnions: true })
  const bytes = type.toBuffer(order({ Order: order() }))
  assert.equal(data.check(schema.root, bytes, 0, bytes.length), null)
  for (let length = 0; length < bytes.length; length += 1)
    assert.notEqual(data.check(schema.root, bytes, 0, length), null, `${length} bytes of it`)
  const more = Buffer.concat([Buffer.from('?'), bytes, Buffer.from('?')])
  assert.equal(data.check(schema.root, more, 1, 1 + bytes.length), null)
  assert.equal(data.check(schema.root, more, 1, more.length), '1 bytes are left over')
})

test('what is wrong is told with its field', () => {
  const { root } = parsed({
    type: 'record',
    name: 'R',
    fields: [{ name: 'a', type: { type: 'record', name: 'S', fields: [{ name: 'b', type: 'boolean' }] } }],
  })
  assert.equal(data.check(root, Buffer.from([2]), 0, 1), 'a.b: a boolean is neither 0 nor 1')
  assert.equal(data.check(parsed(['null', 'int']).root, Buffer.from([4]), 0, 1), 'a union has no type 2')
  assert.equal(
    data.check(parsed({ type: 'enum', name: 'E', symbols: ['A'] }).root, Buffer.from([2]), 0, 1),
    'E has no symbol 1',
  )
})

test('a few bytes that say there are millions of items are not believed', () => {
  const { root } = parsed({ type: 'array', items: 'null' })
  const many = Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x0f, 0])
  assert.equal(data.check(root, many, 0, many.length), 'it has too many values, or too deep ones')
  const list = parsed({ type: 'record', name: 'L', fields: [{ name: 'next', type: ['null', 'L'] }] }).root
  const deep = Buffer.alloc(5000, 2)
  assert.match(data.check(list, deep, 0, deep.length) ?? '', /too deep/)
})

test('blocks may say their length', () => {
  const { root } = parsed({ type: 'array', items: 'int' })
  const blocks = Buffer.from([3, 4, 2, 4, 2, 6, 0])
  assert.equal(data.check(root, blocks, 0, blocks.length), null)
  const wrong = Buffer.from([3, 40, 2, 4, 0])
  assert.equal(data.check(root, wrong, 0, wrong.length), 'a block of items has an impossible length')
})
