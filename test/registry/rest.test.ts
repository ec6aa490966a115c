import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { RegistryRig, record, TYPE } from './rig.ts'

let rig: RegistryRig

before(async () => {
  rig = await RegistryRig.open()
})
after(() => rig.stop())

test('one schema has one id under every subject, and a version of its own under each', async () => {
  const first = await rig.register('one-a', record('x'))
  assert.equal(await rig.register('one-a', record('x')), first)
  assert.equal(await rig.register('one-b', record('x')), first)
  const second = await rig.register('one-b', record('x', 'y'))
  assert.equal(second, first + 1)
  const places = await rig.request('GET', `/schemas/ids/${first}/versions`)
  assert.deepEqual(places.body, [
    { subject: 'one-a', version: 1 },
    { subject: 'one-b', version: 1 },
  ])
  assert.deepEqual((await rig.request('GET', `/schemas/ids/${first}/subjects`)).body, ['one-a', 'one-b'])
  assert.deepEqual((await rig.request('GET', '/subjects/one-b/versions')).body, [1, 2])
})

test('a registered schema is told by id, by guid, by version and as the newest, in its canonical form', async () => {
  const id = await rig.register('forms', { fields: [], name: 'Empty', type: 'record' })
  const schema = '{"type":"record","name":"Empty","fields":[]}'
  const { body } = await rig.request('GET', '/subjects/forms/versions/1')
  assert.equal((await rig.request('GET', `/schemas/ids/${id}`)).body.schema, schema)
  assert.deepEqual((await rig.request('GET', `/schemas/ids/${id}/schema`)).body, JSON.parse(schema))
  assert.equal((await rig.request('GET', `/schemas/guids/${body.guid}`)).body.schema, schema)
  assert.deepEqual((await rig.request('GET', `/schemas/guids/${body.guid}/ids`)).body, [{ context: '.', id }])
  for (const version of ['1', 'latest', '-1']) {
    const told = (await rig.request('GET', `/subjects/forms/versions/${version}`)).body
    assert.deepEqual([told.subject, told.version, told.id, told.schema], ['forms', 1, id, schema])
    assert.equal(told.schemaType, undefined)
    assert.match(told.guid, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  }
  assert.deepEqual((await rig.request('GET', '/subjects/forms/versions/1/schema')).body, JSON.parse(schema))
})

test('a JSON Schema says its type, with references, metadata and rules as they came', async () => {
  await rig.register('json-part', { type: 'object', title: 'Part' }, { schemaType: 'JSON' })
  const metadata = { properties: { owner: 'me' }, tags: { '**.ssn': ['PII'] }, sensitive: ['owner'] }
  const ruleSet = { domainRules: [{ name: 'check', kind: 'CONDITION', mode: 'WRITE', type: 'CEL', expr: 'true' }] }
  const references = [{ name: 'part.json', subject: 'json-part', version: 1 }]
  const schema = { type: 'object', properties: { part: { $ref: 'part.json' } } }
  const id = await rig.register('json-whole', schema, { schemaType: 'JSON', references, metadata, ruleSet })
  const { body } = await rig.request('GET', `/schemas/ids/${id}`)
  assert.equal(body.schemaType, 'JSON')
  assert.deepEqual(body.references, references)
  assert.deepEqual(body.metadata, metadata)
  assert.deepEqual(body.ruleSet, ruleSet)
  assert.deepEqual((await rig.request('GET', '/subjects/json-part/versions/1/referencedby')).body, [id])
  const by = await rig.request('GET', '/subjects/json-whole/metadata?key=owner&value=me')
  assert.equal(by.body.id, id)
})

test('a schema is found under its subject, normalized if that is asked for', async () => {
  const given = { type: 'object', properties: { b: {}, a: {} } }
  const id = await rig.register('find', given, { schemaType: 'JSON' })
  const find = (schema: object, query = '') =>
    rig.request('POST', `/subjects/find${query}`, { schemaType: 'JSON', schema: JSON.stringify(schema) })
  assert.equal((await find(given)).body.id, id)
  const turned = { properties: { a: {}, b: {} }, type: 'object' }
  assert.equal((await find(turned)).body.error_code, 40403)
  await rig.request('PUT', '/config/find', { compatibility: 'NONE' })
  const body = { schemaType: 'JSON', schema: JSON.stringify(given) }
  const normal = (await rig.request('POST', '/subjects/find/versions?normalize=true', body)).body.id
  assert.equal((await find(turned, '?normalize=true')).body.id, normal)
})

test('what is softly deleted is seen by who asks for it, and keeps its id; what is deleted for good is gone', async () => {
  const id = await rig.register('gone', record('g'))
  await rig.register('gone', record('g', 'h'))
  assert.equal((await rig.request('DELETE', '/subjects/gone/versions/1')).body, 1)
  assert.deepEqual((await rig.request('GET', '/subjects/gone/versions')).body, [2])
  assert.deepEqual((await rig.request('GET', '/subjects/gone/versions?deleted=true')).body, [1, 2])
  assert.deepEqual((await rig.request('GET', '/subjects/gone/versions?deletedOnly=true')).body, [1])
  assert.equal((await rig.request('GET', `/schemas/ids/${id}`)).status, 200)
  assert.equal((await rig.request('GET', '/subjects/gone/versions/1?deleted=true')).body.deleted, true)
  assert.deepEqual((await rig.request('DELETE', '/subjects/gone')).body, [2])
  assert.ok(!(await rig.request('GET', '/subjects')).body.includes('gone'))
  assert.ok((await rig.request('GET', '/subjects?deleted=true')).body.includes('gone'))
  assert.deepEqual((await rig.request('DELETE', '/subjects/gone?permanent=true')).body, [1, 2])
  assert.equal((await rig.request('GET', `/schemas/ids/${id}`)).body.error_code, 40403)
  assert.ok((await rig.register('gone', record('g'))) > id, 'an id is never given twice')
})

test('a schema that comes back after a soft deletion has its id again, under the next version', async () => {
  const id = await rig.register('back', record('b'))
  await rig.request('DELETE', '/subjects/back')
  assert.equal(await rig.register('back', record('b')), id)
  assert.deepEqual((await rig.request('GET', '/subjects/back/versions')).body, [2])
})

test('levels go from all to a subject, and a subject that goes takes its own along', async () => {
  assert.deepEqual((await rig.request('GET', '/config')).body, { compatibilityLevel: 'BACKWARD' })
  assert.equal((await rig.request('GET', '/config/levels')).body.error_code, 40408)
  const wide = await rig.request('GET', '/config/levels?defaultToGlobal=true')
  assert.deepEqual(wide.body, { compatibilityLevel: 'BACKWARD' })
  await rig.register('levels', { type: 'record', name: 'L', fields: [] })
  const change = await rig.request('PUT', '/config/levels', { compatibility: 'none', normalize: true })
  assert.deepEqual(change.body, { compatibility: 'NONE', normalize: true })
  assert.deepEqual((await rig.request('GET', '/config/levels')).body, { compatibilityLevel: 'NONE', normalize: true })
  await rig.register('levels', { type: 'record', name: 'Other', fields: [{ name: 'x', type: 'int' }] })
  assert.deepEqual((await rig.request('DELETE', '/config/levels')).body.compatibilityLevel, 'NONE')
  assert.equal((await rig.request('GET', '/config/levels')).body.error_code, 40408)
  await rig.request('PUT', '/config/levels', { compatibility: 'FULL' })
  await rig.request('DELETE', '/subjects/levels')
  assert.equal((await rig.request('GET', '/config/levels')).body.error_code, 40408)
})

test('a transitive level compares with every version, the others with the newest', async () => {
  const field = (type: string) => ({ type: 'record', name: 'T', fields: [{ name: 'x', type }] })
  await rig.register('chain', field('int'))
  await rig.request('PUT', '/config/chain', { compatibility: 'NONE' })
  await rig.register('chain', field('string'))
  const ask = (versions: string) =>
    rig.request('POST', `/compatibility/subjects/chain/versions${versions}`, {
      schema: JSON.stringify(field('string')),
    })
  await rig.request('PUT', '/config/chain', { compatibility: 'BACKWARD' })
  assert.deepEqual((await ask('')).body, { is_compatible: true })
  await rig.request('PUT', '/config/chain', { compatibility: 'BACKWARD_TRANSITIVE' })
  assert.deepEqual((await ask('')).body, { is_compatible: false })
  assert.deepEqual((await ask('/2')).body, { is_compatible: true })
  assert.deepEqual((await ask('/1')).body, { is_compatible: false })
  const verbose = (await ask('/1?verbose=true')).body
  assert.equal(verbose.is_compatible, false)
  assert.match(verbose.messages.join('\n'), /TYPE_MISMATCH.*oldSchemaVersion: 1.*BACKWARD_TRANSITIVE/s)
})

test('versions of one compatibility group are compared with each other alone', async () => {
  await rig.request('PUT', '/config/groups', { compatibilityGroup: 'major' })
  const field = (type: string) => ({ type: 'record', name: 'G', fields: [{ name: 'x', type }] })
  const major = (value: string) => ({ metadata: { properties: { major: value } } })
  await rig.register('groups', field('int'), major('1'))
  await rig.register('groups', field('string'), major('2'))
  await assert.rejects(rig.register('groups', field('boolean'), major('2')), /409/)
})

test('settings put metadata under a schema, and over it', async () => {
  await rig.request('PUT', '/config/overlay', {
    defaultMetadata: { properties: { owner: 'nobody', team: 'a' } },
    overrideMetadata: { properties: { region: 'eu' } },
  })
  const id = await rig.register('overlay', record('o'), { metadata: { properties: { owner: 'me', region: 'us' } } })
  const { body } = await rig.request('GET', `/schemas/ids/${id}`)
  assert.deepEqual(body.metadata.properties, { owner: 'me', region: 'eu', team: 'a' })
})

test('an alias is another name of a subject', async () => {
  const id = await rig.register('real', record('r'))
  await rig.request('PUT', '/config/nick', { alias: 'real' })
  assert.equal((await rig.request('GET', '/subjects/nick/versions/latest')).body.id, id)
})

test('in import mode ids and versions are what the client says, and only there', async () => {
  const path = '/subjects/moved/versions'
  const body = { schema: JSON.stringify(record('m')), id: 70_000, version: 5 }
  assert.equal((await rig.request('POST', path, body)).body.error_code, 42205)
  assert.deepEqual((await rig.request('PUT', '/mode/moved', { mode: 'IMPORT' })).body, { mode: 'IMPORT' })
  assert.equal((await rig.request('POST', path, body)).body.id, 70_000)
  assert.deepEqual((await rig.request('GET', path)).body, [5])
  assert.equal(
    (await rig.request('POST', path, { ...body, schema: JSON.stringify(record('n')) })).body.error_code,
    42207,
  )
  assert.equal((await rig.request('POST', path, { schema: JSON.stringify(record('n')) })).body.error_code, 42205)
  assert.deepEqual((await rig.request('DELETE', '/mode/moved')).body, { mode: 'IMPORT' })
  assert.equal(await rig.register('after', record('fresh')), 70_001)
})

test('contexts have subjects and ids of their own', async () => {
  const id = await rig.register(':.blue:c', record('blue'))
  assert.equal(id, 1)
  assert.deepEqual((await rig.request('GET', '/contexts')).body, ['.', '.blue'])
  assert.deepEqual((await rig.request('GET', '/contexts/.blue/subjects')).body, [':.blue:c'])
  assert.deepEqual((await rig.request('GET', '/subjects?subjectPrefix=:.blue:')).body, [':.blue:c'])
  const told = await rig.request('GET', `/schemas/ids/1?subject=${encodeURIComponent(':.blue:')}`)
  assert.match(told.body.schema, /blue/)
  assert.equal((await rig.request('GET', '/contexts/.blue/subjects/c/versions/1')).body.id, 1)
  await rig.request('PUT', `/config/${encodeURIComponent(':.blue:')}`, { compatibility: 'NONE' })
  const wide = await rig.request('GET', `/config/${encodeURIComponent(':.blue:c')}?defaultToGlobal=true`)
  assert.deepEqual(wide.body, { compatibilityLevel: 'NONE' })
})

test('schemas are listed by prefix, the newest alone, deleted ones too, and page by page', async () => {
  for (const [subject, field] of [
    ['list-a', 'a'],
    ['list-b', 'b'],
    ['list-c', 'c'],
  ] as const) {
    await rig.register(subject, record(field))
    await rig.register(subject, record(field, 'more'))
  }
  await rig.request('DELETE', '/subjects/list-c')
  const list = async (query: string) =>
    (await rig.request('GET', `/schemas?subjectPrefix=list-${query}`)).body.map(
      (one: { subject: string; version: number }) => `${one.subject} ${one.version}`,
    )
  assert.deepEqual(await list(''), ['list-a 1', 'list-a 2', 'list-b 1', 'list-b 2'])
  assert.deepEqual(await list('&latestOnly=true'), ['list-a 2', 'list-b 2'])
  assert.deepEqual(await list('&latestOnly=true&deleted=true'), ['list-a 2', 'list-b 2', 'list-c 2'])
  assert.deepEqual(await list('&offset=1&limit=2'), ['list-a 2', 'list-b 1'])
})

test('a client that does not say that it takes what it does not know is told no more than there was in the beginning', async () => {
  const old = { 'confluent-accept-unknown-properties': 'false' }
  const body = { schema: JSON.stringify(record('old')) }
  const { body: registered } = await rig.request('POST', '/subjects/old/versions', body, old)
  assert.deepEqual(Object.keys(registered), ['id'])
  const told = async (path: string) => Object.keys((await rig.request('GET', path, undefined, old)).body)
  assert.deepEqual(await told(`/schemas/ids/${registered.id}`), ['schema'])
  assert.deepEqual(await told('/subjects/old/versions/1'), ['subject', 'version', 'id', 'schema'])
})

test('the media type is the one that the client asks for', async () => {
  assert.equal((await rig.request('GET', '/')).type, TYPE)
  assert.equal((await rig.request('GET', '/', undefined, { accept: 'application/json' })).type, 'application/json')
  const several = 'application/vnd.schemaregistry+json; q=0.8, application/json; q=0.9'
  assert.equal((await rig.request('GET', '/', undefined, { accept: several })).type, 'application/json')
})

test('a HEAD is answered as a GET, without the body', async () => {
  const [get, head] = [
    await fetch(`${rig.url}/schemas/types`),
    await fetch(`${rig.url}/schemas/types`, { method: 'HEAD' }),
  ]
  assert.deepEqual([head.status, await head.text()], [200, ''])
  assert.equal(head.headers.get('content-length'), get.headers.get('content-length'))
  await get.text()
})

test('what it says of itself', async () => {
  assert.deepEqual((await rig.request('GET', '/')).body, {})
  assert.deepEqual((await rig.request('GET', '/schemas/types')).body, ['JSON', 'AVRO'])
  assert.equal((await rig.request('GET', '/v1/metadata/id')).body.id, '')
  assert.match((await rig.request('GET', '/v1/metadata/version')).body.commitId, /^posthorn-/)
})
