import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimClock } from '../../sim/clock.ts'
import { SimDisk } from '../../sim/disk.ts'
import { Dice } from '../../sim/random.ts'
import { QUEUES, StoreRig } from '../../sim/store-rig.ts'
import { BALLAST } from './ballast.ts'
import { StoreError } from './errors.ts'
import { JOURNAL } from './place.ts'

const CASES = Number(process.env.CASES ?? 20)

const FILE = 8192
const OPTIONS = {
  journalRing: 32768,
  spillRing: 32768,
  fileSize: FILE,
  reserve: 3 * FILE,
  writeAtOnce: 0,
  tidy: { budget: 3, slice: 4096, own: 1024 },
  checkpointGrowth: 16384,
}

/** Steps of the clock, ten for each turn. */
function pass(clock: SimClock, rig: StoreRig, turns = 200): void {
  for (let n = 0; n < turns; n++) {
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

test('what a file that is used again has never had is not taken for space', () => {
  for (let seed = 1; seed <= CASES; seed++) {
    const dice = new Dice(seed)
    const clock = new SimClock(dice.fork())
    let disk = new SimDisk(clock, dice.fork(), { slowest: 2 })
    let rig = new StoreRig(disk, clock, OPTIONS)
    let body = 1
    const add = () => rig.enqueue([1], body++, 300 + dice.below(500))
    // With plenty of space files grow as they are written, and leave gaps where a message did not fit.
    for (let n = 0; n < 150; n++) {
      while (rig.store.journal.room() < 900) assert.ok(clock.step())
      add()
      rig.store.endTurn(true)
    }
    disk = disk.kill()
    disk.capacity = disk.used() + 11 * FILE
    rig = new StoreRig(disk, clock, OPTIONS)
    const { index } = rig.queues.get(1)!
    for (let n = 0; n < 60; n++) {
      for (let k = 0; k < 3 && index.live > 0; k++) rig.settle(1, index.nextLive(index.head))
      if (rig.store.journal.room() >= 900) add()
      pass(clock, rig, 2)
    }
    disk.capacity = disk.used()
    for (let n = 0; n < 100 && rig.store.journal.room() >= 900; n++) {
      add()
      pass(clock, rig, 2)
    }
    while (index.live > 0 && rig.store.journal.roomForSettlement() >= 8) {
      rig.settle(1, index.nextLive(index.head))
      pass(clock, rig, 1)
    }
  }
})

test('a start on a full disk serves and drains, or says in a line what it lacks', () => {
  const counts = { served: 0, drained: 0, refused: 0 }
  for (let seed = 1; seed <= CASES; seed++) {
    const dice = new Dice(seed)
    const clock = new SimClock(dice.fork())
    let disk = new SimDisk(clock, dice.fork(), { slowest: 2 })
    if (dice.chance(0.5)) disk.capacity = FILE * dice.between(12, 40)
    let rig = new StoreRig(disk, clock, OPTIONS)
    for (let n = 0, body = 1; n < dice.between(50, 300); n++) {
      if (rig.store.journal.room() >= 700) rig.enqueue([dice.pick(QUEUES)], body++, 8 + dice.below(600))
      pass(clock, rig, 1)
    }
    disk = dice.chance(0.5) ? disk.kill() : disk.lose()
    if (dice.chance(0.5) && disk.exists(BALLAST)) disk.remove(BALLAST)
    // Somebody else has taken all that was left.
    disk.capacity = disk.used()
    try {
      rig = new StoreRig(disk, clock, OPTIONS)
    } catch (error) {
      assert.ok(error instanceof StoreError && error.code === 'full')
      assert.match(error.message, /^the disk is full: a start needs \d+ bytes more for journal\/\d+\.journal; give it/)
      counts.refused++
      continue
    }
    counts.served++
    pass(clock, rig, 20)
    for (let n = 0; rig.store.journal.room() >= 700; n++) {
      assert.ok(n < 100, `seed ${seed}: publishers have to wait`)
      rig.enqueue([dice.pick(QUEUES)], n, 500)
      pass(clock, rig, 2)
    }
    let left = 0
    for (const [id, { index }] of rig.queues) {
      for (let s = index.nextLive(index.head); s < index.tail; s = index.nextLive(s + 1)) {
        if (rig.store.journal.roomForSettlement() < 8) pass(clock, rig, 5)
        if (rig.store.journal.roomForSettlement() >= 8) rig.settle(id, s)
        else left++
      }
    }
    pass(clock, rig, 20)
    if (left === 0) counts.drained++
    disk.capacity = Number.POSITIVE_INFINITY
    pass(clock, rig)
    assert.ok(rig.store.journal.room() >= 700, `seed ${seed}: publishers go on`)
  }
  assert.ok(
    Object.values(counts).every((count) => count > 0),
    JSON.stringify(counts),
  )
})

test('a journal file whose end was never written is read as far as it goes', () => {
  let short = 0
  for (let seed = 1; seed <= CASES; seed++) {
    const dice = new Dice(seed)
    const clock = new SimClock(dice.fork())
    let disk = new SimDisk(clock, dice.fork(), { slowest: 20 })
    const options = { ...OPTIONS, tidy: { ...OPTIONS.tidy, budget: 1000 } }
    let rig = new StoreRig(disk, clock, options)
    const readAll = () => {
      const { index } = rig.queues.get(1)!
      for (let s = index.head; s < index.tail; s++) {
        if (rig.store.locate(JOURNAL, index.position(s), index.length(s)) >= 0) continue
        let told: Error | null | undefined
        rig.store.load(JOURNAL, index.position(s), index.length(s), (error) => {
          told = error
        })
        while (told === undefined) pass(clock, rig, 1)
        assert.equal(told, null)
      }
      assert.deepEqual(
        rig.events.filter(({ kind }) => kind === 'damage'),
        [],
      )
    }
    let body = 1
    for (let life = 0; life < 20; life++) {
      for (let n = dice.between(1, 10); n > 0; n--) {
        while (rig.store.journal.room() < 3000) assert.ok(clock.step())
        rig.enqueue([1], body++, 1000 + dice.below(2000))
        rig.store.endTurn(true)
        for (let step = dice.below(5); step > 0; step--) clock.step()
      }
      // Of the last write only the beginning is on the disk.
      disk = disk.lose('prefix')
      rig = new StoreRig(disk, clock, options)
      const whole = Math.floor(rig.recoveredTail / FILE)
      for (const name of disk.list('journal').slice(0, whole)) {
        if (disk.contents(`journal/${name}`)!.length < FILE) short++
      }
      readAll()
    }
  }
  assert.ok(short > 0)
})
