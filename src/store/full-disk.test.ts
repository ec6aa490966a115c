import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimClock } from '../../sim/clock.ts'
import { SimDisk } from '../../sim/disk.ts'
import { Dice } from '../../sim/random.ts'
import { QUEUES, StoreRig } from '../../sim/store-rig.ts'

const CASES = Number(process.env.CASES ?? 20)

const FILE = 8192
const OPTIONS = {
  journalRing: 32768,
  spillRing: 32768,
  fileSize: FILE,
  reserve: 3 * FILE,
  tidy: { budget: 3, slice: 4096, own: 1024 },
  checkpointGrowth: 16384,
}

/** Two thousand steps of the clock, with a turn now and then. */
function pass(clock: SimClock, rig: StoreRig): void {
  for (let n = 0; n < 200; n++) {
    rig.store.endTurn(true)
    for (let step = 0; step < 10; step++) clock.step()
    const deadline = rig.store.nextDeadline()
    if (deadline !== Number.POSITIVE_INFINITY) {
      clock.after(Math.max(0, deadline - clock.elapsed()), () => rig.store.tick())
    }
    assert.equal(rig.fatal, null)
  }
}

test('a full disk takes settlements, and when consumers have drained it publishers go on by themselves', () => {
  for (let seed = 1; seed <= CASES; seed++) {
    const dice = new Dice(seed)
    const clock = new SimClock(dice.fork())
    const disk = new SimDisk(clock, dice.fork(), { slowest: 2 })
    disk.capacity = FILE * dice.between(12, 40)
    const rig = new StoreRig(disk, clock, OPTIONS)
    const { store } = rig
    const { journal } = store
    let body = 1
    for (let round = 0; round < 3; round++) {
      for (let turn = 0; turn < 5000 && !(journal.full && journal.room() === 0); turn++) {
        for (let n = dice.below(6); n > 0 && journal.room() >= 700; n--) {
          rig.enqueue([dice.pick(QUEUES)], body++, 8 + dice.below(600))
        }
        store.endTurn(true)
        for (let n = dice.below(8); n > 0; n--) clock.step()
        assert.equal(rig.fatal, null)
      }
      assert.ok(journal.full, `seed ${seed}: the disk is full`)
      pass(clock, rig)
      // One queue keeps what it has.
      for (const [id, { index }] of rig.queues) {
        if (id === dice.seed % 8) continue
        for (let s = index.nextLive(index.head); s < index.tail; s = index.nextLive(s + 1)) {
          let waited = 0
          while (journal.roomForSettlement() < 8) {
            store.endTurn(true)
            clock.step()
            assert.ok(waited++ < 1000, `seed ${seed}: a settlement waits for ever`)
          }
          rig.settle(id, s)
        }
      }
      pass(clock, rig)

      assert.ok(journal.room() >= 700, `seed ${seed}, round ${round}: publishers go on`)
    }
  }
})
