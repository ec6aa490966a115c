import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerRig } from '../../../sim/broker-rig.ts'
import { bindQueue } from '../queue/bind.ts'

test('a body that is routed to fifty queues is stored once', () => {
  const rig = new BrokerRig()
  const vhost = rig.broker.vhosts.get('/')!
  const queues = Array.from({ length: 50 }, (_, i) => {
    const queue = rig.queue(`q${i}`)
    assert.ok(
      bindQueue(rig.broker, vhost, 1, { exchange: 'amq.fanout', queue: queue.name, key: '', args: new Map() }).ok,
    )
    return queue
  })
  rig.run(50)
  const { journal } = rig.broker.store
  // One of them may be the first of a block.
  const grown = Math.min(
    ...[1, 2].map(() => {
      const before = journal.tail
      rig.publish(queues, 'x'.repeat(4000))
      return journal.tail - before
    }),
  )
  assert.ok(grown > 4000 && grown < 4000 + 50 * 10 + 200, `the journal grew by ${grown} bytes`)
  assert.deepEqual(new Set(queues.map(({ index }) => index.position(0))).size, 1)
})
