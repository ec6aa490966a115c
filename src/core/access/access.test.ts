import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Decisions } from './decisions.ts'
import { Failures } from './failures.ts'
import { compilePattern, compilePermission, escapePattern } from './pattern.ts'
import { invalidPattern, Permissions } from './permissions.ts'
import { userLimit } from './user.ts'
import { Users } from './users.ts'

test('a permission is found anywhere in a name, and the empty one allows only the empty name', () => {
  assert.equal(compilePermission('^app')?.matches('app.orders'), true)
  assert.equal(compilePermission('orders')?.matches('app.orders'), true)
  assert.equal(compilePermission('^app$')?.matches('app.orders'), false)
  assert.equal(compilePermission('')?.matches('a'), false)
  assert.equal(compilePermission('')?.matches(''), true)
})

test('no expression takes longer than its subject is long', () => {
  const evil = compilePattern('^(a+)+$')
  assert.equal(evil?.matches(`${'a'.repeat(20_000)}!`), false)
})

test('what is no regular expression, or longer than RabbitMQ takes, is none', () => {
  assert.equal(compilePattern('(')?.text, undefined)
  assert.equal(compilePattern('a'.repeat(1025)), null)
  assert.equal(invalidPattern({ configure: '.*', write: '[', read: '' }), '[')
  assert.equal(invalidPattern({ configure: '.*', write: '', read: '' }), null)
})

test('what is escaped matches as it stands', () => {
  const name = 'a.b*c{d}[e]-f|g'
  assert.equal(compilePattern(`^${escapePattern(name)}$`)?.matches(name), true)
})

test('an older change does not undo a newer one', () => {
  const users = new Users()
  const named = (tags: string[]) => ({ name: 'u', tags, credentials: {}, limits: {} })
  assert.equal(users.set(2, named(['new'])), true)
  assert.equal(users.set(1, named(['old'])), false)
  assert.deepEqual(users.get('u')?.tags, ['new'])
  const permissions = new Permissions()
  permissions.set(5, 'u', '/', { configure: '', write: '', read: 'x' })
  permissions.set(4, 'u', '/', { configure: '', write: '', read: '' })
  assert.equal(permissions.allows('u', '/', 'read', 'x'), true)
})

test('with a user or a vhost go their permissions', () => {
  const permissions = new Permissions()
  const all = { configure: '.*', write: '.*', read: '.*' }
  permissions.set(1, 'u', '/', all)
  permissions.set(2, 'u', 'v', all)
  permissions.set(3, 'w', 'v', all)
  permissions.setTopic(4, 'w', 'v', 'amq.topic', all)
  permissions.forget({ user: 'u' })
  assert.deepEqual([permissions.hasVHost('u', '/'), permissions.hasVHost('w', 'v')], [false, true])
  permissions.forget({ vhost: 'v' })
  assert.deepEqual([...permissions.all(), ...permissions.allTopics()], [])
})

test('a decision is remembered until the epoch changes', () => {
  const decisions = new Decisions()
  let asked = 0
  const ask = (epoch: number) => decisions.get(epoch, 'k', () => ++asked > 1)
  assert.deepEqual([ask(0), ask(0), ask(1), ask(1)], [false, false, true, true])
})

test('who fails often has to wait, and is forgiven in time', () => {
  const failures = new Failures()
  for (let i = 0; i < 11; i++) failures.note('192.0.2.1', 1000)
  assert.equal(failures.delayMs('192.0.2.1', 1000), 1000)
  assert.equal(failures.delayMs('192.0.2.2', 1000), 0)
  assert.equal(failures.delayMs('192.0.2.1', 3000), 0)
})

test('a negative limit is none', () => {
  const user = { name: 'u', tags: [], credentials: {}, limits: { 'max-connections': -1, 'max-channels': 3 } }
  assert.equal(userLimit(user, 'max-connections'), Number.POSITIVE_INFINITY)
  assert.equal(userLimit(user, 'max-channels'), 3)
})
