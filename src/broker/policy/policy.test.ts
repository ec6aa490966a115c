import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerRig, RigConsumer } from '../../../sim/broker-rig.ts'
import { tableOf } from '../../wire/amqp/field.ts'
import { declareExchange } from '../exchange/declare.ts'
import { setVHost } from '../vhost/create.ts'
import { vhostLimit } from '../vhost/limits.ts'
import {
  clearGlobalParameter,
  clearPolicy,
  type PolicyGiven,
  setGlobalParameter,
  setParameter,
  setPolicy,
} from './parameter.ts'

function set(rig: BrokerRig, name: string, definition: PolicyGiven['definition'], more: PolicyGiven = {}): boolean {
  let applied = false
  const given = { pattern: '^q', definition, ...more } as PolicyGiven
  const outcome = setPolicy(rig.broker, '/', 'policy', name, given, () => {
    applied = true
  })
  rig.run()
  return outcome.ok && applied
}

const found = (rig: BrokerRig, name: string) => rig.broker.vhosts.get('/')!.queues.get(name)!

function restarted(rig: BrokerRig): BrokerRig {
  rig.run(100)
  return new BrokerRig(1, rig.disk.kill())
}

test('a policy is given to the queues that are there, and taken from them again', () => {
  const rig = new BrokerRig()
  const queue = rig.queue('q')
  const other = rig.queue('other')
  assert.equal(set(rig, 'p', { 'max-length': 2, 'dead-letter-exchange': 'x' }), true)
  assert.deepEqual([queue.settings.maxLength, queue.settings.deadLetterExchange], [2, 'x'])
  assert.equal(other.settings.maxLength, Number.POSITIVE_INFINITY)
  clearPolicy(rig.broker, '/', 'policy', 'p', () => {})
  assert.deepEqual([queue.settings.maxLength, queue.settings.deadLetterExchange], [Number.POSITIVE_INFINITY, null])
})

test('a queue that is declared later has it from the start, and after a kill as well', () => {
  const rig = new BrokerRig()
  set(rig, 'p', { 'max-length': 2 })
  setPolicy(rig.broker, '/', 'operator_policy', 'o', { pattern: '', definition: { 'max-length': 1 } }, () => {})
  assert.equal(rig.queue('q').settings.maxLength, 1)
  const again = restarted(rig)
  assert.equal(again.broker.vhosts.get('/')?.queues.get('q')?.settings.maxLength, 1)
})

test('what a queue has too much by a new policy is dropped at once, the oldest first', () => {
  const rig = new BrokerRig()
  const queue = rig.queue('q')
  for (let i = 0; i < 10; i++) rig.publish([queue], `${i}`)
  rig.run()
  set(rig, 'p', { 'max-length': 3 })
  assert.equal(queue.ready, 3)
  const consumer = new RigConsumer()
  queue.consumers.add(consumer)
  rig.broker.wake(queue)
  rig.run()
  assert.deepEqual(consumer.texts, ['7', '8', '9'])
})

test('a policy that says when a queue expires counts from now on', () => {
  const rig = new BrokerRig()
  rig.queue('q')
  set(rig, 'p', { expires: 1000 })
  rig.run(900)
  assert.equal(rig.broker.vhosts.get('/')?.queues.has('q'), true)
  rig.run(200)
  assert.equal(rig.broker.vhosts.get('/')?.queues.has('q'), false)
  rig.queue('q')
  clearPolicy(rig.broker, '/', 'policy', 'p', () => {})
  rig.run(5000)
  assert.equal(rig.broker.vhosts.get('/')?.queues.has('q'), true)
})

test('what a policy says of messages that come counts after a kill as it did before, whenever it was set', () => {
  const rig = new BrokerRig()
  const queue = rig.queue('q')
  const ttls: (number | null)[] = [null, 60_000, 600_000, null]
  ttls.forEach((ttl, i) => {
    if (ttl !== null) set(rig, 'p', { 'message-ttl': ttl })
    else if (i > 0) clearPolicy(rig.broker, '/', 'policy', 'p', () => {})
    rig.publish([queue], `${i}`)
  })
  setPolicy(rig.broker, '/', 'operator_policy', 'o', { pattern: '', definition: { 'message-ttl': 5000 } }, () => {})
  rig.publish([queue], 'by an operator')
  const before = [0, 1, 2, 3, 4].map((sequence) => queue.index.expiry(sequence))
  rig.run(100)
  const { index } = found(restarted(rig), 'q')
  before.forEach((expiry, sequence) => {
    const after = index.expiry(sequence)
    assert.ok(Math.abs(after - expiry) < 100 && after > 0 === expiry > 0, `${sequence}: ${after} instead of ${expiry}`)
  })
})

test('a message that fails once too often with the broker goes where a policy says', () => {
  const rig = new BrokerRig()
  const queue = rig.queue('q', { args: { 'x-queue-type': { type: 'S', value: 'quorum' } } })
  rig.queue('dead')
  set(rig, 'p', { 'delivery-limit': 0, 'dead-letter-exchange': '', 'dead-letter-routing-key': 'dead' })
  rig.publish([queue], 'm')
  queue.consumers.add(new RigConsumer())
  rig.broker.wake(queue)
  rig.run(100)
  assert.equal(queue.unacked, 1)
  const again = restarted(rig)
  again.run(100)
  assert.deepEqual([found(again, 'q').index.live, found(again, 'dead').ready], [0, 1])
})

