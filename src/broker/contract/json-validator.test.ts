import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonCode } from './json-code.ts'
import { jsonValidator } from './json-validator.ts'

const validator = (schema: object, references: { name: string; schema: string }[] = []) =>
  jsonValidator(jsonCode({ schema: JSON.stringify(schema), references }))

const DRAFT = (name: string) => ({ $schema: `http://json-schema.org/${name}/schema#` })

test('a body is checked by the draft that its schema is written in', () => {
  const table: readonly (readonly [object, string, boolean])[] = [
    [{ ...DRAFT('draft-04'), minimum: 1, exclusiveMinimum: true }, '1', false],
    [{ ...DRAFT('draft-04'), minimum: 1, exclusiveMinimum: true }, '2', true],
    [{ ...DRAFT('draft-06'), exclusiveMinimum: 1 }, '1', false],
    [{ ...DRAFT('draft-06'), contains: { const: 1 } }, '[1]', true],
    [{ ...DRAFT('draft-07'), if: { minimum: 5 }, else: { maximum: 1 } }, '3', false],
    [{ exclusiveMinimum: 1 }, '1', false],
    [{ $schema: 'https://json-schema.org/draft/2019-09/schema', dependentRequired: { a: ['b'] } }, '{"a":1}', false],
    [
      { $schema: 'https://json-schema.org/draft/2019-09/schema', properties: { a: {} }, unevaluatedProperties: false },
      '{"b":1}',
      false,
    ],
    [
      { $schema: 'https://json-schema.org/draft/2020-12/schema', prefixItems: [{ type: 'string' }], items: false },
      '["a"]',
      true,
    ],
    [
      { $schema: 'https://json-schema.org/draft/2020-12/schema', prefixItems: [{ type: 'string' }], items: false },
      '["a",1]',
      false,
    ],
    [{ properties: { s: { $ref: 'http://json-schema.org/draft-07/schema#' } } }, '{"s":{"type":"strin"}}', false],
  ]
  for (const [schema, body, fits] of table) {
    assert.equal(validator(schema)(body) === null, fits, `${JSON.stringify(schema)} ${body}`)
  }
})

test('what is wrong is told with its place', () => {
  const validate = validator({ type: 'object', properties: { a: { items: { type: 'integer' } } }, required: ['b'] })
  assert.equal(validate('{"a":[1,"x"],"b":1}'), '/a/1 must be integer')
  assert.equal(validate('{}'), "it must have required property 'b'")
  assert.match(validate('{') ?? '', /^it is no JSON: /)
  assert.equal(validate('{"constructor":1}'), "it must have required property 'b'")
})

test('references are found by their names, and nothing is fetched', () => {
  const money = { name: 'money.json', schema: '{"type":"integer"}' }
  const validate = validator({ properties: { price: { $ref: 'money.json' } } }, [money])
  assert.equal(validate('{"price":1}'), null)
  assert.equal(validate('{"price":"1"}'), '/price must be integer')
  assert.throws(() => validator({ $ref: 'http://example.org/other.json' }), /can't resolve reference/)
})

test('a pattern that would take for ever elsewhere takes no time, and one beyond it is refused', () => {
  const validate = validator({ type: 'string', pattern: '^(a+)+$', propertyNames: { pattern: '(b|b)*c' } })
  assert.match(validate(JSON.stringify(`${'a'.repeat(50_000)}!`)) ?? '', /must match pattern/)
  assert.throws(() => validator({ pattern: '(?=a)b' }))
  assert.throws(() => validator({ pattern: '(a)\\1' }))
})

test('a number is a multiple of another by the digits that were written', () => {
  for (const [of, body, fits] of [
    [0.01, '19.99', true],
    [0.01, '19.999', false],
    [0.1, '0.3', true],
    [1e-8, '12391239123', true],
    [3, '9007199254740990', true],
    [7, '-21', true],
    [2.5, '1e2', true],
    [1e-300, '1e300', true],
    [0.3, '1e-320', false],
    [2, '1e400', false],
  ] as const)
    assert.equal(validator({ multipleOf: of })(body), fits ? null : `it must be multiple of ${of}`, `${of} ${body}`)
})

test('what Ajv has beyond JSON Schema, or reads in another way, counts for nothing', () => {
  const T2020 = { $schema: 'https://json-schema.org/draft/2020-12/schema' }
  const text = { $defs: { text: { type: 'string' } } }
  const beside = { properties: { a: { $ref: '#/$defs/text', minLength: 5 } }, ...text }
  const table: readonly (readonly [object, string, boolean])[] = [
    // It would answer by a promise, which is as good as yes, and whose failure nobody hears.
    [{ $async: true, type: 'string' }, '1', false],
    [{ properties: { a: { $async: true, type: 'string' } } }, '{"a":1}', false],
    [{ type: 'string', nullable: true }, 'null', false],
    [{ nullable: true }, 'null', true],
    [{ properties: { nullable: { type: 'string' }, $async: false } }, '{"nullable":1}', false],
    [{ enum: [{ nullable: true }] }, '{"nullable":true}', true],
    // Up to draft 7 what stands beside $ref is not looked at.
    [{ ...DRAFT('draft-04'), ...beside }, '{"a":"abc"}', true],
    [{ ...DRAFT('draft-07'), ...beside }, '{"a":"abc"}', true],
    [{ ...DRAFT('draft-07'), ...beside }, '{"a":1}', false],
    [{ ...T2020, ...beside }, '{"a":"abc"}', false],
    // Where an array is shorter than its tuple it passes over `contains`.
    [{ ...T2020, prefixItems: [{}, {}], contains: { const: 1 } }, '[]', false],
    [{ ...T2020, prefixItems: [{ type: 'number' }], contains: { const: 1 } }, '[]', false],
    [{ ...T2020, prefixItems: [{ type: 'number' }], contains: { const: 1 }, minContains: 0 }, '[]', true],
    [{ ...T2020, prefixItems: [{ type: 'number' }], contains: { const: 1 }, minContains: 2 }, '[1]', false],
    [{ ...DRAFT('draft-07'), items: [{ type: 'number' }], contains: { const: 1 }, allOf: [{}] }, '[]', false],
    [{ ...DRAFT('draft-07'), items: [{ type: 'number' }], contains: { const: 1 } }, '[1]', true],
  ]
  for (const [schema, body, fits] of table)
    assert.equal(validator(schema)(body) === null, fits, `${JSON.stringify(schema)} ${body}`)
})

test('a long list of different items is known to be one in one go', () => {
  const validate = validator({ type: 'array', uniqueItems: true })
  const items = Array.from({ length: 50_000 }, (_, i) => ({ i, b: [i] }))
  assert.equal(validate(JSON.stringify(items)), null)
  assert.match(
    validate(JSON.stringify([...items, { b: [7], i: 7 }])) ?? '',
    /must pass "uniqueItems" keyword validation/,
  )
})

test('data that lie too deep in one another are refused', () => {
  const validate = validator({ properties: { a: { $ref: '#' } } })
  assert.equal(validate(`${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`), 'it is nested too deep')
})
