import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setPermissions } from '../../src/broker/access/permission.ts'
import { setUser } from '../../src/broker/access/user.ts'
import { RegistryRig, record } from './rig.ts'

let rig: RegistryRig

const as = (user: string, password = user) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
})
const GUEST = as('guest')

before(async () => {
  rig = await RegistryRig.open('?basic')
  const { broker } = rig
  setUser(broker, { name: 'app', password: 'app', tags: [] })
  setPermissions(broker, 'app', '/', { configure: '^own', write: '^(own|shared)', read: '^(own|shared|seen)' })
  for (const subject of ['own', 'shared', 'seen', 'hidden'])
    assert.equal((await register(subject, record(subject), GUEST)).status, 200)
})
after(() => rig.stop())

function register(subject: string, schema: object, who: Record<string, string>) {
  return rig.request('POST', `/subjects/${subject}/versions`, { schema: JSON.stringify(schema) }, who)
}

test('who says nothing of himself, or the wrong thing, is not let in', async () => {
  for (const who of [
    {},
    as('guest', 'wrong'),
    as('nobody'),
    { authorization: 'Basic %' },
    { authorization: 'Bearer x' },
  ]) {
    const { status, body } = await rig.request('GET', '/subjects', undefined, who)
    assert.deepEqual([status, body], [401, { error_code: 401, message: 'Unauthorized' }])
  }
})

test('an administrator may do everything', async () => {
  assert.equal((await rig.request('PUT', '/config', { compatibility: 'NONE' }, GUEST)).status, 200)
  assert.equal((await rig.request('GET', '/subjects', undefined, GUEST)).body.length, 4)
})

test('others see and list what they may read', async () => {
  const app = as('app')
  assert.deepEqual((await rig.request('GET', '/subjects', undefined, app)).body, ['own', 'seen', 'shared'])
  const schemas = (await rig.request('GET', '/schemas', undefined, app)).body
  assert.deepEqual(
    schemas.map(({ subject }: { subject: string }) => subject),
    ['own', 'seen', 'shared'],
  )
  const denied = await rig.request('GET', '/subjects/hidden/versions', undefined, app)
  assert.equal(denied.status, 403)
  assert.equal(denied.body.message, "User is denied operation read on subject 'hidden'")
  const hidden = (await rig.request('GET', '/subjects/hidden/versions/1', undefined, GUEST)).body
  assert.equal((await rig.request('GET', `/schemas/ids/${hidden.id}`, undefined, app)).status, 403)
  assert.equal((await rig.request('GET', `/schemas/guids/${hidden.guid}`, undefined, app)).status, 403)
  assert.equal((await rig.request('GET', '/schemas/types', undefined, app)).status, 200)
})

test('others register, delete and set what their permissions say, and nothing that concerns everybody', async () => {
  const app = as('app')
  assert.equal((await register('shared', record('shared', 'more'), app)).status, 200)
  assert.equal((await register('seen', record('seen', 'more'), app)).status, 403)
  assert.equal((await rig.request('DELETE', '/subjects/shared', undefined, app)).status, 403)
  assert.equal((await rig.request('PUT', '/config/shared', { compatibility: 'NONE' }, app)).status, 403)
  assert.equal((await rig.request('PUT', '/config/own', { compatibility: 'NONE' }, app)).status, 200)
  assert.equal((await rig.request('DELETE', '/subjects/own', undefined, app)).status, 200)
  assert.equal((await rig.request('PUT', '/mode', { mode: 'READONLY' }, app)).status, 403)
  assert.equal((await rig.request('GET', '/config', undefined, app)).status, 200)
})
