import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimClock } from '../../sim/clock.ts'
import { SimDisk } from '../../sim/disk.ts'
import { Dice } from '../../sim/random.ts'
import { Arena } from '../std/arena.ts'
import { Store } from './store.ts'

test('records are appended in memory, then written, then durable', () => {
  const dice = new Dice(1)
  const clock = new SimClock(dice)
  const arena = new Arena(1 << 20)
  const store = Store.open({
    disk: new SimDisk(clock, dice),
    arena,
    clock,
    options: { journalRing: 65536, spillRing: 65536, fileSize: 16384, reserve: 32768 },
    fold: { part() {}, record() {}, *snapshot() {} },
    onFatal: (error) => assert.fail(error),
    report() {},
  })
  for (let i = 0; i < 5000; i++) {
    while (store.journal.room() < 100) assert.ok(clock.step())
    const at = store.journal.append(7, 100)
    arena.bytes.fill(i & 255, at, at + 100)
    assert.equal(store.locate(0, store.journal.position, 1), at)
    store.endTurn(true)
  }
  const end = store.journal.tail
  while (clock.step()) {}
  assert.equal(store.journal.durable, end)
})
