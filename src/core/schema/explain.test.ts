import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explainChange } from './explain.ts'
import { type ParsedSchema, parseSchema, type SchemaType } from './schema.ts'

const parsed = (type: SchemaType, schema: unknown): ParsedSchema => {
  const found = parseSchema(type, JSON.stringify(schema), [])
  assert.ok(!('problem' in found), 'problem' in found ? found.problem : '')
  return found
}

const record = (...fields: object[]) => ({ type: 'record', name: 'Order', namespace: 'shop', fields })

test('a changed Avro schema is told field by field', () => {
  const older = record(
    { name: 'id', type: 'int' },
    { name: 'note', type: 'string' },
    { name: 'state', type: { type: 'enum', name: 'State', symbols: ['NEW', 'SENT'] } },
    { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } },
    { name: 'tags', type: { type: 'array', items: 'string' } },
    { name: 'who', type: ['null', 'string'], default: null },
  )
  const newer = record(
    { name: 'id', type: 'long', doc: 'its number' },
    { name: 'state', type: { type: 'enum', name: 'State', symbols: ['NEW', 'GONE'], default: 'NEW' } },
    { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 3 } },
    { name: 'tags', type: { type: 'array', items: 'bytes' } },
    { name: 'customer', type: ['null', 'string', 'int'], default: null, aliases: ['who'] },
    { name: 'paid', type: 'boolean', default: false },
  )
  const { changes, text } = explainChange(parsed('AVRO', older), parsed('AVRO', newer))
  assert.deepEqual(changes, [
    'id has another documentation.',
    'id is long, and was int.',
    'state has the new symbol GONE.',
    'state no longer has the symbol SENT.',
    'state reads unknown symbols as NEW.',
    'price is bytes as a decimal (9, 3), and was bytes as a decimal (9, 2).',
    'tags[] is bytes, and was string.',
    'customer is what was who, by an alias.',
    'customer may be int, too.',
    'paid is a new field: boolean, the default false.',
    'note is gone: it was string, no default.',
  ])
  assert.match(
    text,
    /Consumers with the new schema can't read all of what was written with the old one:\n {2}- The type \(path '\/fields\/2\/type'\)/,
  )
  assert.match(text, /Levels that take it: NONE alone\.$/)
})

test('a changed JSON Schema is told property by property', () => {
  const older = {
    type: 'object',
    properties: {
      id: { type: 'integer' },
      name: { type: 'string', maxLength: 9 },
      old: { type: 'string' },
      at: { enum: ['a', 'b'] },
    },
    required: ['id'],
  }
  const newer = {
    type: 'object',
    properties: {
      id: { type: 'number' },
      name: { type: 'string', maxLength: 5 },
      at: { enum: ['a', 'c'] },
      more: { type: 'object' },
    },
    required: ['name'],
    additionalProperties: false,
  }
  const { changes, backward, forward } = explainChange(parsed('JSON', older), parsed('JSON', newer))
  assert.deepEqual(changes, [
    'id is optional, and was required.',
    'id is number, and was integer.',
    'name is required, and was optional.',
    'name has maxLength 5, and had 9.',
    'at may be "c", too.',
    'at may no longer be "b".',
    'more is a new property: object, optional.',
    'old is gone: it was string.',
    'The schema takes no other property, and took any other property.',
  ])
  assert.ok(backward.length > 0 && forward.length > 0)
})

test('what changed nothing says so, and a schema in itself comes to an end', () => {
  const tree = { type: 'record', name: 'T', fields: [{ name: 'kids', type: { type: 'array', items: 'T' } }] }
  const { changes, text } = explainChange(parsed('AVRO', tree), parsed('AVRO', tree))
  assert.deepEqual(changes, [])
  assert.match(
    text,
    /^Nothing changed that data depends on\.\n\nConsumers with the new schema read what was written with the old one\.\n/,
  )
  assert.match(text, /Levels that take it: BACKWARD, FORWARD, FULL\.$/)
  const list = { properties: { next: { $ref: '#' }, v: { type: 'string' } } }
  const wider = { properties: { next: { $ref: '#' }, v: { type: ['string', 'null'] } } }
  assert.deepEqual(explainChange(parsed('JSON', list), parsed('JSON', wider)).changes, [
    'v is string or null, and was string.',
  ])
  assert.deepEqual(explainChange(parsed('JSON', list), parsed('AVRO', tree)).changes, [
    'The schema is of the type AVRO, and was of the type JSON.',
  ])
})
