import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { RegistryRig, record, TYPE } from './rig.ts'

let rig: RegistryRig

const avro = (schema: unknown) => ({ schema: JSON.stringify(schema) })
const LARGE = JSON.stringify({ type: 'record', name: 'R', doc: 'x'.repeat(2 ** 20), fields: [] })

before(async () => {
  rig = await RegistryRig.open()
  await rig.register('live', record('a'))
  await rig.register('live', record('a', 'b'))
  await rig.request('DELETE', '/subjects/live/versions/1')
  await rig.register('soft', record('c'))
  await rig.request('DELETE', '/subjects/soft')
  await rig.register('part', { type: 'record', name: 'Part', fields: [] })
  await rig.register(
    'whole',
    { type: 'record', name: 'Whole', fields: [{ name: 'p', type: 'Part' }] },
    {
      references: [{ name: 'Part', subject: 'part', version: 1 }],
    },
  )
  await rig.register('strict', { type: 'record', name: 'S', fields: [{ name: 'x', type: 'int' }] })
  await rig.register('frozen', record('f'))
  await rig.request('PUT', '/mode/frozen', { mode: 'READONLY' })
  await rig.request('PUT', '/mode/import', { mode: 'IMPORT' })
  await rig.request('POST', '/subjects/import/versions', { ...avro(record('i')), id: 9000, version: 1 })
})
after(() => rig.stop())

type Case = readonly [
  what: string,
  status: number,
  code: number,
  message: RegExp | string,
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
]

