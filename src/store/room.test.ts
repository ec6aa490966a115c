import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimClock } from '../../sim/clock.ts'
import { SimDisk } from '../../sim/disk.ts'
import { JournalRig, someLengths } from '../../sim/journal-rig.ts'
import { Dice } from '../../sim/random.ts'

test('whatever fits the room can be appended, in one record or several, and room always comes back', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const dice = new Dice(seed)
    const clock = new SimClock(dice.fork())
    const rig = new JournalRig(new SimDisk(clock, dice.fork()), clock, 4096, 1024 << dice.below(5))
    const { journal } = rig
    for (let i = 0; i < 60; i++) {
      const room = dice.chance(0.3) ? journal.roomForSettlement() : journal.room()
      if (room > 0) for (const length of someLengths(dice, room)) rig.append(i, length, false)
      if (dice.chance(0.8)) journal.commit(dice.chance(0.3))
      for (let n = dice.below(4); n > 0; n--) clock.step()
      if (!dice.chance(0.1)) continue
      const length = dice.chance(0.5) ? journal.longest : dice.below(journal.longest + 1)
      let patience = 2000
      while (journal.room() < length) {
        journal.want(length)
        journal.commit(false)
        clock.step()
        assert.ok(patience-- > 0, `seed ${seed}: no room for ${length} bytes`)
      }
      rig.append(i, length, true)
    }
    assert.equal(rig.fatal, null)
  }
})

test('on a full disk publishers have no room while settlements go on, and space brings the room back', () => {
  const clock = new SimClock(new Dice(1))
  const disk = new SimDisk(clock, new Dice(2), { capacity: 64 * 1024 })
  const rig = new JournalRig(disk, clock, 4096, 8192)
  const { journal } = rig
  const append = (length: number) => {
    rig.append(1, length, true)
    journal.commit(true)
    while (clock.step()) {}
  }
  journal.commit(true)
  while (clock.step()) {}
  for (let i = 0; journal.room() >= 500; i++) {
    assert.ok(i < 1000)
    append(500)
  }
  assert.ok(journal.full)
  assert.equal(rig.fatal, null)
  // Two files are kept back, a quarter of that for tidying.
  for (let i = 0; i < 11_000 / 600; i++) {
    assert.ok(journal.roomForSettlement() >= 500)
    append(500)
  }
  while (journal.roomForSettlement() > 0) append(Math.min(500, journal.roomForSettlement()))
  for (let i = 0; i < 5; i++) {
    assert.ok(journal.roomForTidying() >= 500)
    append(500)
  }
  assert.equal(journal.room(), 0)
  disk.capacity = Number.POSITIVE_INFINITY
  let progress = 0
  journal.onProgress = () => progress++
  assert.ok(journal.nextDeadline() < Number.POSITIVE_INFINITY)
  clock.after(2000, () => journal.tick())
  while (clock.step()) {}
  assert.ok(progress > 0)
  assert.ok(!journal.full)
  assert.ok(journal.room() >= 500)
})

test('on a full disk a recycled file brings the room back', () => {
  const clock = new SimClock(new Dice(1))
  const disk = new SimDisk(clock, new Dice(2), { capacity: 64 * 1024 })
  const rig = new JournalRig(disk, clock, 4096, 8192)
  const { journal } = rig
  journal.commit(true)
  for (let i = 0; i < 1000 && !(journal.full && journal.room() < 500); i++) {
    if (journal.room() >= 500) {
      const { position, length } = rig.append(1, 500, true)
      rig.files.retain(position, length)
    }
    journal.commit(true)
    while (clock.step()) {}
  }
  assert.ok(journal.room() < 500)
  for (const file of rig.files.all()) file.live = 0
  rig.files.recycleBelow(journal.boundary)
  while (clock.step()) {}
  assert.ok(journal.room() >= 500, `${journal.room()}`)
})

test('a failed write or sync is fatal, and nothing more becomes durable', () => {
  for (const kind of ['write', 'sync']) {
    const clock = new SimClock(new Dice(1))
    const disk = new SimDisk(clock, new Dice(2))
    const rig = new JournalRig(disk, clock, 4096, 8192)
    const before = rig.journal.durable
    disk.onOperation = (operation) => (operation === kind ? 'EIO' : undefined)
    rig.append(1, 100, true)
    rig.journal.commit(true)
    while (clock.step()) {}
    assert.match(String(rig.fatal), /EIO/)
    disk.onOperation = () => undefined
    rig.append(2, 100, true)
    rig.journal.commit(true)
    while (clock.step()) {}
    assert.equal(rig.journal.durable, before)
  }
})

test('one sync serves all turns that were gathered while the disk worked', () => {
  const clock = new SimClock(new Dice(1))
  const disk = new SimDisk(clock, new Dice(2))
  const rig = new JournalRig(disk, clock, 65536, 65536)
  const before = disk.counts.syncs
  for (let i = 0; i < 100; i++) {
    rig.append(i, 100, true)
    rig.journal.commit(true)
  }
  const { tail } = rig.journal
  while (rig.journal.durable < tail) assert.ok(clock.step())
  assert.ok(disk.counts.syncs - before <= 3)
})
