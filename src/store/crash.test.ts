import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimClock } from '../../sim/clock.ts'
import { SimDisk } from '../../sim/disk.ts'
import { JournalRig, type Remembered, someLengths } from '../../sim/journal-rig.ts'
import { Dice } from '../../sim/random.ts'

const CASES = Number(process.env.CASES ?? 2000)

/** One journal through several lives, each ended by a power loss or a kill; every life checks what the last one left. */
class Lives {
  readonly dice: Dice
  readonly clock: SimClock
  readonly ringSize: number
  readonly fileSize: number
  disk: SimDisk
  rig: JournalRig
  records: Remembered[] = []
  checkpoint = { position: 0, epoch: 0 }
  recycled = 0
  wraps = 0
  filled = 0
  private nextId = 1

  constructor(seed: number) {
    this.dice = new Dice(seed)
    this.clock = new SimClock(this.dice.fork())
    this.ringSize = 4096
    this.fileSize = 1024 << this.dice.below(5)
    this.disk = new SimDisk(this.clock, this.dice.fork())
    // Enough for a start; it fills up soon.
    if (this.dice.chance(0.2)) this.disk.capacity = this.fileSize * this.dice.between(3, 8)
    this.rig = this.open()
  }

  open(): JournalRig {
    const { position, epoch } = this.checkpoint
    return new JournalRig(this.disk, this.clock, this.ringSize, this.fileSize, position, epoch)
  }

  turn(): void {
    const { rig, dice } = this
    const room = rig.journal.room()
    if (room > 0) {
      const lengths = someLengths(dice, room)
      lengths.forEach((length, i) => {
        this.records.push(rig.append(this.nextId++, length, i === lengths.length - 1))
      })
    }
    rig.journal.commit(dice.chance(0.5))
    for (let n = dice.below(6); n > 0; n--) this.clock.step()
    assert.equal(rig.fatal, null)
  }

  /** As a checkpoint that is whole and durable: nothing below it is needed. */
  takeCheckpoint(): void {
    const { journal, files, log } = this.rig
    const position = journal.boundary
    const end = journal.tail
    journal.commit(true)
    while (journal.durable < end) assert.ok(this.clock.step())
    this.checkpoint = { position, epoch: journal.epoch }
    const lowest = log.fileSize <= position
    files.recycleBelow(position)
    if (lowest) this.recycled++
    this.records = this.records.filter((record) => record.position - 8 >= position)
  }

  /** Ends this life and begins the next. */
  crash(): void {
    const { durable, written, tail } = this.rig.journal
    this.wraps += Math.floor(tail / this.ringSize)
    const powerLoss = this.dice.chance(0.8)
    this.filled += this.disk.counts.full
    this.disk.counts.full = 0
    this.disk = powerLoss ? this.disk.lose() : this.disk.kill()
    this.disk.capacity = Number.POSITIVE_INFINITY
    this.rig = this.open()
    const { replayed, recovered } = this.rig
    const { tail: found } = recovered
    assert.ok(found >= (powerLoss ? durable : written), 'what was durable is there')
    assert.ok(found <= tail)
    const expected = this.records.slice(0, replayed.length)
    assert.deepEqual(
      replayed,
      expected.map((record) => ({ ...record, last: false })),
    )
    assert.ok(expected.at(-1)?.last ?? true, 'no part of a turn comes back')
    assert.equal(this.records.filter(({ position }) => position - 8 < found).length, replayed.length)
    this.records = expected
  }
}

test('after any power loss a journal comes back as whole turns, with all that was durable', () => {
  let wraps = 0
  let recycled = 0
  let torn = 0
  let filled = 0
  for (let seed = 1; seed <= CASES; seed++) {
    try {
      const lives = new Lives(seed)
      for (let life = lives.dice.between(1, 4); life > 0; life--) {
        for (let turns = lives.dice.below(40); turns > 0; turns--) {
          lives.turn()
          if (lives.dice.chance(0.05)) lives.takeCheckpoint()
        }
        lives.crash()
        if (lives.rig.recovered.torn !== null) torn++
      }
      wraps += lives.wraps
      recycled += lives.recycled
      filled += lives.filled
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).stack}`)
    }
  }
  assert.ok(wraps > CASES / 10 && recycled > CASES / 10 && torn > CASES / 20, `${wraps} ${recycled} ${torn}`)
  assert.ok(filled > CASES / 20, `${filled}`)
})
