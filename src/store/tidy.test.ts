import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimClock } from '../../sim/clock.ts'
import { SimDisk } from '../../sim/disk.ts'
import { Dice } from '../../sim/random.ts'
import { StoreRig } from '../../sim/store-rig.ts'
import { PLACE_SHIFT } from '../core/queue/queue-index.ts'
import { journalFileName } from './journal-files.ts'
import { JOURNAL } from './place.ts'

const FILE = 16384
const OPTIONS = {
  ...{ journalRing: 65536, spillRing: 65536, fileSize: FILE, reserve: 2 * FILE, writeAtOnce: 0 },
  ...{ tidy: { budget: 2, slice: FILE, own: 4096 }, checkpointGrowth: 4096 },
}

test('what is written anew while it is being moved stays where it was written, and is kept', () => {
  let tidied = 0
  for (let seed = 1; seed <= 20; seed++) {
    const dice = new Dice(seed)
    const clock = new SimClock(dice.fork())
    const disk = new SimDisk(clock, dice.fork())
    const rig = new StoreRig(disk, clock, OPTIONS)
    const { store } = rig
    const [id, { index }] = [...rig.partitions][0]!
    for (let i = 0; i < 400; i++) {
      if (store.journal.room() > 1000) rig.appendBatch(id, 1, i, 200)
      const offset = dice.below(index.endOffset)
      const entry = index.find(offset)
      if (dice.chance(0.5) && index.length(entry) === 200 && store.journal.room() > 1000) rig.rewriteBatch(id, offset)
      store.endTurn(true)
      for (let n = dice.below(8); n > 0; n--) clock.step()
      for (let e = index.firstEntry(); e !== -1; e = index.next(e)) {
        if (index.place(e) !== JOURNAL) continue
        const file = journalFileName(Math.floor(index.position(e) / FILE))
        assert.ok(disk.exists(file), `seed ${seed}: ${file} is gone, offset ${index.baseOffset(e)} is in it`)
      }
    }
    tidied += store.tidy.tidied
    assert.equal(rig.fatal, null)
  }
  assert.ok(tidied > 20)
})

test('a file of the journal that is damaged stays as it is, and those behind it are tidied', () => {
  const clock = new SimClock(new Dice(1))
  const disk = new SimDisk(clock, new Dice(2))
  const rig = new StoreRig(disk, clock, OPTIONS)
  const { store } = rig
  const { index } = rig.queues.get(1)!
  for (let body = 1; body <= 500; body++) {
    while (store.journal.room() < 300) assert.ok(clock.step())
    rig.enqueue([1], body, 250)
    store.endTurn(true)
    while (clock.step()) {}
    if (body === 20) disk.flip(journalFileName(0), index.position(10) + 20, 5)
  }
  assert.equal(rig.fatal, null)
  const inJournal = new Set<number>()
  for (let sequence = 1; sequence < index.tail; sequence++) {
    const place = (index.flags(sequence) >> PLACE_SHIFT) & 3
    if (place === JOURNAL) inJournal.add(store.files.numberOf(index.position(sequence)))
  }
  const numbers = [...inJournal].sort((a, b) => a - b)
  const newest = store.files.numberOf(store.journal.tail)
  assert.equal(numbers[0], 0)
  assert.ok(numbers.length > 1 && numbers[1]! >= newest - OPTIONS.tidy.budget, `${numbers} of ${newest}`)
  const told = rig.events.filter(({ kind }) => kind === 'damage')
  assert.equal(told.length, 1)
  assert.ok(store.segments.count > 0)
})
