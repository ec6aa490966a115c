import type { Clock } from '../env/clock.ts'
import type { Disk } from '../env/disk.ts'
import type { Arena } from '../std/arena.ts'
import { Background } from './background.ts'
import { readClosedMark, removeClosedMark, writeClosedMark } from './closed-mark.ts'
import { StoreError } from './errors.ts'
import type { Fold } from './fold.ts'
import { openFormat } from './format-version.ts'
import type { JournalShape } from './frame-reader.ts'
import { Journal } from './journal.ts'
import { JOURNAL_DIRECTORY, JournalFiles, journalFileName } from './journal-files.ts'
import { Log } from './log.ts'
import { JOURNAL, SPILL } from './place.ts'
import { recover } from './recovery.ts'
import { Spill } from './spill.ts'
import { fileNumbers } from './torn-tail.ts'

export interface StoreOptions {
  /** Bytes of the journal's and of the spill's ring in memory; powers of two. */
  readonly journalRing: number
  readonly spillRing: number
  /** Bytes of a journal or spill file; a power of two. */
  readonly fileSize: number
  /** Journal bytes kept back for settlements and tidying. */
  readonly reserve: number
}

export const STORE_DEFAULTS: StoreOptions = {
  journalRing: 32 * 2 ** 20,
  spillRing: 32 * 2 ** 20,
  fileSize: 64 * 2 ** 20,
  reserve: 128 * 2 ** 20,
}

export interface StoreSeams {
  readonly disk: Disk
  readonly arena: Arena
  readonly clock: Clock
  readonly options: StoreOptions
  /** Who rebuilds the state. What its indexes point to is retained when the store is open. */
  readonly fold: Fold
  /** The store can promise nothing more: the process has to stop. */
  readonly onFatal: (error: Error) => void
  /** What recovery found, for the log. */
  readonly report: (event: StoreEvent) => void
}

export type StoreEvent =
  | {
      readonly kind: 'recovered'
      readonly from: number
      readonly tail: number
      readonly epoch: number
      readonly entries: number
      readonly records: number
      readonly milliseconds: number
    }
  /** Entries that were not durable when the power went have been cut off. */
  | {
      readonly kind: 'torn-tail'
      readonly file: string
      readonly position: number
      readonly reason: string
      readonly frames: number
    }

/** Everything that lasts: one data directory, open. */
export class Store {
  readonly journal: Journal
  readonly spill: Spill
  readonly background = new Background()
  readonly fold: Fold
  /** Something became durable or was written, or there is more room: held replies and waiting commands may go on. */
  onProgress: () => void = () => {}
  /** The last process closed the data directory in good order. */
  readonly clean: boolean
  private readonly disk: Disk
  private readonly journalLog: Log
  private readonly spillLog: Log
  private readonly files: JournalFiles
  private closing: (() => void) | null = null

  /**
   * Opens the data directory and rebuilds the state through the fold. Synchronous: nobody is served before. Throws
   * `StoreError`.
   */
  static open(seams: StoreSeams): Store {
    return new Store(seams)
  }

  private constructor(seams: StoreSeams) {
    const { disk, arena, clock, options, onFatal } = seams
    this.disk = disk
    disk.makeDirectory(JOURNAL_DIRECTORY)
    const { fileSize, journalRing, spillRing } = options
    const shape = openFormat(disk, { fileSize, blockSize: Math.min(fileSize, journalRing) })
    if (journalRing < shape.blockSize) {
      throw new StoreError(
        'options',
        `the journal's ring cannot be smaller than its blocks of ${shape.blockSize} bytes`,
      )
    }
    this.journalLog = new Log(arena, { ringSize: journalRing, ...shape })
    this.spillLog = new Log(arena, { ringSize: spillRing, fileSize, blockSize: Math.min(fileSize, spillRing) })
    this.files = new JournalFiles({ disk, clock, background: this.background, fileSize: shape.fileSize, onFatal })
    const { reserve } = options
    this.journal = new Journal({ arena, clock, log: this.journalLog, files: this.files, reserve, onFatal })
    this.spill = new Spill({ arena, clock, disk, log: this.spillLog, onFatal })
    this.fold = seams.fold
    this.clean = this.recover(seams, shape)
    this.journal.onProgress = this.spill.onProgress = () => this.progress()
  }

