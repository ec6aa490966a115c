import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerRig, RigConsumer } from '../../sim/broker-rig.ts'
import { journalSettlements, settlementBytes } from '../broker/queue/queue-facts.ts'
import { settle } from '../broker/queue/settle.ts'

test('settlements take no more of the journal than was reckoned with', () => {
  const rig = new BrokerRig()
  const queues = ['a', 'b', 'c'].map((name) => rig.queue(name))
  for (const queue of queues) queue.consumers.add(new RigConsumer())
  for (let n = 0; n < 300; n++) {
    rig.publish(queues, `${n}`)
    rig.run(1)
  }
  rig.run()
  const { journal } = rig.broker.store
  const before = journal.tail
  let settled = 0
  // Every second one, so that no two are neighbours.
  for (const queue of queues) for (let n = 0; n < 300; n += 2) if (settle(rig.broker, queue, n)) settled++
  assert.equal(settled, 450)
  const reckoned = settlementBytes(settled, queues.length)
  assert.ok(rig.broker.settling <= reckoned, `${rig.broker.settling} is noted, ${reckoned} was reckoned`)
  journalSettlements(rig.broker)
  assert.equal(rig.broker.settling, 0)
  const took = journal.tail - before
  assert.ok(took <= reckoned + 64, `${took} bytes, ${reckoned} were reckoned`)
})
