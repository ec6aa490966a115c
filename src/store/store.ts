import type { Clock } from '../env/clock.ts'
import type { Disk } from '../env/disk.ts'
import type { Random } from '../env/random.ts'
import type { Arena } from '../std/arena.ts'
import { Background } from './background.ts'
import { Ballast } from './ballast.ts'
import { Checkpoints, SEGMENTS_PART } from './checkpoint.ts'
import {
  CHECKPOINT_DIRECTORY,
  type Checkpoint,
  findCheckpoint,
  loadCheckpoint,
  removeDrafts,
} from './checkpoint-file.ts'
import { readClosedMark, removeClosedMark, writeClosedMark } from './closed-mark.ts'
import { StoreError } from './errors.ts'
import type { Fold } from './fold.ts'
import { openFormat } from './format-version.ts'
import type { JournalShape } from './frame-reader.ts'
import { type HeldFile, holdFiles } from './held-files.ts'
import { Journal } from './journal.ts'
import { isDiskFull, JOURNAL_DIRECTORY, JournalFiles, journalFileName } from './journal-files.ts'
import { JournalReader } from './journal-reader.ts'
import { Log } from './log.ts'
import { JOURNAL, SEGMENT, SPILL } from './place.ts'
import { recover } from './recovery.ts'
import { SEGMENT_BLOCK } from './segment.ts'
import { MOVED_RECORD } from './segment-directory.ts'
import { SEGMENT_DIRECTORY, Segments } from './segments.ts'
import { Spill } from './spill.ts'
import { TIDY_DEFAULTS, Tidy, type TidyOptions } from './tidy.ts'
import { fileNumbers } from './torn-tail.ts'
import { WINDOW_DEFAULTS, type WindowOptions, Windows } from './window.ts'

/** The data directory, and those in it whose names have to last. */
const DIRECTORIES = ['', JOURNAL_DIRECTORY, SEGMENT_DIRECTORY, CHECKPOINT_DIRECTORY]

export interface StoreOptions {
  /** Bytes of the journal's and of the spill's ring in memory; powers of two. */
  readonly journalRing: number
  readonly spillRing: number
  /** Bytes of a journal or spill file; a power of two. */
  readonly fileSize: number
  /** Journal bytes kept back for settlements and tidying. */
  readonly reserve: number
  /** Groups up to so many bytes are written without a detour through the thread pool; 16 KiB unless given. */
  readonly writeAtOnce?: number
  /** What `Store.durable` promises: on the disk, or (`os`) with the operating system. `fsync` unless given. */
  readonly durability?: 'fsync' | 'os'
  /** Memory for reading back: 24 slots of 1 MiB, or of about a 16th of a block where that is less. */
  readonly windows?: WindowOptions
  readonly tidy?: TidyOptions
  /** Bytes by which the journal grows from one checkpoint to the next, at least. */
  readonly checkpointGrowth?: number
}

const WRITE_AT_ONCE = 16 * 1024
/** Damaged places that are reported one by one. */
const TOLD_LIMIT = 1000

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
  /** For the salt of a new data directory. */
  readonly random: Random
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
  /** Bytes that are needed cannot be read, or are not what was written. Told once for each place. */
  | { readonly kind: 'damage'; readonly file: string; readonly position: number; readonly reason: string }
  /** A checkpoint is damaged; an older one, or the whole journal, stands in for it. */
  | { readonly kind: 'damaged-checkpoint'; readonly error: StoreError }

/** Everything that lasts: one data directory, open. */
export class Store {
  readonly journal: Journal
  readonly files: JournalFiles
  readonly reader: JournalReader
  readonly spill: Spill
  readonly background = new Background()
  readonly fold: Fold
  /** Something became durable or was written, or there is more room: held replies and waiting commands may go on. */
  onProgress: () => void = () => {}
  /** The last process closed the data directory in good order. */
  readonly clean: boolean
  readonly segments: Segments
  readonly windows: Windows
  readonly tidy: Tidy
  readonly checkpoints: Checkpoints
  private readonly syncs: boolean
  private readonly disk: Disk
  private readonly clock: Clock
  private readonly report: (event: StoreEvent) => void
  /** Places that were reported as damaged. */
  private readonly told = new Set<string>()
  private readonly damaged = (error: StoreError) => this.tellDamage(error)
  private readonly journalLog: Log
  private readonly spillLog: Log
  private readonly ballast: Ballast
  private closing: (() => void) | null = null
  /** Until the last checkpoint is there the store ends its own turns. */
  private finishing = false
  private waking = false
  /** Where the checkpoint began that the state comes from. */
  private floor = 0