  private recover(seams: StoreSeams, shape: JournalShape): boolean {
    const { disk, arena, clock, report } = seams
    const begun = clock.elapsed()
    for (const number of fileNumbers(disk)) this.files.adopt(number)
    const closedAt = readClosedMark(disk)
    const from = 0
    const window = { bytes: arena.bytes, base: this.journalLog.base, size: this.journalLog.ringSize }
    const found = recover({ disk, shape, window, fold: this.fold, from, epoch: 0, closedAt })
    const { tail, entries, records, torn } = found
    if (torn !== null) report({ kind: 'torn-tail', position: tail, ...torn })
    // What a killed process left in the page cache is made durable before anybody reads it.
    if (closedAt < 0) syncJournal(disk, shape, from, tail)
    removeClosedMark(disk)
    this.journalLog.restart(found.first, tail)
    this.journal.begin(found.epoch + 1)
    const milliseconds = clock.elapsed() - begun
    report({ kind: 'recovered', from, tail, epoch: found.epoch + 1, entries, records, milliseconds })
    return closedAt >= 0
  }

  /** The journal is on the disk up to here. */
  get durable(): number {
    return this.journal.durable
  }

  /** Ends the turn: what was appended is written, and synced if `sync`. */
  endTurn(sync: boolean): void {
    this.journal.commit(sync)
    this.spill.endTurn()
  }

  /** The bytes are pointed to by one more entry of an index. */
  retain(place: number, position: number, length: number): void {
    if (place === JOURNAL) this.files.retain(position, length)
    else if (place === SPILL) this.spill.retain(position, length)
  }

  /** An entry that pointed to the bytes is gone. */
  release(place: number, position: number, length: number): void {
    if (place === JOURNAL) this.files.release(position, length)
    else if (place === SPILL) this.spill.release(position, length)
  }

  /** Where in the arena the bytes are, or -1 if they have to be read from a file. */
  locate(place: number, position: number, _length: number): number {
    if (place === JOURNAL) return this.journalLog.locate(position)
    if (place === SPILL) return this.spillLog.locate(position)
    return -1
  }

  /**
   * Reads bytes that `locate` did not find: retained, appended in one run. They stay retained until `done`, which is
   * never called before this has returned.
   */
  readAsync(
    place: number,
    position: number,
    length: number,
    into: Uint8Array,
    at: number,
    done: (error: Error | null) => void,
  ): void {
    if (place === JOURNAL) this.files.readAsync(position, length, into, at, done)
    else if (place === SPILL) this.spill.readAsync(position, length, into, at, done)
  }

  /** Reads bytes that `locate` did not find, and what lies behind them, into memory. */
  load(_place: number, _position: number, _length: number, _done: () => void): void {
    throw new Error('reading back from files is not there yet')
  }

  /** When `tick` is to be called, as `Clock.elapsed` counts; Infinity as a rule. */
  nextDeadline(): number {
    return Math.min(this.journal.nextDeadline(), this.spill.nextDeadline())
  }

  /** Tries again what a full disk refused. */
  tick(): void {
    this.journal.tick()
    this.spill.tick()
  }

  /** Ends the turn, waits until all of it is durable, and lets go of the data directory. */
  close(done: () => void): void {
    this.files.stop()
    this.spill.stop()
    this.closing = done
    this.endTurn(true)
    this.background.whenIdle(() => this.progress())
  }

  private progress(): void {
    this.onProgress()
    const { journal, closing } = this
    if (closing === null || journal.busy || journal.durable < journal.tail) return
    if (!this.background.idle || !this.spill.idle || !this.files.idle) return
    this.closing = null
    writeClosedMark(this.disk, journal.tail)
    this.files.closeAll()
    this.spill.closeAll()
    closing()
  }
}

function syncJournal(disk: Disk, shape: JournalShape, from: number, tail: number): void {
  for (const number of fileNumbers(disk)) {
    if ((number + 1) * shape.fileSize <= from || number * shape.fileSize > tail) continue
    const file = disk.open(journalFileName(number), 'existing')
    file.sync()
    file.close()
  }
  disk.syncDirectory(JOURNAL_DIRECTORY)
}
