import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimClock } from '../../sim/clock.ts'
import { SimDisk } from '../../sim/disk.ts'
import { JournalRig, type Remembered, someLengths } from '../../sim/journal-rig.ts'
import { Dice } from '../../sim/random.ts'
import { StoreError } from './errors.ts'
import { journalFileName } from './journal-files.ts'

class Rig {
  readonly clock: SimClock
  readonly disk: SimDisk
  readonly journal: JournalRig
  readonly dice: Dice
  /** What was appended; none of it is ever released. */
  readonly records: Remembered[] = []
  private readonly copies = new Map<Remembered, Uint8Array>()

  constructor(seed: number, ringSize: number, fileSize: number) {
    this.dice = new Dice(seed)
    this.clock = new SimClock(this.dice.fork())
    this.disk = new SimDisk(this.clock, this.dice.fork())
    this.journal = new JournalRig(this.disk, this.clock, ringSize, fileSize)
  }

  append(length: number): Remembered {
    const { journal } = this.journal
    while (journal.room() < length) {
      journal.want(length)
      this.commit()
    }
    const record = this.journal.append(this.records.length + 1, length, false)
    this.records.push(record)
    const at = this.journal.log.locate(record.position)
    this.copies.set(record, this.journal.arena.bytes.slice(at, at + length))
    return record
  }

  commit(): void {
    this.journal.journal.commit(true)
    while (this.clock.step()) {}
  }

  /** Turns of records of all lengths. */
  fill(turns: number): void {
    const { journal } = this.journal
    for (; turns > 0; turns--) {
      for (const length of someLengths(this.dice, journal.room())) this.append(length)
      this.commit()
    }
  }

  /** Reads bytes `[from, to)` of a record in up to three pieces; null if they come as they were written. */
  read(record: Remembered, from = 0, to = record.length): Error | null {
    const bytes = new Uint8Array(to - from)
    const cuts = [0, this.dice.below(bytes.length + 1), this.dice.below(bytes.length + 1), bytes.length]
    cuts.sort((a, b) => a - b)
    const parts = [0, 1, 2].map((i) => bytes.subarray(cuts[i], cuts[i + 1]))
    const outcome = this.readParts(record.position + from, parts)
    if (outcome === null) assert.deepEqual(bytes, this.copies.get(record)!.subarray(from, to))
    return outcome
  }

  readParts(position: number, parts: Uint8Array[]): Error | null {
    let outcome: Error | null | undefined
    this.journal.reader.readAsync(position, parts, (error) => {
      outcome = error
    })
    assert.equal(outcome, undefined, 'never before the call has returned')
    while (this.clock.step()) {}
    assert.ok(outcome !== undefined)
    return outcome
  }

  flip(position: number, bit: number): void {
    const { fileSize } = this.journal.shape
    this.disk.flip(journalFileName(Math.floor(position / fileSize)), position % fileSize, bit)
  }
}

test('what was written to the journal is read back, in pieces of any length', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const rig = new Rig(seed, 4096, 1024 << (seed % 4))
    rig.fill(20)
    for (const record of rig.records) {
      const from = rig.dice.below(record.length + 1)
      if (record.length > 0) assert.equal(rig.read(record), null)
      if (from < record.length) assert.equal(rig.read(record, from, rig.dice.between(from + 1, record.length)), null)
    }
    // Several records with all that lies between them, across frames and blocks of a file.
    const { fileSize } = rig.journal.shape
    for (let i = 0; i < 20; i++) {
      const first = rig.records[rig.dice.below(rig.records.length)]!
      const last = rig.records.findLast(
        (one) => one.position + one.length <= (Math.floor(first.position / fileSize) + 1) * fileSize,
      )!
      const end = Math.max(last.position + last.length, first.position + first.length)
      if (end > first.position)
        assert.equal(rig.readParts(first.position, [new Uint8Array(end - first.position)]), null)
    }
    assert.deepEqual(rig.journal.damage, [])
  }
})

