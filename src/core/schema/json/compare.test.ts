import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCases } from '../case-table.ts'
import { explainChange } from '../explain.ts'
import { compareSchemas, type ParsedSchema, parseSchema } from '../schema.ts'
import { OBJECT_CASES } from './object-cases.ts'
import { VALUE_CASES } from './value-cases.ts'

const CASES = readCases(VALUE_CASES + OBJECT_CASES)

const parsed = (schema: string): ParsedSchema => {
  const found = parseSchema('JSON', schema, [])
  assert.ok(!('problem' in found), 'problem' in found ? `${schema}: ${found.problem}` : '')
  return found
}

test(`a new schema takes what an old one lets through, or says why not, in ${CASES.length} cases`, () => {
  for (const { what, reader, writer, found, source, policy } of CASES) {
    const incompatibilities = compareSchemas(parsed(reader), parsed(writer), policy)
    const told = incompatibilities.map(({ kind, path }) => `${kind} ${path}`)
    assert.deepEqual(told, found, `${what} (${source})`)
    const { changes } = explainChange(parsed(writer), parsed(reader), policy)
    if (found.length > 0) assert.ok(changes.length > 0, `${what} is not told`)
    for (const { message, advice } of incompatibilities) assert.ok(message.length > 20 && advice.length > 10, what)
  }
})

test('a schema takes what it lets through itself, in every case', () => {
  for (const { what, reader, writer, policy } of CASES) {
    for (const schema of [reader, writer])
      assert.deepEqual(compareSchemas(parsed(schema), parsed(schema), policy), [], what)
  }
})