test('a queue that comes back longer than a policy lets it be drops what is too much', () => {
  const rig = new BrokerRig()
  const queue = rig.queue('q')
  set(rig, 'p', { 'max-length': 3 })
  queue.consumers.add(new RigConsumer(2))
  for (let i = 0; i < 5; i++) rig.publish([queue], `${i}`)
  rig.run(100)
  assert.deepEqual([queue.ready, queue.unacked], [3, 2])
  const again = restarted(rig)
  again.run(100)
  const consumer = new RigConsumer()
  found(again, 'q').consumers.add(consumer)
  again.broker.wake(found(again, 'q'))
  again.run(100)
  assert.deepEqual(consumer.texts, ['2', '3', '4'])
})

test('many queues get a policy over several turns, and it is applied when all have it', () => {
  const rig = new BrokerRig()
  for (let i = 0; i < 1500; i++) rig.queue(`q${i}`, { durable: false })
  let applied = false
  setPolicy(rig.broker, '/', 'policy', 'p', { pattern: '^q', definition: { 'max-length': 1 } }, () => {
    applied = true
  })
  assert.equal(applied, false)
  rig.run()
  const lengths = [...(rig.broker.vhosts.get('/')?.queues.values() ?? [])].map((queue) => queue.settings.maxLength)
  assert.deepEqual([applied, new Set(lengths)], [true, new Set([1])])
})

test('what is published before a policy has got round to its queue has what the policy says, as after a kill', () => {
  const rig = new BrokerRig()
  const queues = Array.from({ length: 600 }, (_, i) => {
    if (i % 50 === 0) rig.run(10)
    return rig.queue(`q${i}`)
  })
  const definition = { 'message-ttl': 60_000, expires: 1000 }
  let applied = false
  setPolicy(rig.broker, '/', 'policy', 'p', { pattern: '^q[0-9]$', definition }, () => {
    applied = true
  })
  for (const queue of queues) rig.publish([queue], 'm')
  assert.equal(applied, false)
  const before = queues.map((queue) => queue.index.expiry(0))
  assert.equal(before.filter((expiry) => expiry > 0).length, 10)
  rig.run(100)
  const again = restarted(rig)
  const after = queues.map(({ name }) => found(again, name).index.expiry(0))
  before.forEach((expiry, i) => {
    assert.ok(Math.abs(after[i]! - expiry) < 100, `q${i}: ${after[i]} instead of ${expiry}`)
  })
  // It is used now: what a policy says beside counts, too.
  again.run(2000)
  rig.run(2000)
  for (const { broker } of [rig, again]) assert.equal(broker.vhosts.get('/')?.queues.size, 590)
})

test('an exchange has its alternate exchange from a policy, unless it was declared with one', () => {
  const rig = new BrokerRig()
  const vhost = rig.broker.vhosts.get('/')!
  const flags = { type: 'direct', durable: true, autoDelete: false, internal: false }
  declareExchange(rig.broker, vhost, { name: 'x', ...flags, args: new Map() })
  declareExchange(rig.broker, vhost, { name: 'own', ...flags, args: tableOf({ 'alternate-exchange': 'mine' }) })
  const given = { pattern: '', definition: { 'alternate-exchange': 'theirs' }, 'apply-to': 'exchanges' }
  setPolicy(rig.broker, '/', 'policy', 'p', given, () => {})
  declareExchange(rig.broker, vhost, { name: 'later', ...flags, args: new Map() })
  const alternates = ['x', 'own', 'later'].map((name) => vhost.router.exchanges.get(name)?.alternate)
  assert.deepEqual(alternates, ['theirs', 'mine', 'theirs'])
  const again = restarted(rig).broker.vhosts.get('/')!
  assert.equal(again.router.exchanges.get('x')?.alternate, 'theirs')
  clearPolicy(rig.broker, '/', 'policy', 'p', () => {})
  assert.equal(vhost.router.exchanges.get('x')?.alternate, '')
})

test('limits of a vhost are a parameter; a negative one is none', () => {
  const rig = new BrokerRig()
  const { broker } = rig
  setVHost(broker, { name: 'v' })
  assert.equal(setParameter(broker, 'v', 'vhost-limits', 'limits', { 'max-queues': 3, 'max-connections': -1 }).ok, true)
  assert.equal(vhostLimit(broker, 'v', 'max-queues'), 3)
  assert.equal(vhostLimit(broker, 'v', 'max-connections'), Number.POSITIVE_INFINITY)
  const wrong = setParameter(broker, 'v', 'vhost-limits', 'limits', { 'max-connections': 'x' })
  assert.equal(
    wrong.ok ? '' : wrong.text,
    'Validation failed\n\nmax-connections should be a number, actually was <<"x">>\n',
  )
  assert.equal(vhostLimit(restarted(rig).broker, 'v', 'max-queues'), 3)
})

test('global parameters, and those of components that are not there, are kept', () => {
  const rig = new BrokerRig()
  setGlobalParameter(rig.broker, 'cluster_name', 'here')
  setGlobalParameter(rig.broker, 'gone', 1)
  clearGlobalParameter(rig.broker, 'gone')
  setParameter(rig.broker, '/', 'shovel', 's', { 'src-uri': 'amqp://' })
  const { parameters } = restarted(rig).broker
  assert.deepEqual(
    [...parameters.allGlobals()].map(({ name, value }) => [name, value]),
    [['cluster_name', 'here']],
  )
  assert.deepEqual(parameters.get('/', 'shovel', 's')?.value, { 'src-uri': 'amqp://' })
  assert.equal(clearGlobalParameter(rig.broker, 'nope').ok, false)
})

test('policies are not set as parameters', () => {
  const { broker } = new BrokerRig()
  const outcome = setParameter(broker, '/', 'policy', 'p', {})
  assert.equal(outcome.ok ? '' : outcome.text, 'policies may not be set using this method')
})
