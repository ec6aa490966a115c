import assert from 'node:assert/strict'
import { Arena } from '../src/std/arena.ts'
import { putU32 } from '../src/std/bytes.ts'
import { Background } from '../src/store/background.ts'
import type { StoreError } from '../src/store/errors.ts'
import type { JournalShape } from '../src/store/frame-reader.ts'
import { Journal } from '../src/store/journal.ts'
import { JOURNAL_DIRECTORY, JournalFiles } from '../src/store/journal-files.ts'
import { JournalReader } from '../src/store/journal-reader.ts'
import { Log } from '../src/store/log.ts'
import { type Recovered, recover } from '../src/store/recovery.ts'
import { fileNumbers } from '../src/store/torn-tail.ts'
import type { SimClock } from './clock.ts'
import type { SimDisk } from './disk.ts'
import type { Dice } from './random.ts'

/** The salt of a rig's data directory. */
export const SALT = 0x5a17_5a17

/** A record as a test remembers it: all that is needed to tell whether recovery brought it back. */
export interface Remembered {
  readonly id: number
  readonly type: number
  readonly position: number
  readonly length: number
  /** The turn ends with it. */
  readonly last: boolean
}

/** The journal with nothing around it but a simulated disk, for tests. */
export class JournalRig {
  readonly arena: Arena
  readonly log: Log
  readonly files: JournalFiles
  readonly journal: Journal
  readonly reader: JournalReader
  readonly shape: JournalShape
  readonly recovered: Recovered
  /** What recovery handed over. */
  readonly replayed: Remembered[] = []
  /** What the reader found damaged. */
  readonly damage: StoreError[] = []
  fatal: Error | null = null

  constructor(disk: SimDisk, simClock: SimClock, ringSize: number, fileSize: number, from = 0, epoch = 0) {
    const clock = simClock.process()
    this.shape = { fileSize, blockSize: Math.min(ringSize, fileSize), salt: SALT }
    this.arena = new Arena(ringSize)
    this.log = new Log(this.arena, { ringSize, ...this.shape })
    const onFatal = (error: Error) => {
      this.fatal ??= error
    }
    disk.makeDirectory(JOURNAL_DIRECTORY)
    disk.syncDirectory('')
    this.files = new JournalFiles({
      disk,
      clock,
      background: new Background(),
      fileSize,
      plenty: 12 * fileSize,
      // The disk itself says when it is full.
      spare: () => Number.NEGATIVE_INFINITY,
      lastResort: () => false,
      onFatal,
    })
    for (const number of fileNumbers(disk)) this.files.adopt(number)
    const { arena, log, files, shape } = this
    this.reader = new JournalReader({ files, shape, onDamage: (error) => this.damage.push(error) })
    this.journal = new Journal({ arena, clock, log, files, reserve: 2 * fileSize, atOnce: 1024, salt: SALT, onFatal })
    const fold = {
      part() {},
      *snapshot() {},
      record: (type: number, bytes: Uint8Array, at: number, length: number, position: number) => {
        this.replayed.push(remembered(type, bytes, at, length, position))
      },
    }
    const window = { bytes: arena.bytes, base: log.base, size: ringSize }
    this.recovered = recover({ disk, shape: this.shape, window, fold, from, epoch, closedAt: -1 })
    for (const number of fileNumbers(disk))
      disk.open(`journal/${String(number).padStart(12, '0')}.journal`, 'existing').sync()
    disk.syncDirectory(JOURNAL_DIRECTORY)
    log.restart(this.recovered.first, this.recovered.tail)
    this.journal.begin(this.recovered.epoch + 1)
  }

  /** Appends a record of `length` bytes, all of which depend on `id`. */
  append(id: number, length: number, last: boolean): Remembered {
    const type = id & 127
    const at = this.journal.append(type, length)
    const { bytes } = this.arena
    bytes.fill(id * 31, at, at + length)
    if (length >= 4) putU32(bytes, at, id)
    const { position } = this.journal
    assert.equal(this.log.locate(position), at)
    return { id: length >= 4 ? id : 0, type, position, length, last }
  }
}

function remembered(type: number, bytes: Uint8Array, at: number, length: number, position: number): Remembered {
  const id = length >= 4 ? Buffer.from(bytes.buffer, at, 4).readUInt32BE() : 0
  for (let i = at + 4; i < at + length; i++) assert.equal(bytes[i], (id * 31) & 255)
  return { id, type, position, length, last: false }
}

/** A turn's worth of lengths that surely fits into `room`. */
export function someLengths(dice: Dice, room: number): number[] {
  // Now and then all that there is room for, in one record.
  if (dice.chance(0.1)) return [room]
  const lengths: number[] = []
  let left = room
  for (let n = dice.between(1, 5); n > 0; n--) {
    const most = left - (lengths.length > 0 ? 16 : 0)
    if (most < 0) break
    const length = Math.min(most, dice.skewed(dice.chance(0.2) ? most : 200))
    lengths.push(length)
    left = most - length
  }
  return lengths
}
