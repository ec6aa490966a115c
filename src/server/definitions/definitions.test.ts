import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerRig } from '../../../sim/broker-rig.ts'
import { about, tenant } from '../../../test/interop/tenants.ts'
import type { Json } from '../../core/policy/parameters.ts'
import { tableOf } from '../../wire/amqp/field.ts'
import { exportDefinitions } from './export.ts'
import { type Imported, importDefinitions } from './import.ts'
import { jsonOfTable, tableOfJson } from './table.ts'

function load(rig: BrokerRig, file: unknown, vhost: string | null = null): Imported {
  let imported: Imported | null = null
  importDefinitions(rig.broker, file as Json, vhost, (result) => {
    imported = result
  })
  rig.run(500)
  assert.ok(imported !== null, 'the import comes to its end')
  return imported
}

test('what is imported is exported, also after a kill', () => {
  const rig = new BrokerRig()
  const file = tenant('v')
  assert.deepEqual(load(rig, file).problems, [])
  const again = new BrokerRig(1, rig.disk.kill())
  for (const { broker } of [rig, again]) {
    assert.deepEqual(about('v', exportDefinitions(broker)), about('v', file))
  }
})

test('importing again changes nothing, and what is there and not in the file stays', () => {
  const rig = new BrokerRig()
  load(rig, tenant('v'))
  rig.queue('mine')
  const before = exportDefinitions(rig.broker)
  assert.deepEqual(load(rig, tenant('v')).problems, [])
  assert.deepEqual(exportDefinitions(rig.broker), before)
})

test('what can’t be had is told, and the rest is there', () => {
  const rig = new BrokerRig()
  const { problems, counts } = load(rig, {
    users: [
      { name: 'a', password_hash: 'nonsense' },
      { name: 'b', tags: 'x,y' },
    ],
    queues: [{ name: 'q', vhost: '/', arguments: { 'x-max-length': -1 } }, { name: 'r', vhost: '/' }, { name: 's' }],
    bindings: [{ source: 'nope', destination: 'r', destination_type: 'queue', vhost: '/' }],
  })
  assert.equal(problems.length, 4)
  assert.match(problems[0]!, /^users: 'a': the password hash/)
  assert.match(problems[1]!, /^queues: 'q' in vhost '\/': PRECONDITION_FAILED - invalid arg 'x-max-length'/)
  assert.match(problems[2]!, /it names no vhost/)
  assert.match(problems[3]!, /^bindings: 'nope to r' in vhost '\/': NOT_FOUND - no exchange 'nope'/)
  assert.deepEqual(counts, { users: 2, queues: 3, bindings: 1 })
  assert.deepEqual(rig.broker.access.user('b')?.tags, ['x', 'y'])
  assert.deepEqual([...rig.broker.vhosts.get('/')!.queues.keys()], ['r'])
  assert.deepEqual(load(rig, []).problems, ['a definitions file holds one JSON object'])
})

test('a file about one vhost goes into another', () => {
  const rig = new BrokerRig()
  const file = { queues: [{ name: 'q' }], users: [{ name: 'nobody' }] }
  assert.deepEqual(load(rig, file, '/').problems, [])
  assert.deepEqual([...rig.broker.vhosts.get('/')!.queues.keys()], ['q'])
  assert.equal(rig.broker.access.user('nobody'), undefined)
})

test('a large file is imported over several turns', () => {
  const rig = new BrokerRig()
  const queues = Array.from({ length: 600 }, (_, i) => ({ name: `q${i}`, vhost: '/' }))
  assert.deepEqual(load(rig, { queues }).problems, [])
  assert.equal(rig.broker.vhosts.get('/')!.queues.size, 600)
})

test('what a table says is the same in JSON and back, as far as JSON can tell', () => {
  const table = tableOf({
    s: 'x',
    n: 5,
    f: 1.5,
    b: true,
    t: tableOf({ l: { type: 'A', value: [{ type: 'I', value: 1 }] } }),
  })
  const json = { s: 'x', n: 5, f: 1.5, b: true, t: { l: [1] } }
  assert.deepEqual(jsonOfTable(table), json)
  assert.deepEqual(jsonOfTable(tableOfJson(json)), json)
  assert.equal(tableOfJson({ n: 5 }).get('n')?.type, 'l')
})
