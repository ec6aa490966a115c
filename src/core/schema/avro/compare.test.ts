import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCases } from '../case-table.ts'
import { explainChange } from '../explain.ts'
import { checkCompatibility } from '../level.ts'
import { compareSchemas, type ParsedSchema, parseSchema } from '../schema.ts'
import { KINDS, PROMOTIONS, RESOLUTION_CASES } from './resolution-cases.ts'

const CASES = readCases(RESOLUTION_CASES)

const parsed = (schema: string): ParsedSchema => {
  const found = parseSchema('AVRO', schema, [])
  assert.ok(!('problem' in found), 'problem' in found ? `${schema}: ${found.problem}` : '')
  return found
}

test(`a reader's schema takes what a writer's wrote, or says why not, in ${CASES.length} cases of the specification`, () => {
  for (const { what, reader, writer, found, source } of CASES) {
    const incompatibilities = compareSchemas(parsed(reader), parsed(writer))
    assert.equal(checkCompatibility('BACKWARD', parsed(reader), [parsed(writer)]).compatible, found.length === 0, what)
    const told = incompatibilities.map(({ kind, path }) => `${kind} ${path === '' ? '/' : path}`)
    assert.deepEqual(told, found, `${what} (${source})`)
    const { changes } = explainChange(parsed(writer), parsed(reader))
    if (found.length > 0) assert.ok(changes.length > 0, `${what} is not told`)
    for (const { message, advice } of incompatibilities) assert.ok(message.length > 20 && advice.length > 10, what)
  }
})

test('a schema reads what was written with itself, in every case', () => {
  for (const { what, reader, writer } of CASES) {
    for (const schema of [reader, writer]) assert.deepEqual(compareSchemas(parsed(schema), parsed(schema)), [], what)
  }
})

test('each primitive type reads those that are promoted to it, of all 64 pairs', () => {
  const rows = PROMOTIONS.trim().split('\n')
  for (const [reader, row] of rows.entries()) {
    for (const [writer, mark] of row.trim().split(' ').entries()) {
      const found = compareSchemas(parsed(`"${KINDS[reader]}"`), parsed(`"${KINDS[writer]}"`))
      assert.deepEqual(
        found.map(({ kind }) => kind),
        mark === '-' ? ['TYPE_MISMATCH'] : [],
        `${KINDS[reader]} reads ${KINDS[writer]}`,
      )
    }
  }
})
