import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerRig } from '../../sim/broker-rig.ts'

/** Whether a confirm of a persistent message cost a sync of the disk. */
function confirmSyncs(durability: 'fsync' | 'os'): boolean {
  const rig = new BrokerRig(1, undefined, durability)
  const queue = rig.queue('q')
  rig.run(100)
  const before = rig.disk.counts.syncs
  let confirmed = false
  rig.publish([queue], 'message')
  rig.broker.turn.hold(rig.broker.store.journal.tail, {
    release: () => {
      confirmed = true
    },
  })
  assert.equal(confirmed, false)
  rig.run(100)
  assert.equal(confirmed, true)
  return rig.disk.counts.syncs > before
}

test('a confirm waits for the disk, or only for the operating system, as the operator chose', () => {
  assert.equal(confirmSyncs('fsync'), true)
  assert.equal(confirmSyncs('os'), false)
})