  /**
   * Opens the data directory and rebuilds the state through the fold. Synchronous: nobody is served before. Throws
   * `StoreError`.
   */
  static open(seams: StoreSeams): Store {
    try {
      return new Store(seams)
    } catch (error) {
      if (!isDiskFull(error as Error)) throw error
      throw new StoreError('full', `the disk is full, and a start needs a little space: ${(error as Error).message}`)
    }
  }

  private constructor(seams: StoreSeams) {
    const { disk, arena, clock, options, onFatal } = seams
    this.disk = disk
    this.syncs = options.durability !== 'os'
    this.clock = clock
    this.report = seams.report
    disk.makeDirectory(JOURNAL_DIRECTORY)
    const { fileSize, journalRing, spillRing } = options
    const shape = openFormat(disk, seams.random, fileSize, Math.min(fileSize, journalRing))
    if (journalRing < shape.blockSize) {
      throw new StoreError(
        'options',
        `the journal's ring cannot be smaller than its blocks of ${shape.blockSize} bytes`,
      )
    }
    this.journalLog = new Log(arena, { ringSize: journalRing, ...shape })
    this.spillLog = new Log(arena, { ringSize: spillRing, fileSize, blockSize: Math.min(fileSize, spillRing) })
    const { reserve, writeAtOnce: atOnce = WRITE_AT_ONCE } = options
    const plenty = 4 * (reserve + shape.fileSize)
    // Enough to tidy a whole file before it is given back, and to take a checkpoint.
    const spare = () => (shape.fileSize * 9) / 8 + this.checkpoints.spare
    this.ballast = new Ballast(disk, this.background, shape.fileSize, spare, onFatal)
    this.files = new JournalFiles({
      disk,
      clock,
      background: this.background,
      fileSize: shape.fileSize,
      plenty,
      spare,
      lastResort: () => this.ballast.drop(),
      onFatal,
    })
    this.reader = new JournalReader({ files: this.files, shape, onDamage: this.damaged })
    this.journal = new Journal({
      arena,
      clock,
      log: this.journalLog,
      files: this.files,
      reserve,
      atOnce,
      salt: shape.salt,
      onFatal,
    })
    this.spill = new Spill({ arena, clock, disk, log: this.spillLog, onDamage: this.damaged, onFatal })
    this.fold = seams.fold
    const { background, journal, files, reader, fold } = this
    const wake = () => this.wake()
    const segments = new Segments({ disk, background, onDamage: this.damaged, onFatal })
    this.segments = segments
    const tidy = { ...TIDY_DEFAULTS, slice: Math.min(TIDY_DEFAULTS.slice, shape.fileSize), ...options.tidy }
    const { bytes } = arena
    this.tidy = new Tidy({
      disk,
      clock,
      background,
      bytes,
      journal,
      files,
      reader,
      segments,
      fold,
      options: tidy,
      spare: () => this.checkpoints.spare,
      wake,
      onFatal,
    })
    const slots = options.windows ?? { ...WINDOW_DEFAULTS, slotSize: slotSize(shape) }
    this.windows = new Windows(arena, this.windowSource(), slots, wake)
    const checkpoint = this.loadCheckpoint(seams)
    const recovered = this.recover(seams, shape, checkpoint)
    this.clean = recovered.clean
    this.checkpoints = new Checkpoints(
      {
        disk,
        clock,
        background,
        journal,
        options: { growth: options.checkpointGrowth ?? fileSize },
        snapshot: () => fold.snapshot(),
        segments: () => segments.snapshot(),
        onTaken: (start) => {
          files.recycleBelow(start)
          this.ballast.keep()
        },
        wake,
        onFatal,
      },
      checkpoint,
      recovered.records === 0,
    )
    // So are names: a checkpoint that only the page cache knows of is no reason to use journal files again.
    if (!this.clean) for (const name of DIRECTORIES) disk.syncDirectory(name)
    this.journal.onProgress = this.spill.onProgress = () => this.progress()
    // A fresh store has hardly anything to drain.
    if (checkpoint !== null) this.ballast.keep()
  }

