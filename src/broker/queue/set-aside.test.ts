import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerRig, RigConsumer } from '../../../sim/broker-rig.ts'
import type { Queue } from '../../core/queue/queue.ts'
import { PLACE_SHIFT } from '../../core/queue/queue-index.ts'
import { SEGMENT, SEGMENT_SPAN } from '../../store/place.ts'
import { segmentName } from '../../store/segments.ts'
import { deleteQueue } from './delete.ts'
import { get } from './get.ts'
import { settle } from './settle.ts'

const COUNT = 500

/** A queue whose older messages have moved to segments, one of which is damaged in the middle; and who suffers. */
function withDamage(args = {}) {
  const rig = new BrokerRig()
  const queue = rig.queue('q', { args })
  for (let n = 0; n < COUNT; n++) {
    rig.publish([queue], `${n} ${'x'.repeat(1000)}`, { bare: true })
    rig.run(2)
  }
  rig.run(1000)
  const { index } = queue
  const inSegments = (sequence: number) => ((index.flags(sequence) >> PLACE_SHIFT) & 3) === SEGMENT
  assert.ok(inSegments(0) && !inSegments(COUNT - 1))
  const damaged = index.position(5)
  const name = segmentName(Math.floor(damaged / SEGMENT_SPAN))
  rig.disk.flip(name, (damaged % SEGMENT_SPAN) + 30, 3)
  return { rig, queue, name }
}

function told(rig: BrokerRig, queue: Queue, name: string): number[] {
  const sequences: number[] = []
  for (const event of rig.events) {
    if (event.kind !== 'set-aside') continue
    assert.equal(event.queue, queue.name)
    assert.equal(event.file, name)
    assert.match(event.reason, new RegExp(`^${name} is damaged within 65536 bytes of byte `))
    sequences.push(event.sequence)
  }
  return sequences
}

test('what the disk does not give back is set aside and reported, and what comes behind it is delivered', () => {
  const { rig, queue, name } = withDamage()
  const consumer = new RigConsumer(COUNT)
  queue.consumers.add(consumer)
  rig.broker.wake(queue)
  rig.run(5000)
  const aside = told(rig, queue, name)
  assert.ok(aside.includes(5) && aside.length < COUNT / 2)
  const got = consumer.got.map(({ sequence }) => sequence)
  const all = Array.from({ length: COUNT }, (_, sequence) => sequence)
  assert.deepEqual(
    got,
    all.filter((sequence) => !aside.includes(sequence)),
  )
  for (const { text, sequence } of consumer.got) assert.ok(text.startsWith(`${sequence} `))
  assert.equal(queue.unacked, COUNT)
  for (const { sequence } of consumer.got) settle(rig.broker, queue, sequence)
  rig.run(1000)
  assert.equal(queue.unacked, aside.length)
  queue.invariants()
  assert.ok(rig.events.some((event) => event.kind === 'damage' && event.file === name))
  // Its bytes go with the queue.
  assert.ok(deleteQueue(rig.broker, rig.broker.vhosts.get('/')!, 1, 'q', false, false).ok)
  rig.run(1000)
  assert.equal(rig.broker.store.segments.count, 0)
})

test('a message that was set aside is tried again by the next start', () => {
  const { rig, queue, name } = withDamage()
  const at = (queue.index.position(5) % SEGMENT_SPAN) + 30
  queue.consumers.add(new RigConsumer(COUNT))
  rig.broker.wake(queue)
  rig.run(5000)
  assert.ok(told(rig, queue, name).includes(5))
  const disk = rig.disk.kill()
  disk.flip(name, at, 3)
  const again = new BrokerRig(2, disk)
  const back = again.broker.vhosts.get('/')!.queues.get('q')!
  const consumer = new RigConsumer(COUNT)
  back.consumers.add(consumer)
  again.broker.wake(back)
  again.run(5000)
  assert.equal(consumer.got.length, COUNT)
  assert.deepEqual(told(again, back, name), [])
})

test('basic.get finds the message behind one that cannot be read', () => {
  const { rig, queue, name } = withDamage()
  const got: number[] = []
  for (let waiting = false; got.length < COUNT / 2; ) {
    const found = get(rig.broker, queue, true, () => {
      waiting = false
    })
    if (found === null) break
    if (found === 'loading') waiting = true
    else got.push(found.sequence)
    for (let n = 0; waiting && n < 100; n++) rig.run(1)
    assert.ok(!waiting)
  }
  const aside = told(rig, queue, name)
  assert.ok(aside.includes(5))
  assert.ok(got.includes(COUNT / 4) || aside.includes(COUNT / 4))
})

test('a dead letter that cannot be read stays in its queue, and the others leave it', () => {
  const dead = { type: 'S' as const, value: '' }
  const key = { type: 'S' as const, value: 'letters' }
  const ttl = { type: 'I' as const, value: 60_000 }
  const { rig, queue, name } = withDamage({
    'x-dead-letter-exchange': dead,
    'x-dead-letter-routing-key': key,
    'x-message-ttl': ttl,
  })
  rig.run(120_000)
  const aside = told(rig, queue, name)
  assert.ok(aside.includes(5))
  assert.equal(queue.unacked, aside.length)
  assert.deepEqual([queue.ready, queue.index.live], [0, aside.length])
})
