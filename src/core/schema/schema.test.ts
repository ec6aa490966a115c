import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeIncompatibility } from './incompatibility.ts'
import { MAX_SCHEMA_DEPTH, MAX_SCHEMA_LENGTH } from './json-text.ts'
import { compareSchemas, type ParsedSchema, parseSchema, type SchemaReference, type SchemaType } from './schema.ts'

const parsed = (type: SchemaType, text: string, references: readonly SchemaReference[] = []): ParsedSchema => {
  const found = parseSchema(type, text, references)
  assert.ok(!('problem' in found), 'problem' in found ? found.problem : '')
  return found
}

const problem = (type: SchemaType, text: string, references: readonly SchemaReference[] = []) => {
  const found = parseSchema(type, text, references)
  assert.ok('problem' in found, `${text} is taken`)
  return found
}

const reference = (name: string, schema: string): SchemaReference => ({ name, subject: name, version: 1, schema })

test('an Avro schema is stored without white space, its attributes in one order', () => {
  const table: readonly (readonly [string, string])[] = [
    ['"string"', '"string"'],
    ['string', '"string"'],
    ['{"type": "string"}', '"string"'],
    ['{"type":{"type":"string"}}', '"string"'],
    [' [ "null" , "int" ] ', '["null","int"]'],
    ['{"items":"int","type":"array"}', '{"type":"array","items":"int"}'],
    ['{"values":"int","type":"map"}', '{"type":"map","values":"int"}'],
    [
      '{"fields":[{"default":1,"type":"int","name":"a"}],"doc":"d","name":"x.R","type":"record"}',
      '{"type":"record","name":"R","namespace":"x","doc":"d","fields":[{"name":"a","type":"int","default":1}]}',
    ],
    [
      '{"type":"record","name":"R","namespace":"x","fields":[{"name":"a","type":{"type":"fixed","name":"F","size":2}},{"name":"b","type":"x.F"}]}',
      '{"type":"record","name":"R","namespace":"x","fields":[{"name":"a","type":{"type":"fixed","name":"F","size":2}},{"name":"b","type":"F"}]}',
    ],
    [
      '{"type":"enum","symbols":["A"],"name":"E","aliases":["O"],"default":"A","extra":{"b":1,"a":2}}',
      '{"type":"enum","name":"E","symbols":["A"],"default":"A","extra":{"b":1,"a":2},"aliases":["O"]}',
    ],
    ['{"type":"long","logicalType":"timestamp-millis"}', '{"type":"long","logicalType":"timestamp-millis"}'],
    [
      '{"type":"record","name":"R","fields":[{"name":"a","type":"long","default":9223372036854775807,"order":"ignore","aliases":["b"],"p":1}]}',
      '{"type":"record","name":"R","fields":[{"name":"a","type":"long","default":9223372036854775807,"order":"ignore","aliases":["b"],"p":1}]}',
    ],
  ]
  for (const [text, canonical] of table) {
    assert.equal(parsed('AVRO', text).canonical, canonical)
    assert.equal(parsed('AVRO', canonical).canonical, canonical, 'and that is its own')
  }
})

test("Avro's parsing canonical form has what a reader of data needs, and nothing else", () => {
  const form = (text: string) => {
    const schema = parsed('AVRO', text)
    return schema.type === 'AVRO' ? schema.parsingForm() : ''
  }
  // The rules of the specification, "Transforming into Parsing Canonical Form": PRIMITIVES, FULLNAMES, STRIP, ORDER, STRINGS, INTEGERS, WHITESPACE.
  assert.equal(form('{"type":"long","logicalType":"date"}'), '"long"')
  assert.equal(
    form(
      '{"doc":"d","fields":[{"type":["null",{"name":"In","type":"enum","symbols":["A"]}],"default":null,"name":"\\u0061"},{"name":"b","type":"In"}],"name":"R","type":"record","namespace":"x.y"}',
    ),
    '{"name":"x.y.R","type":"record","fields":[{"name":"a","type":["null",{"name":"x.y.In","type":"enum","symbols":["A"]}]},{"name":"b","type":"x.y.In"}]}',
  )
  assert.equal(
    form('{"type":"fixed","name":"F","size":16,"logicalType":"uuid"}'),
    '{"name":"F","type":"fixed","size":16}',
  )
})

test('what is normalized does not depend on the order of what has no order', () => {
  const same = (type: SchemaType, one: string, other: string) =>
    assert.equal(parsed(type, one).normalized(), parsed(type, other).normalized())
  same('AVRO', '{"type":"int","b":1,"a":2}', '{"type":"int","a":2,"b":1}')
  same(
    'AVRO',
    '{"type":"enum","name":"a.E","symbols":["A"]}',
    '{"type":"enum","name":"E","namespace":"a","symbols":["A"]}',
  )
  same('JSON', '{"type":"object","properties":{"b":{},"a":{}}}', '{"properties":{"a":{},"b":{}},"type":"object"}')
  assert.notEqual(parsed('JSON', '{"b":1,"a":1}').canonical, parsed('JSON', '{"a":1,"b":1}').canonical)
})

