import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tableOf } from '../../wire/amqp/field.ts'
import { effectiveArguments } from './arguments.ts'
import { type Json, Parameters } from './parameters.ts'
import { type ApplyTo, effectiveDefinition, type Policy, policyFor, policyProblem, type Settings } from './policy.ts'

function policy(definition: Settings, more: Partial<Policy> = {}): Policy {
  return { name: 'p', pattern: '', 'apply-to': 'all', definition, priority: 0, matches: () => true, ...more }
}

const queue = (type = 'classic') => ({ what: 'queue', name: 'q', type }) as const

function problem(definition: Json, more: Record<string, Json> = {}, operator = false): string | null {
  const value = { pattern: '^a', definition, priority: 0, 'apply-to': 'all', ...more }
  return policyProblem(value, operator, (text) => text !== '(')
}

/** As RabbitMQ 4.3.6 answered over its management API. */
test('what is wrong with a policy is said in RabbitMQ’s words', () => {
  assert.equal(problem({ 'max-length': -1 }), '-1 is not a valid maximum length')
  assert.equal(problem({ 'max-length': 'x' }), '<<"x">> is not a valid maximum length')
  assert.equal(
    problem({ nope: 1, other: 'x' }),
    '[{<<"nope">>,1},{<<"other">>,<<"x">>}] are not recognised policy settings',
  )
  assert.equal(problem({}), 'no policy provided')
  assert.equal(problem({ 'message-ttl': 1.5 }), '1.5 is not a valid message TTL')
  assert.equal(problem({ overflow: 'z' }), '<<"z">> is not a valid overflow value')
  assert.equal(problem({ 'max-age': '1Z' }), '<<"1Z">> is not a valid max age')
  assert.equal(
    problem({ 'delayed-retry-min': 0 }),
    '0 is not a valid delayed retry minimum delay. Must be a positive integer',
  )
  assert.equal(
    problem({ 'delayed-retry-min': 10, 'delayed-retry-max': 5 }),
    'delayed-retry-max (5) must not be smaller than delayed-retry-min (10)',
  )
  assert.equal(problem({ 'delayed-retry-type': 'all' }), 'delayed-retry-min is required when delayed-retry-type is all')
  assert.equal(problem({ 'alternate-exchange': 5, nope: 2 }), '5 is not a valid alternate exchange name')
  assert.equal(
    problem({ 'max-length': 1 }, { 'apply-to': 'foo' }),
    "apply-to 'foo' unrecognised; should be one of: 'queues', 'classic_queues',  'quorum_queues', 'streams', 'exchanges', or 'all'",
  )
  assert.equal(problem({ 'max-length': 1 }, { priority: 'x' }), 'priority should be a number, actually was <<"x">>')
  assert.equal(
    problem({ 'dead-letter-exchange': 'x' }, {}, true),
    '[{<<"dead-letter-exchange">>,<<"x">>}] are not recognised policy settings',
  )
  assert.equal(problem({ 'max-length': 3, overflow: 'reject-publish' }, {}, true), null)
})

test('the matching policy with the highest priority counts, and the first by name among equals', () => {
  const low = policy({ 'max-length': 1 }, { name: 'a', priority: 1 })
  const high = policy({ 'max-length': 2 }, { name: 'b', priority: 2 })
  const same = policy({ 'max-length': 3 }, { name: 'c', priority: 2 })
  const other = policy({ 'max-length': 4 }, { name: 'd', priority: 9, matches: () => false })
  assert.equal(policyFor([low, high, same, other], queue())?.name, 'b')
  assert.equal(policyFor([], queue()), null)
})

test('a policy is for what it applies to, and not for a queue that does not know one of its settings', () => {
  const counts = (definition: Settings, applyTo: ApplyTo, type: string) =>
    policyFor([policy(definition, { 'apply-to': applyTo })], queue(type)) !== null
  const length = { 'max-length': 1 }
  assert.deepEqual(
    (['all', 'queues', 'classic_queues', 'quorum_queues', 'exchanges'] as const).map((to) => [
      counts(length, to, 'classic'),
      counts(length, to, 'quorum'),
    ]),
    [
      [true, true],
      [true, true],
      [true, false],
      [false, true],
      [false, false],
    ],
  )
  assert.equal(counts({ 'max-length': 1, 'delivery-limit': 2 }, 'all', 'classic'), false)
  assert.equal(counts({ 'delivery-limit': 2 }, 'all', 'quorum'), true)
  assert.equal(counts({ 'max-length-bytes': 2 }, 'streams', 'stream'), true)
  const exchange = { what: 'exchange', name: 'x', type: '' } as const
  assert.equal(policyFor([policy(length, { 'apply-to': 'exchanges' })], exchange)?.name, 'p')
  assert.equal(policyFor([policy(length, { 'apply-to': 'queues' })], exchange), null)
})

test('an operator policy can only make things stricter', () => {
  const own = policy({ 'max-length': 10, 'message-ttl': 5, 'delivery-limit': -1, overflow: 'drop-head', expires: 7 })
  const operator = policy({ 'max-length': 20, 'message-ttl': 1, 'delivery-limit': 5, overflow: 'reject-publish' })
  assert.deepEqual(effectiveDefinition(own, operator), {
    'max-length': 10,
    'message-ttl': 1,
    'delivery-limit': 5,
    overflow: 'reject-publish',
    expires: 7,
  })
  assert.equal(effectiveDefinition(null, null), null)
  assert.deepEqual(effectiveDefinition(null, operator), operator.definition)
})

test('the smaller limit of argument and policy counts, and where a message dies the argument does', () => {
  const args = tableOf({ 'x-max-length': 5, 'x-message-ttl': 9, 'x-dead-letter-exchange': 'mine', 'x-other': 1 })
  const definition = {
    'max-length': 3,
    'message-ttl': 60,
    'dead-letter-exchange': 'theirs',
    'dead-letter-routing-key': 'k',
    overflow: 'reject-publish',
  }
  const values = (type: string) =>
    Object.fromEntries([...effectiveArguments(args, type, definition)].map(([name, { value }]) => [name, value]))
  assert.deepEqual(values('classic'), {
    'x-max-length': 3,
    'x-message-ttl': 9,
    'x-dead-letter-exchange': 'mine',
    'x-other': 1,
    'x-dead-letter-routing-key': 'k',
    'x-overflow': 'reject-publish',
  })
  const overflowing = new Map(args).set('x-overflow', { type: 'S', value: 'drop-head' } as const)
  assert.equal(effectiveArguments(overflowing, 'classic', definition).get('x-overflow')?.value, 'drop-head')
  assert.equal(effectiveArguments(overflowing, 'quorum', definition).get('x-overflow')?.value, 'reject-publish')
  assert.equal(effectiveArguments(args, 'classic', null), args)
})

test('an older change of a parameter does not undo a newer one, and a vhost takes its own along', () => {
  const parameters = new Parameters()
  const of = (id: number, vhost: string, value: Json) => ({ id, vhost, component: 'policy', name: 'p', value })
  assert.equal(parameters.set(of(2, 'v', 'new')), true)
  assert.equal(parameters.set(of(1, 'v', 'old')), false)
  parameters.set(of(3, 'w', 'other'))
  assert.equal(parameters.get('v', 'policy', 'p')?.value, 'new')
  parameters.forget('v')
  assert.deepEqual(
    [...parameters.all()].map(({ vhost }) => vhost),
    ['w'],
  )
})
