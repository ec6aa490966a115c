import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimClock } from '../../sim/clock.ts'
import { SimDisk } from '../../sim/disk.ts'
import { Dice } from '../../sim/random.ts'
import { Arena } from '../std/arena.ts'
import { StoreError } from './errors.ts'
import { Log } from './log.ts'
import { Spill } from './spill.ts'

interface Kept {
  readonly id: number
  readonly position: number
  readonly length: number
}

class Rig {
  readonly dice: Dice
  readonly clock: SimClock
  readonly disk: SimDisk
  readonly arena: Arena
  readonly log: Log
  readonly spill: Spill
  kept: Kept[] = []
  readonly damage: StoreError[] = []
  private id = 0

  constructor(seed: number, capacity = Number.POSITIVE_INFINITY) {
    this.dice = new Dice(seed)
    this.clock = new SimClock(this.dice.fork())
    this.disk = new SimDisk(this.clock, this.dice.fork(), { capacity })
    const [ringSize, fileSize] = [4096, 1024 << this.dice.below(4)]
    this.arena = new Arena(ringSize)
    this.log = new Log(this.arena, { ringSize, fileSize, blockSize: Math.min(ringSize, fileSize) })
    const onFatal = (error: Error) => assert.fail(error)
    const { arena, clock, disk, log } = this
    this.spill = new Spill({ arena, clock, disk, log, onDamage: (error) => this.damage.push(error), onFatal })
  }

  add(length: number): Kept {
    const id = ++this.id
    const at = this.spill.append(length)
    this.arena.bytes.fill(id, at, at + length)
    const { position } = this.spill
    this.spill.retain(position, length)
    const kept = { id, position, length }
    this.kept.push(kept)
    return kept
  }

  release(i: number): void {
    const [{ position, length }] = this.kept.splice(i, 1) as [Kept]
    this.spill.release(position, length)
  }

  check({ id, position, length }: Kept, then: () => void = () => {}): void {
    const good = (bytes: Uint8Array) => assert.ok(bytes.every((byte) => byte === (id & 255)))
    const at = this.log.locate(position)
    if (at >= 0) {
      good(this.arena.bytes.subarray(at, at + length))
      then()
      return
    }
    const into = new Uint8Array(length + 2)
    // It is in use until it has been read.
    this.spill.retain(position, length)
    this.spill.readAsync(position, length, into, 1, (error) => {
      assert.equal(error, null)
      good(into.subarray(1, length + 1))
      this.spill.release(position, length)
      then()
    })
  }

  settle(): void {
    while (this.clock.step()) {}
  }
}

test('whatever is retained can be read, from the ring or from a file', () => {
  let spilled = 0
  let reads = 0
  for (let seed = 1; seed <= 300; seed++) {
    const rig = new Rig(seed)
    const { dice, spill } = rig
    const lively = dice.unit()
    for (let i = 0; i < 150; i++) {
      const length = dice.chance(0.05) ? dice.between(1, spill.longest) : dice.between(1, 150)
      let patience = 1000
      while (spill.room() < length) {
        spill.want(length)
        rig.clock.step()
        assert.ok(patience-- > 0, `seed ${seed}: no room for ${length} bytes`)
      }
      rig.add(dice.chance(0.05) ? spill.room() : length)
      if (dice.chance(lively)) rig.release(dice.below(rig.kept.length))
      if (rig.kept.length > 0 && dice.chance(0.3)) rig.check(dice.pick(rig.kept), () => reads++)
      spill.endTurn()
      if (dice.chance(0.3)) rig.clock.step()
    }
    for (const kept of rig.kept) rig.check(kept)
    rig.settle()
    while (rig.kept.length > 0) rig.release(dice.below(rig.kept.length))
    rig.settle()
    spilled += spill.spilled
    assert.ok(rig.disk.list('spill').length <= 1, 'files without live bytes go')
  }
  assert.ok(spilled > 300_000 && reads > 1000)
})

test('what is consumed in time is never written', () => {
  const rig = new Rig(1)
  for (let i = 0; i < 1000; i++) {
    assert.ok(rig.spill.room() >= 100)
    rig.add(100)
    if (rig.kept.length > 10) rig.release(0)
    rig.spill.endTurn()
  }
  rig.settle()
  assert.equal(rig.disk.counts.writes, 0)
  assert.deepEqual(rig.disk.list('spill'), [])
})

test('one message that stays behind is all that is written', () => {
  const rig = new Rig(1)
  rig.add(100)
  for (let i = 0; i < 1000; i++) {
    while (rig.spill.room() < 100) assert.ok(rig.clock.step())
    rig.add(100)
    rig.release(1)
    rig.spill.endTurn()
  }
  assert.equal(rig.spill.spilled, 128)
  rig.check(rig.kept[0]!)
  rig.settle()
})

test('on a full disk there is room only for what is consumed, until there is space again', () => {
  const rig = new Rig(1, 1024)
  const { spill } = rig
  for (let i = 0; spill.room() >= 100; i++) {
    assert.ok(i < 1000)
    rig.add(100)
    spill.endTurn()
    rig.settle()
  }
  assert.ok(spill.full)
  for (const kept of rig.kept) rig.check(kept)
  rig.settle()
  rig.disk.capacity = Number.POSITIVE_INFINITY
  assert.ok(spill.nextDeadline() < Number.POSITIVE_INFINITY)
  rig.clock.after(2000, () => spill.tick())
  rig.settle()
  assert.ok(!spill.full && spill.room() >= 100)
})

test('a bit that was turned round in a spill file is told to whoever reads what it is in', () => {
  let told = 0
  for (let seed = 1; seed <= 60; seed++) {
    const rig = new Rig(seed)
    const { spill, dice, log } = rig
    for (let i = 0; i < 80; i++) {
      while (spill.room() < 100) assert.ok(rig.clock.step())
      rig.add(dice.between(20, 100))
      // Pages between those that are written stay empty.
      if (dice.chance(0.3)) rig.release(dice.below(rig.kept.length))
      spill.endTurn()
    }
    rig.settle()
    const gone = rig.kept.filter(({ position }) => log.locate(position) < 0)
    if (gone.length === 0) continue
    const victim = dice.pick(gone)
    const at = victim.position + dice.below(victim.length)
    const name = `spill/${String(Math.floor(at / log.fileSize)).padStart(12, '0')}.spill`
    rig.disk.flip(name, at % log.fileSize, dice.below(8))
    const read = (kept: Kept) => {
      let outcome: Error | null | undefined
      const into = new Uint8Array(kept.length)
      spill.readAsync(kept.position, kept.length, into, 0, (error) => {
        outcome = error
      })
      rig.settle()
      if (outcome === null) assert.ok(into.every((byte) => byte === (kept.id & 255)))
      return outcome
    }
    const error = read(victim)
    assert.ok(error instanceof StoreError && error.code === 'corrupt' && error.file === name)
    assert.match(error.message, /is damaged within 128 bytes of byte \d+ \(a wrong checksum\)$/)
    assert.equal(rig.damage[0], error)
    for (const kept of gone) if (Math.abs(kept.position - at) > 256) assert.equal(read(kept), null)
    told++
  }
  assert.ok(told > 30, `${told}`)
})
