import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerRig, RigConsumer } from '../../sim/broker-rig.ts'
import { SimClock } from '../../sim/clock.ts'
import { SimDisk } from '../../sim/disk.ts'
import { Dice } from '../../sim/random.ts'
import type { HeldFile } from './held-files.ts'

/** Copies what is held, each file when it likes, and lets it go. */
function copyOne(from: SimDisk, to: SimDisk, { path, length, release }: HeldFile): void {
  const source = from.open(path, 'existing')
  const bytes = new Uint8Array(source.size())
  source.read(bytes, 0, bytes.length, 0)
  source.close()
  const target = to.open(path, 'create')
  bytes.fill(0, Math.min(bytes.length, length))
  target.write(bytes, 0, bytes.length, 0)
  target.close()
  release()
}

function traffic(rig: BrokerRig, rounds: number, keep = false): void {
  const queue = rig.queue('busy')
  const consumer = new RigConsumer(Number.POSITIVE_INFINITY, true)
  if (!keep) queue.consumers.add(consumer)
  for (let n = 0; n < rounds; n++) {
    for (let i = 0; i < 10; i++) rig.publish([queue], 'x'.repeat(300))
    rig.run(20)
  }
  queue.consumers.remove(consumer)
}

test('what is held is copied while everything goes on, and is what was there when it began', () => {
  const rig = new BrokerRig()
  const queue = rig.queue('q')
  for (let i = 0; i < 600; i++) {
    rig.publish([queue], `${i}`)
    if (i % 20 === 0) traffic(rig, 2)
  }
  rig.run(200)
  const held = rig.broker.store.hold()
  assert.ok(new Set(held.map(({ path }) => path.split('/')[0])).size === 3, 'checkpoint, journal and segments')
  const clock = new SimClock(new Dice(4))
  const copy = new SimDisk(clock, new Dice(4))
  for (const folder of ['journal', 'segment', 'checkpoint']) copy.makeDirectory(folder)
  copyOne(rig.disk, copy, { path: 'VERSION', length: Number.POSITIVE_INFINITY, final: true, release: () => {} })
  const consumer = new RigConsumer()
  queue.consumers.add(consumer)
  rig.broker.wake(queue)
  for (const file of held) {
    copyOne(rig.disk, copy, file)
    consumer.ackAll(rig.broker, queue)
    traffic(rig, 3)
  }
  assert.equal(queue.index.live, 0)
  const again = new BrokerRig(5, copy)
  const there = again.broker.vhosts.get('/')!.queues.get('q')!
  const reader = new RigConsumer()
  there.consumers.add(reader)
  again.broker.wake(there)
  again.run(20_000)
  assert.deepEqual(
    reader.texts,
    Array.from({ length: 600 }, (_, i) => `${i}`),
  )
})

test('files that were held are used again, or go, when they are let go', () => {
  const rig = new BrokerRig()
  traffic(rig, 20)
  const held = rig.broker.store.hold()
  traffic(rig, 60)
  const names = () => rig.disk.list('journal')
  const before = names()
  assert.ok(held.filter(({ path }) => path.startsWith('journal')).every(({ path }) => before.includes(path.slice(8))))
  for (const { release } of held) release()
  traffic(rig, 60)
  assert.ok(names().length < before.length, `${names().length} files of ${before.length} are left`)
})