  private loadCheckpoint(seams: StoreSeams): Checkpoint | null {
    const { disk, report } = seams
    const { files, segments, fold } = this
    removeDrafts(disk)
    for (const number of fileNumbers(disk)) files.adopt(number)
    const reaches = (start: number) => files.get(files.numberOf(start)) !== undefined
    const checkpoint = findCheckpoint(disk, reaches, (error) => report({ kind: 'damaged-checkpoint', error }))
    if (checkpoint === null) {
      if (fileNumbers(disk).length > 0 && !reaches(0))
        throw new StoreError('corrupt', 'the journal does not reach back to its beginning, and there is no checkpoint')
      return null
    }
    if (!reaches(checkpoint.start) && checkpoint.start % files.fileSize !== 0) {
      const name = journalFileName(files.numberOf(checkpoint.start))
      throw new StoreError('corrupt', `${name}, where the checkpoint begins, is missing`, name, checkpoint.start)
    }
    loadCheckpoint(disk, checkpoint, (kind, bytes) => {
      if (kind === SEGMENTS_PART) segments.load(bytes)
      else fold.part(kind, bytes)
    })
    this.floor = checkpoint.start
    return checkpoint
  }

  /** To be called when the state is rebuilt and everything its indexes point to is retained. Throws `StoreError`. */
  recovered(): void {
    this.segments.recovered()
    this.files.recycleBelow(this.floor)
  }

  private recover(
    seams: StoreSeams,
    shape: JournalShape,
    checkpoint: Checkpoint | null,
  ): { clean: boolean; records: number } {
    const { disk, arena, clock, report } = seams
    const begun = clock.elapsed()
    const closedAt = readClosedMark(disk)
    const from = checkpoint?.start ?? 0
    const fold: Pick<Fold, 'record'> = {
      record: (type, bytes, at, length, position, time) => {
        if (type === MOVED_RECORD) this.tidy.replay(bytes, at)
        else this.fold.record(type, bytes, at, length, position, time)
      },
    }
    const window = { bytes: arena.bytes, base: this.journalLog.base, size: this.journalLog.ringSize }
    const found = recover({ disk, shape, window, fold, from, epoch: checkpoint?.epoch ?? 0, closedAt })
    const { tail, entries, records, torn } = found
    if (torn !== null) report({ kind: 'torn-tail', position: tail, ...torn })
    // What a killed process left in the page cache is made durable before anybody reads it.
    if (closedAt < 0) syncJournal(disk, shape, from, tail)
    removeClosedMark(disk)
    // What is left of the last process may be what a full disk lacks.
    this.segments.removeStrays()
    this.journalLog.restart(found.first, tail)
    this.journal.begin(found.epoch + 1)
    const milliseconds = clock.elapsed() - begun
    report({ kind: 'recovered', from, tail, epoch: found.epoch + 1, entries, records, milliseconds })
    return { clean: closedAt >= 0, records }
  }

  /** Up to here the journal is as durable as was promised: what waited for that goes out. */
  get durable(): number {
    return this.syncs ? this.journal.durable : this.journal.written
  }

  /**
   * Some bytes were released whose facts found no room in the journal yet. Until those are there nothing is moved, noted or recycled:
   * a start after a crash would look for the bytes.
   */
  postponed = false

  /**
   * Ends the turn: what was appended is written, and synced if `sync` and that is what is promised. Who closes the store waits until all of it
   * is on the disk, whatever was promised, and whoever still appends.
   */
  endTurn(sync: boolean): void {
    const needed = !this.postponed && this.upkeep()
    this.journal.commit((sync && this.syncs) || needed || this.closing !== null)
    this.spill.endTurn()
    this.windows.pump()
  }

  /**
   * What the store does for itself, one bounded step at the end of a turn, when all of the turn's facts are in the
   * journal. Returns whether something waits for them to be durable.
   */
  private upkeep(): boolean {
    const { journal } = this
    this.tidy.step()
    const checkpointing = this.checkpoints.step()
    const deleting = this.segments.step(journal.tail, journal.durable)
    const recycling = this.files.sweep(journal.tail, journal.durable)
    return checkpointing || deleting || recycling
  }

  private windowSource() {
    const { journal, files, spill, segments } = this
    return {
      start: (place: number, position: number) =>
        place === SEGMENT ? Math.floor(position / SEGMENT_BLOCK) * SEGMENT_BLOCK : position,
      // Whole blocks, so that their checksums can be checked.
      end: (place: number, end: number) => (place === SEGMENT ? Math.ceil(end / SEGMENT_BLOCK) * SEGMENT_BLOCK : end),
      extent: (place: number, start: number) => {
        if (place === SEGMENT) return segments.extent(start)
        if (place === SPILL) return spill.extent(start)
        return Math.min(files.extent(start), Math.max(1, journal.written - start))
      },
      readAsync: this.readAsync.bind(this),
    }
  }

