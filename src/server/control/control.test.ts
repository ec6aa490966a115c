import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerRig } from '../../../sim/broker-rig.ts'
import { seedAccess } from '../../broker/access/seed.ts'
import type { Answer, Arguments } from './command.ts'
import { CONTROL, dispatch } from './dispatch.ts'

class Operator {
  readonly rig = new BrokerRig()

  constructor() {
    seedAccess(this.rig.broker)
  }

  ask(command: string, args: Arguments = {}): Answer {
    const answers: Answer[] = []
    dispatch(this.rig.broker, command, args, (answer) => answers.push(answer))
    this.rig.run(100)
    assert.equal(answers.length, 1, `${command} is answered once`)
    return answers[0]!
  }

  /** What a command that has to go well tells. */
  get(command: string, args: Arguments = {}): unknown {
    const answer = this.ask(command, args)
    assert.ok(answer.ok, JSON.stringify(answer))
    return answer.result
  }

  refusal(command: string, args: Arguments = {}): string {
    const answer = this.ask(command, args)
    return answer.ok ? 'nothing was refused' : `${answer.reason}: ${answer.text}`
  }
}

test('users are made, seen, changed and deleted', () => {
  const operator = new Operator()
  operator.get('users set', { name: 'app', password: 'x', tags: 'monitoring, management', 'max-channels': '3' })
  operator.get('users set', { name: 'app', 'max-connections': '2' })
  const limits = { 'max-channels': 3, 'max-connections': 2 }
  assert.deepEqual(operator.get('users list'), [
    { name: 'app', tags: ['monitoring', 'management'], limits, mechanisms: ['password'] },
    { name: 'guest', tags: ['administrator'], limits: {}, mechanisms: ['password'] },
  ])
  operator.get('users set', { name: 'app', 'no-password': true })
  assert.equal(operator.rig.broker.access.verifyPassword('app', 'x'), false)
  operator.get('users delete', { name: 'app' })
  assert.equal(operator.refusal('users delete', { name: 'app' }), "not-found: there is no user 'app'")
})

test('vhosts, their limits and permissions', () => {
  const operator = new Operator()
  operator.get('vhosts set', { name: 'v', description: 'd', tags: 'a,b' })
  operator.get('vhosts limit', { name: 'v', 'max-queues': '1' })
  operator.get('vhosts limit', { name: 'v', 'max-connections': '2' })
  operator.get('permissions set', { user: 'guest', vhost: 'v', configure: '.*', write: '', read: '' })
  operator.get('topic-permissions set', { user: 'guest', vhost: 'v', exchange: 'amq.topic', write: '^a', read: '' })
  const [, v] = operator.get('vhosts list') as { name: string }[]
  assert.deepEqual(v, {
    name: 'v',
    description: 'd',
    tags: ['a', 'b'],
    default_queue_type: 'classic',
    limits: { 'max-queues': 1, 'max-connections': 2 },
    queues: 0,
    connections: 0,
  })
  assert.equal((operator.get('permissions list') as unknown[]).length, 2)
  assert.equal((operator.get('topic-permissions list') as unknown[]).length, 1)
  operator.get('queues add', { name: 'q', vhost: 'v' })
  assert.match(operator.refusal('queues add', { name: 'r', vhost: 'v' }), /queue limit in vhost 'v' \(1\) is reached/)
  operator.get('topic-permissions clear', { user: 'guest', vhost: 'v' })
  operator.get('permissions clear', { user: 'guest', vhost: 'v' })
  operator.get('vhosts set', { name: 'v', protected: 'true' })
  assert.match(operator.refusal('vhosts delete', { name: 'v' }), /^in-use: .*protected/)
  operator.get('vhosts set', { name: 'v', protected: 'false' })
  operator.get('vhosts delete', { name: 'v' })
  assert.equal(operator.rig.broker.vhosts.has('v'), false)
})

