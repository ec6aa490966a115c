import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerRig } from '../../../sim/broker-rig.ts'
import { hashPassword, isPassword, isPasswordHash } from './password.ts'
import { clearPermissions, clearTopicPermissions, setPermissions, setTopicPermissions } from './permission.ts'
import { seedAccess } from './seed.ts'
import { deleteUser, setUser } from './user.ts'

const ALL = { configure: '.*', write: '.*', read: '.*' }

function restarted(rig: BrokerRig): BrokerRig {
  rig.run(100)
  return new BrokerRig(1, rig.disk.kill())
}

test('a password is hashed as RabbitMQ does it, whose hashes are understood', () => {
  const random = new BrokerRig().broker.env.random
  for (const algorithm of ['rabbit_password_hashing_sha256', 'rabbit_password_hashing_sha512']) {
    const hash = hashPassword(random, 'secret', algorithm)
    assert.equal(isPasswordHash(hash), true)
    assert.equal(isPassword('secret', hash), true)
    assert.equal(isPassword('Secret', hash), false)
  }
  // Written by RabbitMQ 4.3.6 for the user guest.
  const hash = 'g3GYiVbftw1nS87I0t2dxhkat4nIM4YVgEcs3OEM+17uoViz'
  assert.equal(isPassword('guest', { hash, algorithm: 'rabbit_password_hashing_sha256' }), true)
})

test('the first user is made once, and comes back neither after a restart nor after its deletion', () => {
  const rig = new BrokerRig()
  seedAccess(rig.broker)
  assert.equal(rig.broker.access.verifyPassword('guest', 'guest'), true)
  deleteUser(rig.broker, 'guest')
  const { broker } = restarted(rig)
  seedAccess(broker)
  assert.equal(broker.access.user('guest'), undefined)
})

test('users and permissions survive a kill', () => {
  const rig = new BrokerRig()
  setUser(rig.broker, { name: 'a', password: 'x', tags: ['monitoring'], limits: { 'max-channels': 2 } })
  setUser(rig.broker, { name: 'b', password: 'y' })
  setPermissions(rig.broker, 'a', '/', { configure: '^a', write: '', read: '.*' })
  setPermissions(rig.broker, 'b', '/', ALL)
  setTopicPermissions(rig.broker, 'a', '/', 'amq.topic', { write: '^a', read: '' })
  deleteUser(rig.broker, 'b')
  const { access } = restarted(rig).broker
  assert.deepEqual(access.user('a')?.tags, ['monitoring'])
  assert.equal(access.verifyPassword('a', 'x'), true)
  assert.equal(access.user('b'), undefined)
  assert.equal(access.permissions.allows('a', '/', 'configure', 'ab'), true)
  assert.equal(access.permissions.hasVHost('b', '/'), false)
  assert.equal(access.permissions.topicPattern('a', '/', 'amq.topic', 'write'), '^a')
})

test('what other mechanisms keep about a user stays when its password changes', () => {
  const { broker } = new BrokerRig()
  setUser(broker, { name: 'a', credentials: { scram: { iterations: 1 } } })
  setUser(broker, { name: 'a', password: 'x' })
  assert.deepEqual(Object.keys(broker.access.user('a')?.credentials ?? {}).sort(), ['password', 'scram'])
  setUser(broker, { name: 'a', credentials: { scram: null } })
  assert.deepEqual(Object.keys(broker.access.user('a')?.credentials ?? {}), ['password'])
})

test('an empty password lets nobody in, nor does one that was taken away', () => {
  const { broker } = new BrokerRig()
  assert.equal(setUser(broker, { name: 'a', password: '' }).ok, false)
  setUser(broker, { name: 'a', password: null })
  assert.equal(broker.access.verifyPassword('a', ''), false)
  assert.equal(broker.access.verifyPassword('nobody', 'x'), false)
})

test('what makes no sense is refused, and nothing changes', () => {
  const { broker } = new BrokerRig()
  const before = broker.lastId
  const refusals = [
    setUser(broker, { name: '' }),
    setUser(broker, { name: 'a', tags: Array.from({ length: 33 }, (_, i) => `t${i}`) }),
    setUser(broker, { name: 'a', password: { hash: 'AAAA', algorithm: 'rabbit_password_hashing_sha256' } }),
    setUser(broker, { name: 'a', password: { hash: '', algorithm: 'rot13' } }),
    setUser(broker, { name: 'a', limits: { 'max-channels': 1.5 } }),
    setPermissions(broker, 'nobody', '/', ALL),
    deleteUser(broker, 'nobody'),
  ]
  assert.deepEqual(
    refusals.map((one) => one.ok),
    refusals.map(() => false),
  )
  setUser(broker, { name: 'a' })
  assert.equal(setPermissions(broker, 'a', '/', { ...ALL, read: '(' }).ok, false)
  assert.equal(setPermissions(broker, 'a', 'nowhere', ALL).ok, false)
  assert.equal(broker.lastId, before + 1)
})

test('permissions are taken away again', () => {
  const { broker } = new BrokerRig()
  setUser(broker, { name: 'a' })
  setPermissions(broker, 'a', '/', ALL)
  for (const exchange of ['x', 'y']) setTopicPermissions(broker, 'a', '/', exchange, { write: '^a', read: '^a' })
  clearPermissions(broker, 'a', '/')
  clearTopicPermissions(broker, 'a', '/', 'x')
  assert.equal(broker.access.permissions.hasVHost('a', '/'), false)
  assert.deepEqual(
    [...broker.access.permissions.allTopics()].map(({ exchange }) => exchange),
    ['y'],
  )
  clearTopicPermissions(broker, 'a', '/', null)
  assert.deepEqual([...broker.access.permissions.allTopics()], [])
})

test('guest may log in from this machine only', () => {
  const { access } = new BrokerRig().broker
  const may = ['127.0.0.1', '::1', '::ffff:127.0.0.1', '192.0.2.1'].map((from) => access.mayComeFrom('guest', from))
  assert.deepEqual(may, [true, true, true, false])
  assert.equal(access.mayComeFrom('app', '192.0.2.1'), true)
})