  /** The bytes are pointed to by one more entry of an index. */
  retain(place: number, position: number, length: number): void {
    if (place === JOURNAL) this.files.retain(position, length)
    else if (place === SPILL) this.spill.retain(position, length)
    else this.segments.retain(position, length)
  }

  /** An entry that pointed to the bytes is gone. */
  release(place: number, position: number, length: number): void {
    if (place === JOURNAL) this.files.release(position, length)
    else if (place === SPILL) this.spill.release(position, length)
    else this.segments.release(position, length)
  }

  /** Where in the arena the bytes are, or -1 if they have to be read from a file. */
  locate(place: number, position: number, length: number): number {
    let at = -1
    if (place === JOURNAL) at = this.journalLog.locate(position)
    else if (place === SPILL) at = this.spillLog.locate(position)
    return at < 0 ? this.windows.locate(place, position, length) : at
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
    if (place === JOURNAL) this.reader.readAsync(position, [into.subarray(at, at + length)], done)
    else if (place === SPILL) this.spill.readAsync(position, length, into, at, done)
    else this.segments.readAsync(position, length, into, at, done)
  }

  private tellDamage({ file = '', position = 0, message }: StoreError): void {
    const place = `${file}:${position}`
    if (this.told.has(place) || this.told.size === TOLD_LIMIT) return
    this.told.add(place)
    this.report({ kind: 'damage', file, position, reason: message })
  }

  /** Reads bytes that `locate` did not find, and what lies behind them, into memory; `done` with an error if they cannot be had. */
  load(place: number, position: number, length: number, done: (error: Error | null) => void): void {
    this.windows.load(place, position, length, done)
  }

  /** When `tick` is to be called, as `Clock.elapsed` counts; Infinity as a rule. */
  nextDeadline(): number {
    const { journal, spill, tidy, checkpoints } = this
    return Math.min(journal.nextDeadline(), spill.nextDeadline(), tidy.nextDeadline(), checkpoints.nextDeadline())
  }

  /** Tries again what a full disk refused. */
  tick(): void {
    this.journal.tick()
    this.spill.tick()
    this.wake()
  }

  /** What a copy of the directory is made of, as it is now. */
  hold(): HeldFile[] {
    return holdFiles(this.disk, this.journal, this.files, this.segments)
  }

  /** Whether the store is about to close: who holds files lets them go. */
  get isClosing(): boolean {
    return this.finishing || this.closing !== null
  }

  /** Ends the turn, waits until all of it is durable, takes a checkpoint, and lets go of the data directory. */
  close(done: () => void): void {
    this.finishing = true
    this.tidy.stop()
    this.checkpoints.stop(() => this.shut(done))
    if (this.finishing) this.endTurn(true)
  }

  private shut(done: () => void): void {
    this.finishing = false
    this.files.stop()
    this.spill.stop()
    this.closing = done
    this.endTurn(true)
    this.background.whenIdle(() => this.progress())
  }

  /** Makes sure that there is an end of a turn soon, for the next step of the upkeep. */
  private wake(): void {
    if (this.waking) return
    this.waking = true
    this.clock.afterInput(() => {
      this.waking = false
      this.progress()
    })
  }

  private progress(): void {
    this.onProgress()
    if (this.finishing) this.endTurn(true)
    const { journal, closing } = this
    if (closing === null || journal.busy || journal.durable < journal.tail) return
    if (!this.background.idle || !this.spill.idle || !this.files.idle || !this.tidy.quiet) return
    this.closing = null
    markClosed(this.disk, journal.tail)
    this.files.closeAll()
    this.spill.closeAll()
    this.segments.closeAll()
    closing()
  }
}

/** All slots together hold the longest run of bytes there can be, and the blocks of a segment that it begins and ends in. */
function slotSize({ blockSize, fileSize }: JournalShape): number {
  const least = (blockSize + Math.min(2 * SEGMENT_BLOCK, 2 * fileSize)) / WINDOW_DEFAULTS.slots
  return Math.min(WINDOW_DEFAULTS.slotSize, Math.max(blockSize / 16, Math.ceil(least / 4096) * 4096))
}

/** On a full disk the mark is left out: the next start looks behind the end of the journal. */
function markClosed(disk: Disk, tail: number): void {
  try {
    writeClosedMark(disk, tail)
  } catch (error) {
    if (!isDiskFull(error as Error)) throw error
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