/** Every documented error, with what provokes it. */
const CASES: readonly Case[] = [
  ['a subject that is not there', 404, 40401, "Subject 'none' not found.", 'GET', '/subjects/none/versions'],
  ['a version of one', 404, 40401, "Subject 'none' not found.", 'GET', '/subjects/none/versions/1'],
  ['its newest schema', 404, 40401, "Subject 'none' not found.", 'GET', '/subjects/none/versions/latest/schema'],
  ['who refers to it', 404, 40401, "Subject 'none' not found.", 'GET', '/subjects/none/versions/1/referencedby'],
  ['a look-up in it', 404, 40401, "Subject 'none' not found.", 'POST', '/subjects/none', avro('int')],
  ['its deletion', 404, 40401, "Subject 'none' not found.", 'DELETE', '/subjects/none'],
  ['the deletion of a version of it', 404, 40401, "Subject 'none' not found.", 'DELETE', '/subjects/none/versions/1'],
  ['a subject whose versions are deleted', 404, 40401, "Subject 'soft' not found.", 'GET', '/subjects/soft/versions'],
  ['a version that is not there', 404, 40402, 'Version 9 not found.', 'GET', '/subjects/live/versions/9'],
  ['a deleted version', 404, 40402, 'Version 1 not found.', 'GET', '/subjects/live/versions/1'],
  [
    'a comparison with a version that is not there',
    404,
    40402,
    'Version 9 not found.',
    'POST',
    '/compatibility/subjects/live/versions/9',
    avro('int'),
  ],
  ['the deletion of one', 404, 40402, 'Version 9 not found.', 'DELETE', '/subjects/live/versions/9'],
  ['a schema that is not in the subject', 404, 40403, 'Schema not found', 'POST', '/subjects/live', avro('int')],
  ['an id that nothing has', 404, 40403, 'Schema 12345 not found', 'GET', '/schemas/ids/12345'],
  ['its subjects', 404, 40403, 'Schema 12345 not found', 'GET', '/schemas/ids/12345/subjects'],
  ['its versions', 404, 40403, 'Schema 12345 not found', 'GET', '/schemas/ids/12345/versions'],
  ['its text', 404, 40403, 'Schema 12345 not found', 'GET', '/schemas/ids/12345/schema'],
  [
    'a guid that nothing has',
    404,
    40403,
    'Schema not found',
    'GET',
    '/schemas/guids/00000000-0000-0000-0000-000000000000',
  ],
  [
    'deleting softly what is',
    404,
    40404,
    "Subject 'soft' was soft deleted. Set permanent=true to delete permanently",
    'DELETE',
    '/subjects/soft',
  ],
  [
    'deleting for good what lives',
    404,
    40405,
    "Subject 'live' was not deleted first before being permanently deleted",
    'DELETE',
    '/subjects/live?permanent=true',
  ],
  [
    'deleting a version softly again',
    404,
    40406,
    "Subject 'live' Version 1 was soft deleted. Set permanent=true to delete permanently",
    'DELETE',
    '/subjects/live/versions/1',
  ],
  [
    'deleting a version for good that lives',
    404,
    40407,
    "Subject 'live' Version 2 was not deleted first before being permanently deleted",
    'DELETE',
    '/subjects/live/versions/2?permanent=true',
  ],
  [
    'a level of its own',
    404,
    40408,
    "Subject 'live' does not have subject-level compatibility configured",
    'GET',
    '/config/live',
  ],
  [
    'taking one away',
    404,
    40408,
    "Subject 'live' does not have subject-level compatibility configured",
    'DELETE',
    '/config/live',
  ],
  ['a mode of its own', 404, 40409, "Subject 'live' does not have subject-level mode configured", 'GET', '/mode/live'],
  ['taking one away', 404, 40409, "Subject 'live' does not have subject-level mode configured", 'DELETE', '/mode/live'],
  [
    'a schema that does not fit',
    409,
    409,
    /^Schema being registered is incompatible with an earlier schema for subject "strict", details: \[\{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE'/,
    'POST',
    '/subjects/strict/versions',
    avro({ type: 'record', name: 'S', fields: [{ name: 'y', type: 'int' }] }),
  ],
  ['a text that is no JSON', 422, 42201, /^Invalid schema: /, 'POST', '/subjects/bad/versions', { schema: '{' }],
  [
    'a text that is no Avro schema',
    422,
    42201,
    /^Invalid schema: /,
    'POST',
    '/subjects/bad/versions',
    avro({ type: 'nothing' }),
  ],
  [
    'a text that is no JSON Schema',
    422,
    42201,
    /^Invalid schema: /,
    'POST',
    '/subjects/bad/versions',
    { schemaType: 'JSON', schema: '{"type":"nothing"}' },
  ],
  ['no schema', 422, 42201, 'Invalid schema: it is empty', 'POST', '/subjects/bad/versions', {}],
  [
    'Protobuf',
    422,
    42201,
    /Protobuf is not supported/,
    'POST',
    '/subjects/bad/versions',
    { schemaType: 'PROTOBUF', schema: 'message A {}' },
  ],
  [
    'an unknown type',
    422,
    42201,
    /^Invalid schema type XML/,
    'POST',
    '/subjects/bad/versions',
    { schemaType: 'XML', schema: '<a/>' },
  ],
  [
    'a reference to nothing',
    422,
    42201,
    /the reference 'X' is to version 1 of subject 'nowhere', which is not there/,
    'POST',
    '/subjects/bad/versions',
    { ...avro('int'), references: [{ name: 'X', subject: 'nowhere', version: 1 }] },
  ],
  [
    'a reference without a name',
    422,
    42201,
    /a reference has a name/,
    'POST',
    '/subjects/bad/versions',
    { ...avro('int'), references: [{ subject: 'x' }] },
  ],
  [
    'a version that skips one',
    422,
    42201,
    /is not the next one/,
    'POST',
    '/subjects/live/versions',
    { ...avro(record('a', 'z')), version: 7 },
  ],
  [
    'a version that is none',
    422,
    42202,
    `The specified version 'first' is not a valid version id. Allowed values are between [1, 2^31-1] and the string "latest"`,
    'GET',
    '/subjects/live/versions/first',
  ],
  ['version 0', 422, 42202, /'0' is not a valid version id/, 'DELETE', '/subjects/live/versions/0'],
  [
    'a version beyond 32 bits',
    422,
    42202,
    /'2147483648' is not a valid version id/,
    'GET',
    '/subjects/live/versions/2147483648',
  ],
  [
    'a comparison with a version that is none',
    422,
    42202,
    /'x' is not a valid version id/,
    'POST',
    '/compatibility/subjects/live/versions/x',
    avro('int'),
  ],
  [
    'a level that is none',
    422,
    42203,
    /^Invalid compatibility level. Valid values are none, backward/,
    'PUT',
    '/config',
    { compatibility: 'SIDEWAYS' },
  ],
  ['no level at all', 422, 42203, /^Invalid compatibility level/, 'PUT', '/config/live', {}],
  [
    'a policy that is none',
    422,
    42203,
    /^Invalid compatibility policy/,
    'PUT',
    '/config/live',
    { compatibilityPolicy: 'KIND' },
  ],
  [
    'a mode that is none',
    422,
    42204,
    /^Invalid mode. Valid values are READWRITE/,
    'PUT',
    '/mode',
    { mode: 'SOMETIMES' },
  ],
  [
    'writing to what is read-only',
    422,
    42205,
    'Subject frozen in context . is in read-only mode',
    'POST',
    '/subjects/frozen/versions',
    avro(record('f', 'g')),
  ],
  ['deleting it', 422, 42205, 'Subject frozen in context . is in read-only mode', 'DELETE', '/subjects/frozen'],
  [
    'setting its level',
    422,
    42205,
    'Subject frozen in context . is in read-only mode',
    'PUT',
    '/config/frozen',
    { compatibility: 'NONE' },
  ],
  [
    'an id outside import mode',
    422,
    42205,
    'Subject live in context . is not in import mode',
    'POST',
    '/subjects/live/versions',
    { ...avro('int'), id: 3 },
  ],
  ['no id in import mode', 422, 42205, /is in import mode/, 'POST', '/subjects/import/versions', avro('int')],
  [
    'import mode where there are schemas',
    422,
    42205,
    'Cannot import since found existing subjects',
    'PUT',
    '/mode',
    { mode: 'IMPORT' },
  ],
  [
    'deleting what others refer to',
    422,
    42206,
    'One or more references exist to the schema {magic=1,keytype=SCHEMA,subject=part,version=1}.',
    'DELETE',
    '/subjects/part',
  ],
  ['deleting that version', 422, 42206, /subject=part,version=1/, 'DELETE', '/subjects/part/versions/1'],
  [
    'an id that another schema has',
    422,
    42207,
    'Overwrite new schema with id 9000 is not permitted.',
    'POST',
    '/subjects/import/versions',
    { ...avro('int'), id: 9000 },
  ],
  [
    'a subject with a name that is none',
    422,
    42208,
    /is not a valid subject/,
    'POST',
    '/subjects/a%07b/versions',
    avro('int'),
  ],
  [
    'a reserved name',
    422,
    42208,
    "The specified subject '__GLOBAL' is not a valid subject.",
    'GET',
    '/subjects/__GLOBAL/versions',
  ],
  [
    'a context without a subject',
    422,
    42208,
    /is not a valid subject/,
    'POST',
    '/subjects/%3A.ctx%3A/versions',
    avro('int'),
  ],
  ['a schema that is too large', 422, 42209, /too large/, 'POST', '/subjects/large/versions', { schema: LARGE }],
  [
    'rules of one name',
    422,
    42210,
    /two rules/,
    'POST',
    '/subjects/rules/versions',
    { ...avro('int'), ruleSet: { domainRules: [{ name: 'a' }, { name: 'a' }] } },
  ],
  ['a body that is no JSON', 400, 400, /^The body is not JSON/, 'POST', '/subjects/live/versions', '{'],
  ['a body that is no object', 400, 400, /has to be a JSON object/, 'POST', '/subjects/live/versions', []],
  [
    'a field of the wrong type',
    400,
    400,
    /'schema' has to be a text/,
    'POST',
    '/subjects/live/versions',
    { schema: 1 },
  ],
  ['a limit that is no number', 400, 400, /'limit' is not a number/, 'GET', '/schemas?limit=many'],
  ['a path that leads nowhere', 404, 404, 'HTTP 404 Not Found', 'GET', '/topics'],
  ['an id that is no number', 404, 404, 'HTTP 404 Not Found', 'GET', '/schemas/ids/one'],
  ['a method that is not there', 405, 405, 'HTTP 405 Method Not Allowed', 'PUT', '/subjects'],
  [
    'a media type that is not ours',
    406,
    406,
    'HTTP 406 Not Acceptable',
    'GET',
    '/subjects',
    undefined,
    { accept: 'text/html' },
  ],
  [
    'a body that is not JSON by its type',
    415,
    415,
    'HTTP 415 Unsupported Media Type',
    'POST',
    '/subjects/live/versions',
    'schema=int',
    { 'content-type': 'text/plain' },
  ],
  ['a body that is too large', 413, 413, /too large/, 'POST', '/subjects/live/versions', 'x'.repeat(5 * 2 ** 20)],
  [
    'a change by a page of another site',
    403,
    403,
    /another site/,
    'DELETE',
    '/subjects/live',
    undefined,
    { origin: 'http://elsewhere.example' },
  ],
]

for (const [what, status, code, message, method, path, body, headers] of CASES) {
  test(`${code}: ${what}`, async () => {
    const reply = await rig.request(method, path, body, headers)
    assert.equal(reply.status, status, JSON.stringify(reply.body))
    assert.equal(reply.body.error_code, code)
    if (typeof message === 'string') assert.equal(reply.body.message, message)
    else assert.match(reply.body.message, message)
    assert.deepEqual(Object.keys(reply.body), ['error_code', 'message'])
    assert.equal(reply.type, TYPE)
  })
}

test('what was refused has changed nothing', async () => {
  const subjects = ['frozen', 'import', 'live', 'part', 'strict', 'whole']
  assert.deepEqual((await rig.request('GET', '/subjects')).body, subjects)
  rig.broker.subjects.registry.invariants()
})
