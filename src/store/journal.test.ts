import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimClock } from '../../sim/clock.ts'
import { SimDisk } from '../../sim/disk.ts'
import { JournalRig } from '../../sim/journal-rig.ts'
import { Dice } from '../../sim/random.ts'

/** Appends records of `length` bytes, a turn each, and returns how often a sync was begun beside another one. */
function besides(length: number): number {
  let count = 0
  for (let seed = 1; seed <= 50; seed++) {
    const clock = new SimClock(new Dice(seed))
    const disk = new SimDisk(clock, new Dice(seed + 1))
    const { journal } = new JournalRig(disk, clock, 4096, 8192)
    let durable = 0
    for (let i = 0; i < 40; i++) {
      if (journal.room() >= length) journal.append(1, length)
      journal.commit(true)
      clock.step()
      assert.ok(journal.durable >= durable)
      durable = journal.durable
    }
    while (clock.step()) {}
    assert.equal(journal.durable, journal.tail)
    count += disk.counts.syncsBeside
  }
  return count
}

test('small groups are synced beside one another, and what is durable only grows', () => {
  assert.ok(besides(50) > 50)
})

test('a large group waits for the sync of the one before', () => {
  assert.equal(besides(500), 0)
})

test('of two syncs that fail one is reported, and nothing more is written', () => {
  const clock = new SimClock(new Dice(1))
  const disk = new SimDisk(clock, new Dice(2))
  const rig = new JournalRig(disk, clock, 4096, 8192)
  const { journal } = rig
  const turn = () => {
    journal.append(1, 20)
    journal.commit(true)
  }
  while (disk.counts.syncsBeside === 0) {
    turn()
    clock.step()
  }
  const { durable, written } = journal
  disk.onOperation = (kind) => (kind === 'sync' ? 'EIO' : undefined)
  turn()
  while (clock.step()) {}
  assert.equal((rig.fatal as { code?: string } | null)?.code, 'EIO')
  assert.equal(journal.durable, durable)
  assert.ok(journal.written >= written)
})
