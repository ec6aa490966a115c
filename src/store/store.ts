import type { Clock } from '../env/clock.ts'
import type { Disk } from '../env/disk.ts'
import type { Arena } from '../std/arena.ts'
import { Background } from './background.ts'
import type { Fold } from './fold.ts'
import { Journal } from './journal.ts'
import { JOURNAL_DIRECTORY, JournalFiles } from './journal-files.ts'
import { Log } from './log.ts'
import { JOURNAL, SPILL } from './place.ts'
import { Spill } from './spill.ts'

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
  readonly fold: Fold
  /** The store can promise nothing more: the process has to stop. */
  readonly onFatal: (error: Error) => void
  /** What recovery found, for the log. */
  readonly report: (event: StoreEvent) => void
}

export type StoreEvent = {
  readonly kind: 'recovered'
  readonly records: number
  readonly bytes: number
  readonly epoch: number
}

/** Everything that lasts: one data directory, open. */
export class Store {
  readonly journal: Journal
  readonly spill: Spill
  readonly background: Background
  /** Something became durable or was written, or there is more room: held replies and waiting commands may go on. */
  onProgress: () => void = () => {}
  private readonly journalLog: Log
  private readonly spillLog: Log
  private readonly files: JournalFiles

  /** Opens the data directory: rebuilds state through `fold`. Synchronous: nobody is served before. */
  static open(seams: StoreSeams): Store {
    return new Store(seams)
  }

  private constructor(seams: StoreSeams) {
    const { disk, arena, clock, options, onFatal } = seams
    this.background = new Background()
    disk.makeDirectory(JOURNAL_DIRECTORY)
    this.journalLog = new Log(arena, { ringSize: options.journalRing, fileSize: options.fileSize })
    this.spillLog = new Log(arena, { ringSize: options.spillRing, fileSize: options.fileSize })
    const { background } = this
    const ahead = options.reserve + options.fileSize
    this.files = new JournalFiles({ disk, clock, background, fileSize: options.fileSize, ahead, onFatal })
    this.files.begin(0)
    const { reserve } = options
    this.journal = new Journal({ arena, clock, log: this.journalLog, files: this.files, reserve, epoch: 1, onFatal })
    this.spill = new Spill({ arena, clock, disk, log: this.spillLog, onFatal })
    this.journal.onProgress = this.spill.onProgress = () => this.onProgress()
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
}
