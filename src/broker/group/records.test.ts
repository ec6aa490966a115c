import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GroupImage } from '../../core/group/commands.ts'
import { Offsets } from '../../core/group/offsets.ts'
import { offsetPayloads } from './commit.ts'
import { readGroup, writeGroup } from './group-record.ts'
import { applyOffsets, COMMIT, OffsetsWriter, REMOVE } from './offsets-record.ts'

/** As it lies in the journal: among other bytes. */
function among(payload: Uint8Array): { bytes: Uint8Array; at: number } {
  const bytes = new Uint8Array(payload.length + 20).fill(0xff)
  bytes.set(payload, 7)
  return { bytes, at: 7 }
}

test('a group comes back from its record as it was', () => {
  const image: GroupImage = {
    generation: 2 ** 31 - 1,
    given: 2 ** 31,
    protocolType: 'consumer',
    protocol: 'range',
    leader: 'a-1',
    changedAt: 1_800_000_000_123,
    members: [
      {
        memberId: 'a-1',
        instanceId: null,
        clientId: '',
        clientHost: '/127.0.0.1',
        sessionTimeoutMs: 45_000,
        rebalanceTimeoutMs: 300_000,
        protocols: [
          { name: 'range', metadata: Uint8Array.of(1, 2, 3) },
          { name: 'größe', metadata: new Uint8Array(0) },
        ],
        assignment: new Uint8Array(5000).fill(9),
      },
      {
        memberId: 'b-1',
        instanceId: '',
        clientId: '消费者',
        clientHost: '/::1',
        sessionTimeoutMs: 6000,
        rebalanceTimeoutMs: 0,
        protocols: [],
        assignment: new Uint8Array(0),
      },
    ],
  }
  const given = { given: 7, changedAt: 1_800_000_000_123, protocolType: 'consumer' }
  const empty = { ...image, protocol: null, leader: null, members: [] }
  for (const record of [{ image }, { image: empty }, { image: null }, given]) {
    const { bytes, at } = among(writeGroup('gruppe ✓', record))
    assert.deepEqual(readGroup(bytes, at), { name: 'gruppe ✓', record })
  }
})

test('offsets come back from their records, and removals take them away, twice as well as once', () => {
  const live = new Offsets()
  const folded = new Offsets()
  const writer = new OffsetsWriter()
  const replay = () => {
    const payload = writer.payload()
    const { bytes, at } = among(payload)
    for (let i = 0; i < 2; i++) {
      applyOffsets(bytes, at, payload.length, (group) => {
        assert.equal(group, 'g')
        return folded
      })
    }
  }
  writer.begin(COMMIT, 'g', 1234.5)
  for (const [topic, partition, offset, epoch, metadata] of [
    ['a', 0, 0, -1, ''],
    ['a', 300, 2 ** 53 - 1, 7, 'mé'],
    ['b', 0, -1, 0, 'x'.repeat(4096)],
    ['a', 2 ** 31 - 1, 5, 2 ** 31 - 1, ''],
  ] as const) {
    live.commit(topic, partition, offset, epoch, metadata, 1234.5)
    writer.commit(topic, partition, offset, epoch, metadata)
  }
  replay()
  assert.deepEqual(folded, live)
  writer.begin(REMOVE, 'g', 0)
  for (const [topic, partition] of [
    ['b', 0],
    ['a', 300],
    ['c', 1],
  ] as const) {
    live.remove(topic, partition)
    writer.remove(topic, partition)
  }
  replay()
  assert.deepEqual(folded, live)
  assert.deepEqual([...live.topics.keys()], ['a'])
})

test('a checkpoint has all offsets, each with its own time, in parts of bounded size', () => {
  const live = new Offsets()
  for (let i = 0; i < 1000; i++) live.commit(`topic-${i % 7}`, i, i * 3, i % 3, 'm', 1000 + Math.floor(i / 100))
  const folded = new Offsets()
  let parts = 0
  for (const payload of offsetPayloads('g', live, 512)) {
    assert.ok(payload.length < 600)
    applyOffsets(payload, 0, payload.length, () => folded)
    parts++
  }
  assert.ok(parts > 10)
  assert.deepEqual(folded, live)
})
