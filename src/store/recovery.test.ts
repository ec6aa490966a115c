import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { SimClock } from '../../sim/clock.ts'
import { SimDisk } from '../../sim/disk.ts'
import { JournalRig, type Remembered, SALT } from '../../sim/journal-rig.ts'
import { Dice } from '../../sim/random.ts'
import { StoreError } from './errors.ts'
import { ENTRY_END, FRAME_HEADER, sealFrame } from './frame.ts'
import { journalFileName } from './journal-files.ts'

const RING = 4096
const FILE = 2048

let clock: SimClock
let disk: SimDisk
let rig: JournalRig
let records: Remembered[]

beforeEach(() => {
  clock = new SimClock(new Dice(1))
  disk = new SimDisk(clock, new Dice(2))
  rig = new JournalRig(disk, clock, RING, FILE)
  records = []
})

/** One turn, written; and durable if `sync`. */
function turn(lengths: number[], sync: boolean): void {
  const { journal } = rig
  lengths.forEach((length, i) => {
    while (journal.room() < length) assert.ok(clock.step())
    records.push(rig.append(records.length + 1, length, i === lengths.length - 1))
  })
  journal.commit(sync)
  const { tail } = journal
  while ((sync ? journal.durable : journal.written) < tail) assert.ok(clock.step())
}

/** The same bytes on another disk, with some of them changed. */
function copyOf(change: (bytes: Uint8Array, number: number) => void): SimDisk {
  const copy = new SimDisk(clock, new Dice(3))
  copy.makeDirectory('journal')
  for (let number = 0; disk.exists(journalFileName(number)); number++) {
    const bytes = disk.contents(journalFileName(number))!.slice()
    change(bytes, number)
    const file = copy.open(journalFileName(number), 'create')
    file.write(bytes, 0, bytes.length, 0)
    file.close()
  }
  return copy
}

function reopen(from: SimDisk): JournalRig {
  return new JournalRig(from, clock, RING, FILE)
}

test('a journal cut at any byte comes back as the whole turns before the cut', () => {
  for (let i = 0; i < 8; i++) turn([4 + i * 23, 90, 5], false)
  turn([800, 500, 300], false)
  const { tail } = rig.journal
  const ends = records.filter(({ last }) => last).map(({ position, length }) => position + length)
  for (let cut = 48; cut < tail; cut++) {
    const copy = copyOf((bytes, number) => bytes.fill(0, Math.max(0, Math.min(FILE, cut - number * FILE))))
    const { replayed } = reopen(copy)
    const whole = ends.filter((end) => end <= cut).length
    assert.equal(replayed.length, whole * 3, `cut at ${cut}`)
  }
})

test('a flipped bit is corruption where the journal was durable, and a torn tail where it was not', () => {
  for (let i = 0; i < 10; i++) turn([100, 33], true)
  const { durable } = rig.journal
  for (let i = 0; i < 4; i++) turn([60], false)
  const { tail } = rig.journal
  const used = new Uint8Array(tail)
  for (const bytes of frames()) used.fill(1, bytes.from, bytes.to)
  for (let at = 0; at < tail; at += 3) {
    // What lies between the end of a block's last frame and the end of the block means nothing.
    if (used[at] === 0) continue
    const copy = copyOf((bytes, number) => {
      if (number === Math.floor(at / FILE)) bytes[at - number * FILE]! ^= 1 << (at & 7)
    })
    if (at < durable) {
      const damaged = (error: unknown) =>
        error instanceof StoreError && error.code === 'corrupt' && error.position! <= at && error.file !== undefined
      assert.throws(() => reopen(copy), damaged, `bit flipped at ${at}`)
    } else {
      const { replayed, recovered } = reopen(copy)
      assert.ok(replayed.length >= 20 && replayed.length < 24)
      assert.notEqual(recovered.torn, null)
    }
  }
})

test('what lies behind a torn tail is never taken for entries later', () => {
  turn([100], true)
  const { tail } = rig.journal
  // Entries of one size, of which the first is lost: a new one in its place ends just where the second begins.
  for (let i = 0; i < 5; i++) turn([40], false)
  const copy = copyOf((bytes, number) => {
    if (number === 0) bytes.fill(0, tail, tail + 48)
  })
  const second = reopen(copy)
  assert.equal(second.replayed.length, 1)
  assert.equal(second.recovered.torn?.frames, 4)
  const third = reopen(copy.kill())
  assert.equal(third.replayed.length, 1)
  assert.equal(third.recovered.torn, null)
})

test('a message with the likeness of a frame in it is not taken for one', () => {
  for (const salt of [0, 1, SALT]) {
    clock = new SimClock(new Dice(1))
    disk = new SimDisk(clock, new Dice(2))
    rig = new JournalRig(disk, clock, RING, FILE)
    records = []
    turn([100], true)
    const { tail } = rig.journal
    const message = rig.append(9, 200, true)
    const at = rig.log.locate(message.position) + 64
    const position = message.position + 64
    sealFrame(rig.arena.bytes, at, 16, ENTRY_END, position, rig.journal.epoch, 2 ** 40, 0, salt)
    const { journal } = rig
    journal.commit(false)
    while (journal.written < journal.tail) assert.ok(clock.step())
    // Of the message's own frame the header is lost.
    const copy = copyOf((bytes, number) => {
      if (number === 0) bytes.fill(0, tail, tail + FRAME_HEADER)
    })
    if (salt === SALT) assert.throws(() => reopen(copy), StoreError, 'who knew the salt could stop the broker')
    else assert.equal(reopen(copy).replayed.length, 1)
  }
})

test('an entry longer than a block is whole or not there', () => {
  turn([10], true)
  turn([1500, 1500], false)
  assert.ok(rig.journal.tail > FILE)
  const kept = reopen(copyOf(() => {}))
  assert.equal(kept.replayed.length, 3)
  const cut = reopen(copyOf((bytes, number) => number === 1 && bytes.fill(0)))
  assert.equal(cut.replayed.length, 1)
  assert.equal(cut.recovered.torn?.reason, 'an entry without its end')
})

test('the end of the journal is still in memory after a restart', () => {
  for (let i = 0; i < 40; i++) turn([100], true)
  const again = reopen(disk.kill())
  const last = again.replayed.at(-1)!
  const at = again.log.locate(last.position)
  assert.ok(at >= 0)
  assert.equal(again.arena.bytes[at + 50], (last.id * 31) & 255)
  assert.equal(again.log.locate(again.replayed[0]!.position), -1)
})

test('a file that is missing below others is corruption', () => {
  for (let i = 0; i < 60; i++) turn([100], true)
  const after = disk.kill()
  after.remove(journalFileName(1))
  assert.throws(() => reopen(after), /damaged at position 2048/)
})

/** Where the frames are. */
function frames(): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = []
  for (const { position, length } of records) found.push({ from: position - 8, to: position + length })
  return found
}