test('queues, exchanges and bindings', () => {
  const operator = new Operator()
  operator.get('exchanges add', { name: 'x', type: 'topic' })
  operator.get('queues add', { name: 'q', arguments: '{"x-max-length": 2}' })
  operator.get('bindings add', { source: 'x', destination: 'q', key: 'a.#' })
  operator.get('bindings add', { source: 'x', destination: 'amq.fanout', 'destination-type': 'exchange', key: 'b' })
  operator.get('policies set', { name: 'p', pattern: '^q', definition: '{"message-ttl": 60000}', priority: '3' })
  const [queue] = operator.get('queues list') as { policy: string; arguments: object }[]
  assert.deepEqual([queue!.policy, queue!.arguments], ['p', { 'x-max-length': 2 }])
  assert.deepEqual(
    (operator.get('bindings list', { vhost: '/' }) as { routing_key: string }[]).map((one) => one.routing_key),
    ['a.#', 'b'],
  )
  operator.rig.publish([operator.rig.broker.vhosts.get('/')!.queues.get('q')!], 'x')
  assert.deepEqual(operator.get('queues purge', { name: 'q' }), { messages: 1 })
  operator.get('bindings delete', { source: 'x', destination: 'q', key: 'a.#' })
  operator.get('exchanges delete', { name: 'x' })
  operator.get('queues delete', { name: 'q' })
  operator.get('policies delete', { name: 'p' })
  assert.deepEqual([operator.get('queues list'), operator.get('policies list')], [[], []])
})

test('parameters of a vhost and of the broker', () => {
  const operator = new Operator()
  operator.get('parameters set', { component: 'shovel', name: 's', value: '{"a": 1}' })
  operator.get('parameters set', { global: true, name: 'cluster_name', value: '"here"' })
  assert.deepEqual(operator.get('parameters list'), [{ vhost: '/', component: 'shovel', name: 's', value: { a: 1 } }])
  assert.deepEqual(operator.get('parameters list', { global: true }), [{ name: 'cluster_name', value: 'here' }])
  operator.get('parameters delete', { component: 'shovel', name: 's' })
  operator.get('parameters delete', { global: true, name: 'cluster_name' })
  assert.deepEqual([...operator.rig.broker.parameters.all()], [])
})

test('what is missing, wrong or unknown is told', () => {
  const operator = new Operator()
  assert.equal(operator.refusal('users set'), "invalid: 'name' is missing")
  assert.equal(operator.refusal('users frobnicate'), "not-found: there is no command 'users frobnicate'")
  assert.equal(operator.refusal('toString'), "not-found: there is no command 'toString'")
  assert.match(operator.refusal('policies set', { name: 'p', pattern: '', definition: '{' }), /is not JSON/)
  assert.match(operator.refusal('queues list', { vhost: 'nowhere' }), /there is no vhost 'nowhere'/)
  assert.match(operator.refusal('queues delete', { name: 'nope' }), /^not-found/)
  assert.match(operator.refusal('exchanges add', { name: 'x', type: 'nope' }), /unknown exchange type 'nope'/)
  assert.match(operator.refusal('connections close', { user: 'nobody' }), /no such connection/)
})

test('a change is answered when it is on the disk', () => {
  const { rig } = new Operator()
  rig.run(100)
  let answered = false
  dispatch(rig.broker, 'users set', { name: 'a' }, () => {
    answered = true
  })
  assert.equal(answered, false)
  rig.run(100)
  assert.equal(answered, true)
})

test('every command tells in a line what it does', () => {
  for (const [name, { about }] of Object.entries(CONTROL))
    assert.match(`${name}: ${about}`, /^[a-z- ]+: [a-z].{5,100}$/)
})

test('delayed messages are listed, and cancelled', () => {
  const operator = new Operator()
  operator.get('exchanges add', { name: 'x', type: 'x-delayed-message', arguments: '{"x-delayed-type":"direct"}' })
  assert.deepEqual(operator.get('delayed list', { exchange: 'x' }), [])
  assert.deepEqual(operator.get('delayed cancel', { exchange: 'x', sequences: '1,2' }), { cancelled: 0 })
  assert.match(operator.refusal('delayed list', { exchange: 'nope' }), /^not-found: .*no exchange 'nope'/)
})
