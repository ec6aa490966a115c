import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CompatibilityLevel, checkCompatibility, LEVELS } from './level.ts'
import { type ParsedSchema, parseSchema } from './schema.ts'

const avro = (...fields: readonly string[]): ParsedSchema => {
  const found = parseSchema('AVRO', `{"type":"record","name":"R","fields":[${fields.join()}]}`, [])
  assert.ok(!('problem' in found))
  return found
}

const a = '{"name":"a","type":"int"}'
const b = '{"name":"b","type":"int"}'
const bWithDefault = '{"name":"b","type":"int","default":0}'
const bWide = '{"name":"b","type":"long"}'

/** Which levels take the new schema after the older ones, by the documented table of levels. */
const TABLE: readonly (readonly [
  what: string,
  older: ParsedSchema[],
  newer: ParsedSchema,
  levels: readonly CompatibilityLevel[],
])[] = [
  ['the first version', [], avro(a), LEVELS],
  ['the same again', [avro(a)], avro(a), LEVELS],
  ['a field with a default added', [avro(a)], avro(a, bWithDefault), LEVELS],
  ['a field without one added', [avro(a)], avro(a, b), ['NONE', 'FORWARD', 'FORWARD_TRANSITIVE']],
  ['a field without default removed', [avro(a, b)], avro(a), ['NONE', 'BACKWARD', 'BACKWARD_TRANSITIVE']],
  ['a field with a default removed', [avro(a, bWithDefault)], avro(a), LEVELS],
  ['a type widened', [avro(b)], avro(bWide), ['NONE', 'BACKWARD', 'BACKWARD_TRANSITIVE']],
  ['a type narrowed', [avro(bWide)], avro(b), ['NONE', 'FORWARD', 'FORWARD_TRANSITIVE']],
  // One step at a time each fits, from the first to the last it does not.
  [
    'a default given and taken away',
    [avro(a), avro(a, bWithDefault)],
    avro(a, b),
    ['NONE', 'BACKWARD', 'FORWARD', 'FORWARD_TRANSITIVE', 'FULL'],
  ],
  [
    'a field removed whose default came late',
    [avro(a, b), avro(a, bWithDefault)],
    avro(a),
    ['NONE', 'BACKWARD', 'BACKWARD_TRANSITIVE', 'FORWARD', 'FULL'],
  ],
  ['only the oldest does not fit', [avro(bWide), avro(a), avro(a)], avro(a), ['NONE', 'BACKWARD', 'FORWARD', 'FULL']],
]

test('each level asks what it says, of the last version or of all', () => {
  for (const [what, older, newer, levels] of TABLE) {
    for (const level of LEVELS) {
      const verdict = checkCompatibility(level, newer, older)
      assert.equal(verdict.compatible, levels.includes(level), `${what}: ${level}`)
      assert.equal(verdict.compatible, verdict.incompatibilities.length === 0)
      assert.equal(verdict.compatible, verdict.against < 0)
    }
  }
})

test('the version that does not fit is told, and of several the newest', () => {
  const older = [avro(bWide), avro(bWide), avro(a, b)]
  assert.equal(checkCompatibility('FORWARD_TRANSITIVE', avro(a), older).against, 2)
  assert.equal(checkCompatibility('BACKWARD_TRANSITIVE', avro(b), older).against, 1)
  assert.equal(checkCompatibility('BACKWARD', avro(b), older).against, -1)
})

test('another type of schema fits at no level but NONE', () => {
  const json = parseSchema('JSON', '{"type":"object"}', [])
  assert.ok(!('problem' in json))
  for (const level of LEVELS) {
    const verdict = checkCompatibility(level, json, [avro(a)])
    assert.equal(verdict.compatible, level === 'NONE')
  }
})

test('FULL tells both directions, each in its own words', () => {
  const verdict = checkCompatibility('FULL', avro(b), [avro(a)])
  assert.deepEqual(
    verdict.incompatibilities.map(({ message }) => message),
    [
      "The field 'b' at path '/fields/0' in the new schema has no default value and is missing in the old schema",
      "The field 'a' at path '/fields/0' in the old schema has no default value and is missing in the new schema",
    ],
  )
})