test('a JSON Schema is stored as it was written, without white space', () => {
  assert.equal(parsed('JSON', ' { "2" : 1.0 , "1" : [ 1e2 , "\\u00e9" ] } ').canonical, '{"2":1.0,"1":[1e2,"é"]}')
  assert.equal(parsed('JSON', '{"title":"Order"}').name, 'Order')
  assert.equal(parsed('AVRO', '{"type":"record","name":"x.Order","fields":[]}').name, 'x.Order')
})

test('an invalid Avro schema is refused with place and reason', () => {
  const table: readonly (readonly [string, string, RegExp])[] = [
    ['', '', /no JSON/],
    ['{"type":"int"', '', /no JSON: the end/],
    ['{"type":"int","type":"int"}', '', /twice/],
    ['"strin"', '', /"strin" is neither a type/],
    ['{"type":"in"}', '/type', /"in" is neither/],
    ['{}', '', /needs the attribute "type"/],
    ['{"type":"record","fields":[]}', '', /needs the attribute "name"/],
    ['{"type":"record","name":"1R","fields":[]}', '/name', /is not a name/],
    ['{"type":"record","name":"R"}', '', /needs the attribute "fields"/],
    ['{"type":"record","name":"R","fields":{}}', '/fields', /list/],
    ['{"type":"record","name":"R","fields":[{"type":"int"}]}', '/fields/0', /needs the attribute "name"/],
    ['{"type":"record","name":"R","fields":[{"name":"a"}]}', '/fields/0', /needs the attribute "type"/],
    ['{"type":"record","name":"R","fields":[{"name":"a-b","type":"int"}]}', '/fields/0', /not the name of a field/],
    [
      '{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]}',
      '/fields/1',
      /two fields/,
    ],
    ['{"type":"record","name":"R","fields":[{"name":"a","type":"int","order":"up"}]}', '/fields/0/order', /ascending/],
    [
      '{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":"1"}]}',
      '/fields/0',
      /default of the field "a"/,
    ],
    ['{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":2147483648}]}', '/fields/0', /default/],
    [
      '{"type":"record","name":"R","fields":[{"name":"a","type":"long","default":9223372036854775808}]}',
      '/fields/0',
      /default/,
    ],
    [
      '{"type":"record","name":"R","fields":[{"name":"a","type":["null","int"],"default":"x"}]}',
      '/fields/0',
      /none of the union/,
    ],
    [
      '{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"fixed","name":"F","size":2},"default":"abc"}]}',
      '/fields/0',
      /3 bytes/,
    ],
    [
      '{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"enum","name":"E","symbols":["A"]},"default":"B"}]}',
      '/fields/0',
      /default/,
    ],
    ['{"type":"record","name":"int","fields":[]}', '/name', /can't be defined/],
    ['[{"type":"record","name":"R","fields":[]},{"type":"fixed","name":"R","size":1}]', '/1/name', /defined twice/],
    ['{"type":"enum","name":"E","symbols":["A","A"]}', '/symbols/1', /twice/],
    ['{"type":"enum","name":"E","symbols":["a b"]}', '/symbols/0', /not a name/],
    ['{"type":"enum","name":"E"}', '', /symbols/],
    ['{"type":"enum","name":"E","symbols":["A"],"default":"B"}', '/default', /none of its symbols/],
    ['{"type":"fixed","name":"F"}', '', /size/],
    ['{"type":"fixed","name":"F","size":-1}', '/size', /bytes/],
    ['{"type":"array"}', '', /items/],
    ['{"type":"map"}', '', /values/],
    ['["int","int"]', '/1', /twice in one union/],
    ['[["int"]]', '/0', /another union/],
    ['[{"type":"array","items":"int"},{"type":"array","items":"long"}]', '/1', /twice/],
    ['12', '', /not 12/],
  ]
  for (const [text, path, reason] of table) {
    const found = problem('AVRO', text)
    assert.match(found.problem, reason, text)
    assert.equal(found.path, path, text)
  }
})

test('an invalid JSON Schema is refused with place and reason', () => {
  const table: readonly (readonly [string, string, RegExp])[] = [
    ['', '', /no JSON/],
    ['[]', '#', /object, true or false/],
    ['{"type":"strin"}', '#/type', /no type/],
    ['{"type":[]}', '#/type', /one at least/],
    ['{"minLength":-1}', '#/minLength', /not a value/],
    ['{"minLength":1.5}', '#/minLength', /not a value/],
    ['{"multipleOf":0}', '#/multipleOf', /not a value/],
    ['{"maximum":"9"}', '#/maximum', /not a value/],
    ['{"pattern":"("}', '#/pattern', /regular expression/],
    ['{"patternProperties":{"(":{}}}', '#/patternProperties/(', /regular expression/],
    ['{"required":"a"}', '#/required', /names/],
    ['{"enum":"a"}', '#/enum', /list/],
    ['{"allOf":[]}', '#/allOf', /one at least/],
    ['{"properties":[]}', '#/properties', /object of schemas/],
    ['{"properties":{"a":1}}', '#/properties/a', /not 1/],
    ['{"uniqueItems":1}', '#/uniqueItems', /true or false/],
    ['{"$ref":"#/definitions/a"}', '#/$ref', /leads to nothing/],
    ['{"$ref":"other.json"}', '#/$ref', /leads to no schema/],
    ['{"$ref":"http://example.org/other.json"}', '#/$ref', /leads to no schema/],
    ['{"$ref":"#a"}', '#/$ref', /anchor/],
    ['{"$ref":"#"}', '#', /leads to itself/],
  ]
  for (const [text, path, reason] of table) {
    const found = problem('JSON', text)
    assert.match(found.problem, reason, text)
    assert.equal(found.path, path, text)
  }
})

test('PROTOBUF is refused in words', () => {
  assert.match(problem('PROTOBUF', 'syntax = "proto3";').problem, /PROTOBUF are not supported/)
})

test('what is too large or too deep is refused before it is read', () => {
  assert.match(problem('JSON', ' '.repeat(MAX_SCHEMA_LENGTH + 1)).problem, /characters/)
  const deep = MAX_SCHEMA_DEPTH + 2
  assert.match(problem('AVRO', '['.repeat(deep) + ']'.repeat(deep)).problem, /levels deep/)
  assert.match(problem('JSON', '{"not":'.repeat(100_000)).problem, /levels deep/)
  const chain = Array.from({ length: 2000 }, (_, index) => ({
    type: 'record',
    name: `R${index}`,
    fields: index === 0 ? [] : [{ name: 'a', type: `R${index - 1}` }],
  }))
  assert.match(problem('AVRO', JSON.stringify(chain)).problem, /levels deep in one another/)
})

test("an Avro schema uses its references' names, and does not repeat them", () => {
  const money = reference(
    'x.Money',
    '{"type":"record","name":"Money","namespace":"x","fields":[{"name":"amount","type":"long"}]}',
  )
  const order = '{"type":"record","name":"Order","namespace":"x","fields":[{"name":"price","type":"x.Money"}]}'
  assert.match(problem('AVRO', order).problem, /nor in a reference/)
  const schema = parsed('AVRO', order, [money])
  assert.equal(
    schema.canonical,
    '{"type":"record","name":"Order","namespace":"x","fields":[{"name":"price","type":"Money"}]}',
  )
  const wider = parsed('AVRO', order, [{ ...money, schema: money.schema.replace('"long"', '"double"') }])
  assert.deepEqual(compareSchemas(wider, schema), [])
  assert.deepEqual(
    compareSchemas(schema, wider).map(({ path }) => path),
    ['/fields/0/type/fields/0/type'],
  )
  const broken = problem('AVRO', order, [reference('x.Money', '{"type":"rec"}')])
  assert.match(broken.problem, /^In the reference "x.Money": "rec" is neither/)
})

test('a JSON Schema finds its references by name, relative to its id, and in turn', () => {
  const leaf = reference('leaf.json', '{"type":"integer"}')
  const branch = reference('http://x.org/branch.json', '{"type":"object","properties":{"leaf":{"$ref":"leaf.json"}}}')
  for (const text of [
    '{"$ref":"http://x.org/branch.json"}',
    '{"$id":"http://x.org/tree.json","allOf":[{"$ref":"branch.json#/properties/leaf"}]}',
    '{"$id":"http://y.org/tree.json","allOf":[{"$ref":"leaf.json"}]}',
  ]) {
    const schema = parsed('JSON', text, [leaf, branch])
    const whole = parsed('JSON', '{"type":["integer","object"]}')
    assert.deepEqual(compareSchemas(whole, schema), [], text)
  }
})

test("an incompatibility is told as Confluent's registry tells it", () => {
  const record = (fields: string) => `{"type":"record","name":"R","fields":[${fields}]}`
  const a = '{"name":"a","type":"int"}'
  const salary = '{"name":"salary","type":"int"}'
  const [missing] = compareSchemas(parsed('AVRO', record(`${a},${salary}`)), parsed('AVRO', record(a)))
  assert.equal(
    describeIncompatibility(missing),
    "{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'The field 'salary' at path '/fields/1' in the new schema has no default value and is missing in the old schema', additionalInfo:'salary'}",
  )
  const symbols = (list: string) => `{"type":"enum","name":"E","symbols":[${list}]}`
  const [symbol] = compareSchemas(parsed('AVRO', symbols('"A"')), parsed('AVRO', symbols('"A","B","C"')), 'STRICT', {
    reader: 'old',
    writer: 'new',
  })
  assert.equal(
    describeIncompatibility(symbol),
    "{errorType:'MISSING_ENUM_SYMBOLS', description:'The old schema is missing enum symbols '[B, C]' at path '/symbols' in the new schema', additionalInfo:'[B, C]'}",
  )
})
