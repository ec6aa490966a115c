import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerRig } from '../../../sim/broker-rig.ts'
import { setPermissions } from '../access/permission.ts'
import { setUser } from '../access/user.ts'
import type { ClientConnection } from '../connections.ts'
import { setParameter } from '../policy/parameter.ts'
import { declareQueue } from '../queue/declare.ts'
import { setVHost } from './create.ts'
import { deleteVHost } from './delete.ts'

const ALL = { configure: '.*', write: '.*', read: '.*' }

function restarted(rig: BrokerRig): BrokerRig {
  rig.run(100)
  return new BrokerRig(1, rig.disk.kill())
}

function queueIn(rig: BrokerRig, vhost: string, name: string, durable = true) {
  const declaration = { name, durable, exclusive: false, autoDelete: false, args: new Map() }
  const outcome = declareQueue(rig.broker, rig.broker.vhosts.get(vhost)!, 1, declaration)
  assert.ok(outcome.ok)
  return outcome.queue
}

test('a vhost, what it is called and what is in it survive a kill', () => {
  const rig = new BrokerRig()
  setVHost(rig.broker, { name: 'v', metadata: { description: 'd', tags: ['a'] } })
  setVHost(rig.broker, { name: 'v', metadata: { description: 'e' } })
  setVHost(rig.broker, { name: '/', metadata: { tags: ['first'] } })
  rig.publish([queueIn(rig, 'v', 'q')], 'kept')
  const { vhosts } = restarted(rig).broker
  assert.deepEqual(vhosts.get('v')?.metadata, { description: 'e', tags: ['a'], default_queue_type: 'classic' })
  assert.deepEqual(vhosts.get('/')?.metadata.tags, ['first'])
  assert.equal(vhosts.get('v')?.queues.get('q')?.ready, 1)
  assert.equal(vhosts.get('/')?.queues.has('q'), false)
})

test('a deleted vhost takes everything along, and one of its name begins anew', () => {
  const rig = new BrokerRig()
  const { broker } = rig
  setUser(broker, { name: 'u' })
  setVHost(broker, { name: 'v' })
  setPermissions(broker, 'u', 'v', ALL)
  setParameter(broker, 'v', 'vhost-limits', 'limits', { 'max-queues': 500 })
  const queue = queueIn(rig, 'v', 'q0')
  for (let i = 0; i < 50; i++) rig.publish([queue], 'x'.repeat(100))
  for (let i = 1; i < 300; i++) queueIn(rig, 'v', `q${i}`, false)
  const closed: string[] = []
  const connection: ClientConnection = {
    protocol: 'amqp',
    name: 'c',
    user: 'u',
    vhost: 'v',
    connectedAt: 0,
    channels: 0,
    close: (reason) => closed.push(reason),
  }
  broker.connections.add(connection)
  let done = false
  const outcome = deleteVHost(broker, 'v', () => {
    done = true
  })
  assert.deepEqual([outcome.ok, done, closed], [true, false, ["vhost 'v' is deleted"]])
  rig.run()
  assert.deepEqual([done, broker.queuesById.size, queue.index.live], [true, 0, 0])
  assert.equal(broker.access.permissions.hasVHost('u', 'v'), false)
  setVHost(broker, { name: 'v' })
  const after = restarted(rig).broker
  assert.deepEqual([after.vhosts.get('v')?.queues.size, [...after.parameters.all()].length], [0, 0])
})

test('what was said of a vhost goes with it where the checkpoint already lacks it when that is replayed', () => {
  const { broker } = new BrokerRig()
  setUser(broker, { name: 'u' })
  const facts = [
    { kind: 'permission', id: 100, user: 'u', vhost: 'v', texts: ALL },
    { kind: 'topic-permission', id: 101, user: 'u', vhost: 'v', exchange: 'amq.topic', texts: ALL },
    { kind: 'parameter', id: 102, vhost: 'v', component: 'shovel', name: 's', value: 1 },
    { kind: 'vhost-gone', id: 103, name: 'v' },
  ]
  for (const fact of facts)
    broker.definitions.find(({ kinds }) => kinds.includes(fact.kind as never))!.apply(fact as never)
  setVHost(broker, { name: 'v' })
  assert.deepEqual(
    [broker.access.permissions.all(), broker.access.permissions.allTopics(), broker.parameters.all()].map((all) => [
      ...all,
    ]),
    [[], [], []],
  )
})

test('even the first vhost can go, and stays away', () => {
  const rig = new BrokerRig()
  deleteVHost(rig.broker, '/', () => {})
  assert.equal(restarted(rig).broker.vhosts.has('/'), false)
})

test('a vhost that is protected from deletion stays', () => {
  const { broker } = new BrokerRig()
  setVHost(broker, { name: 'v', metadata: { protected_from_deletion: true } })
  const outcome = deleteVHost(broker, 'v', () => {})
  assert.equal(
    outcome.ok ? '' : outcome.text,
    "Refusing to delete virtual host 'v' because it is protected from deletion",
  )
  assert.equal(broker.vhosts.has('v'), true)
})

test('what makes no sense is refused', () => {
  const { broker } = new BrokerRig()
  assert.equal(setVHost(broker, { name: '' }).ok, false)
  const outcome = setVHost(broker, { name: 'v', metadata: { default_queue_type: 'nope' } })
  assert.equal(outcome.ok ? '' : outcome.text, 'nope is not a valid queue type')
  assert.equal(deleteVHost(broker, 'nowhere', () => {}).ok, false)
})

test('the connections of a vhost that goes are closed a few at a time, and those of one made anew meanwhile stay', () => {
  const rig = new BrokerRig()
  const { broker } = rig
  setVHost(broker, { name: 'v' })
  const closed: number[] = []
  const connect = (name: string, vhost: string) => {
    const connection: ClientConnection = {
      protocol: 'amqp',
      name,
      user: 'u',
      vhost,
      connectedAt: 0,
      channels: 0,
      close: () => {
        closed.push(broker.connections.size)
        broker.connections.remove(connection)
      },
    }
    broker.connections.add(connection)
  }
  for (let i = 0; i < 600; i++) connect(`${i}`, 'v')
  connect('other', '/')
  const old = broker.vhosts.get('v')!
  deleteVHost(broker, 'v', () => {})
  assert.ok(closed.length > 0 && closed.length <= 256, `${closed.length} in one go`)
  assert.equal(old.deleted, true)
  setVHost(broker, { name: 'v' })
  connect('new', 'v')
  rig.run()
  assert.deepEqual([closed.length, [...broker.connections].map(({ name }) => name)], [600, ['other', 'new']])
})