test('a bit that was turned round in the journal is told to whoever reads what it is in, and to nobody who reads another frame', () => {
  let reached = 0
  for (let seed = 1; seed <= 150; seed++) {
    const rig = new Rig(seed, 8192, 4096)
    rig.fill(12)
    const long = rig.records.filter(({ length }) => length > 0)
    const victim = long[rig.dice.below(long.length)]!
    rig.flip(victim.position + rig.dice.below(victim.length), rig.dice.below(8))
    const error = rig.read(victim)
    assert.ok(error instanceof StoreError && error.code === 'corrupt', `seed ${seed}`)
    assert.match(error.message, /^journal\/\d+\.journal is damaged at position \d+ \(a wrong payload checksum\)$/)
    assert.ok(error.position! <= victim.position)
    assert.equal(rig.journal.damage[0], error)
    const told = long.map((record) => rig.read(record) !== null)
    // They lie side by side.
    const [first, last] = [told.indexOf(true), told.lastIndexOf(true)]
    assert.ok(told.slice(first, last + 1).every((bad) => bad))
    if (last - first + 1 < long.length) reached++
    const { fileSize } = rig.journal.shape
    assert.ok(rig.journal.files.get(Math.floor(victim.position / fileSize))!.damaged)
  }
  assert.ok(reached > 100)
})

test('a frame header in which a bit was turned round is told as well', () => {
  for (let bit = 0; bit < 48 * 8; bit += 5) {
    const rig = new Rig(bit, 16384, 16384)
    const [, second, third] = [100, 200, 300].map((length) => {
      const record = rig.append(length)
      rig.commit()
      return record
    }) as [Remembered, Remembered, Remembered]
    rig.flip(second.position - 56 + (bit >> 3), bit & 7)
    const error = rig.read(second)
    assert.ok(error instanceof StoreError && error.code === 'corrupt', `bit ${bit}`)
    assert.equal(rig.read(third), null)
    const both = third.position + third.length - second.position
    assert.ok(rig.readParts(second.position, [new Uint8Array(both)]) instanceof StoreError)
  }
})

test('a part of a long record is checked with all of it', () => {
  const block = 8 * 2 ** 20
  const rig = new Rig(1, block, block)
  const length = 3 * 2 ** 20 + 12_345
  rig.append(1000)
  const record = rig.append(length)
  rig.append(1000)
  rig.commit()
  const reads = [
    [0, 1000],
    [length - 1000, length],
    [length >> 1, (length >> 1) + 100_000],
    [50_000, 60_000],
    [length - 60_000, length - 50_000],
  ] as const
  for (const [from, to] of reads) assert.equal(rig.read(record, from, to), null)
  for (const at of [0, 7, 70_000, length >> 1, length - 70_000, length - 1]) {
    rig.flip(record.position + at, 3)
    for (const [from, to] of reads) assert.ok(rig.read(record, from, to) instanceof StoreError, `${at}: ${from}`)
    rig.flip(record.position + at, 3)
  }
  for (const [from, to] of reads) assert.equal(rig.read(record, from, to), null)
})

test('a frame is no longer than 64 KiB, unless by one record', () => {
  const block = 2 ** 20
  const rig = new Rig(3, block, block)
  for (let i = 0; i < 400; i++) rig.append(rig.dice.skewed(4000))
  const long = rig.append(200_000)
  rig.append(10)
  rig.commit()
  let damaged = 0
  rig.flip(rig.records[100]!.position, 1)
  for (const record of rig.records.filter(({ length }) => length > 0)) {
    if (rig.read(record) !== null) damaged += record.length
  }
  assert.ok(damaged > 16_384 && damaged <= 65_536, `${damaged}`)
  rig.flip(long.position, 1)
  const beside = rig.records.filter(
    (one) => one !== long && one.length > 0 && one.position > rig.records[300]!.position,
  )
  let bytes = 0
  for (const record of beside) if (rig.read(record) !== null) bytes += record.length
  assert.ok(bytes <= 32_768, `${bytes}`)
})

test('a journal file that has lost its end is told', () => {
  const rig = new Rig(1, 4096, 1024)
  rig.fill(12)
  const { fileSize } = rig.journal.shape
  const record = rig.records.find(({ length, position }) => length > 100 && position < 4 * fileSize)!
  const name = journalFileName(Math.floor(record.position / fileSize))
  rig.disk.open(name, 'existing').truncate((record.position % fileSize) + 50)
  const error = rig.read(record)
  assert.ok(error instanceof StoreError && error.code === 'unreadable')
  assert.match(error.message, /can't be read at position \d+: it is too short$/)
})
