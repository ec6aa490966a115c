import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimClock } from '../../sim/clock.ts'
import { SimDisk } from '../../sim/disk.ts'
import { Dice } from '../../sim/random.ts'
import { StoreRig } from '../../sim/store-rig.ts'
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
