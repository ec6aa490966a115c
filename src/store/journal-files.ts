import type { Clock } from '../env/clock.ts'
import type { Disk, DiskFile } from '../env/disk.ts'
import { assert } from '../std/assert.ts'
import type { Background } from './background.ts'
import { StoreError } from './errors.ts'

export const JOURNAL_DIRECTORY = 'journal'
const CHUNK = 2 ** 20
/** Zeros that may wait for a sync: whoever syncs the file waits for them too. */
const UNSYNCED = 8 * CHUNK
/** With less than that behind the tail, a start writes some more at once. */
const LEAST_PREPARED = 4096
const RETRY_MS = 1000

const NO_SPACE = Object.assign(new Error('what is free is kept for checkpoints and tidying'), { code: 'ENOSPC' })

/** A file of the journal; it holds positions `[number * fileSize, (number + 1) * fileSize)`. */
export interface JournalFile {
  readonly number: number
  handle: DiskFile | null
  /** A second descriptor, for a sync beside another one. */
  second: DiskFile | null
  secondAsked: boolean
  /** Bytes it had when it was found at start. */
  length: number
  /** Bytes from its beginning that are on disk, be they zeros. */
  size: number
  /** Not all of `size` is known to have been written: where blocks were left early there are holes. */
  holey: boolean
  /** Bytes that an index points to. */
  live: number
  /**
   * Where the journal ends that says that nothing is live any more: before this is durable the file is kept. Infinity until
   * the turn ends, -1 if the file did not die.
   */
  deadAt: number
  /** Reads under way: as long as there are any, nothing else is written into the file. */
  readers: number
  /** Bytes of it could not be read, or were not what was written: what lies in it is not moved. */
  damaged: boolean
  /** Callbacks of those who wait for it to be opened. */
  opening: ((error: Error | null) => void)[] | null
}

export interface JournalFilesOptions {
  readonly disk: Disk
  readonly clock: Clock
  readonly background: Background
  readonly fileSize: number
  /** With that many bytes free on the disk, space need not be written before it is used. */
  readonly plenty: number
  /** Bytes of the disk that are left for checkpoints and tidying: without them no file could ever be used again. */
  readonly spare: () => number
  /** At a start on a full disk: frees some space that was kept for that; false if there is none. */
  readonly lastResort: () => boolean
  readonly onFatal: (error: Error) => void
}

export function journalFileName(number: number): string {
  return `${JOURNAL_DIRECTORY}/${String(number).padStart(12, '0')}.journal`
}

/** The number in a journal file's name, or -1. */
export function journalFileNumber(name: string): number {
  const match = /^(\d{12,})\.journal$/.exec(name)
  return match === null ? -1 : Number(match[1])
}

/** Whether the disk, or what its owner may use of it, is full. */
export function isDiskFull(error: Error): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOSPC' || code === 'EDQUOT'
}

/**
 * The journal's files: written with zeros before they are used (node can reserve no blocks, and a sync of written-over
 * blocks is a quarter cheaper), counted by live bytes, used again when nothing in them is needed. Only in a hurry, and when
 * the disk has plenty of space, they are used as they are: writing everything twice would halve what the disk can do.
 */
export class JournalFiles {
  readonly fileSize: number
  /** Space is there from the tail up to this position. */
  prepared = 0
  /** The disk refused the last attempt to write ahead. */
  full = false
  /** `prepared` has grown, or the disk has become full. */
  onPrepared: () => void = () => {}
  private readonly options: JournalFilesOptions
  private readonly files = new Map<number, JournalFile>()
  private retained: JournalFile | null = null
  private released: JournalFile | null = null
  private dying: JournalFile[] = []
  private highest = -1
  /** Files below this position may be used again once they hold nothing live. */
  private floor = 0
  private goal = 0
  private preparing = false
  private hurry = false
  /** The file that is being written. */
  private current = 0
  private stopped = false
  private retryAt = 0
  private unsynced = 0
  private zeros: Uint8Array | null = null

  constructor(options: JournalFilesOptions) {
    this.options = options
    this.fileSize = options.fileSize
  }

  /** Takes a file that is there. */
  adopt(number: number, handle: DiskFile | null = null, size = 0): void {
    const life = { live: 0, deadAt: -1, readers: 0, damaged: false, opening: null }
    this.files.set(number, { number, handle, second: null, secondAsked: false, length: 0, size, holey: false, ...life })
    this.highest = Math.max(this.highest, number)
  }

  /** Called once, at start, when all files are adopted: sees to a bit of space behind `tail`. */
  begin(tail: number): void {
    this.prepared = tail
    const number = this.numberOf(tail)
    for (const file of this.files.values()) {
      if (file.number < number) file.length = this.lengthNow(file)
      file.size = file.number < number ? this.fileSize : Math.min(this.fileSize, this.openNow(file).size())
      file.holey = file.number <= number
    }
    const used = tail - number * this.fileSize
    this.fillNow(number, used + LEAST_PREPARED)
    // Near the end of a file the next one has to be there as well: what a start appends cannot wait for it.
    if (used + LEAST_PREPARED > this.fileSize) this.fillNow(number + 1, LEAST_PREPARED)
    this.extendPrepared()
  }

  /**
   * Sees to it that a file has at least `least` bytes. A fresh start writes one chunk and no more: the rest follows in the background. On
   * a full disk what fits has to do. Throws StoreError 'full'.
   */
  private fillNow(number: number, least: number): void {
    const needed = Math.min(least, this.fileSize)
    let has = this.files.get(number)?.size ?? 0
    if (has >= needed) return
    try {
      if (!this.files.has(number)) this.createNow(number)
      const handle = this.openNow(this.files.get(number)!)
      const size = Math.min(this.fileSize, (Math.floor(least / CHUNK) + 1) * CHUNK)
      try {
        handle.write(new Uint8Array(size - has), 0, size - has, has)
      } finally {
        has = handle.size()
        this.files.get(number)!.size = has
      }
    } catch (error) {
      if (!isDiskFull(error as Error)) throw error
      if (has >= needed) return
      if (this.options.lastResort()) {
        this.fillNow(number, least)
        return
      }
      const name = journalFileName(number)
      const text = `the disk is full: a start needs ${needed - has} bytes more for ${name}; give it some space and start again`
      throw new StoreError('full', text, name)
    }
  }

  numberOf(position: number): number {
    return Math.floor(position / this.fileSize)
  }

  /** The open file that `position`, below `prepared`, is to be written to. */
  writer(position: number): DiskFile {
    const handle = this.files.get(this.numberOf(position))?.handle
    assert(handle, 'the journal writes to prepared files only')
    return handle
  }

  /**
   * What to sync an open file by. The second one is there once it has been opened: until then, and if that fails, there is
   * none.
   */
  syncer(number: number, second: boolean): DiskFile | null {
    const file = this.files.get(number)
    assert(file?.handle, 'the journal syncs open files only')
    if (!second) return file.handle
    if (file.second === null) this.openSecond(file)
    return file.second
  }

  get(number: number): JournalFile | undefined {
    return this.files.get(number)
  }

  /** All files, in no order. */
  all(): IterableIterator<JournalFile> {
    return this.files.values()
  }

  retain(position: number, length: number): void {
    let file = this.retained
    if (file === null || file.number !== Math.floor(position / this.fileSize)) {
      file = this.retained = this.files.get(this.numberOf(position)) ?? null
      if (file === null) throw new Error('bytes are retained in a journal file that is gone')
    }
    file.live += length
  }

  release(position: number, length: number): void {
    let file = this.released
    if (file === null || file.number !== Math.floor(position / this.fileSize)) {
      file = this.released = this.files.get(this.numberOf(position)) ?? null
      if (file === null) throw new Error('bytes are released in a journal file that is gone')
    }
    file.live -= length
    if (file.live <= 0) {
      assert(file.live === 0, 'no more is released than was retained')
      file.deadAt = Number.POSITIVE_INFINITY
      this.dying.push(file)
    }
  }

  /**
   * At a turn's end, when all facts are in the journal: lets go of files that died and whose death is durable. Returns
   * whether some wait for that.
   */
  sweep(tail: number, durable: number): boolean {
    if (this.dying.length === 0) return false
    const dying = this.dying
    this.dying = []
    for (const file of dying) {
      if (file.deadAt < 0) continue
      if (file.live > 0) file.deadAt = -1
      else if (file.deadAt > tail) file.deadAt = tail
      if (file.deadAt > durable) this.dying.push(file)
      else if (file.deadAt >= 0) {
        file.deadAt = -1
        this.recycleIfDead(file)
      }
    }
    return this.dying.length > 0
  }

  /** How many bytes from `position` on are in its file, if it is still there. Where its last block was left early it is shorter than others. */
  extent(position: number): number {
    const file = this.files.get(this.numberOf(position))
    if (file === undefined) return 0
    const length = Math.min(this.fileSize, file.handle?.size() ?? file.length)
    return Math.max(1, file.number * this.fileSize + length - position)
  }

  /** Files wholly below `position` are not needed for recovery any more. */
  recycleBelow(position: number): void {
    this.floor = Math.max(this.floor, position)
    for (const file of [...this.files.values()]) this.recycleIfDead(file)
  }

  /** The file that a position lies in: nothing else is written into it before `endRead`. */
  beginRead(position: number): JournalFile {
    const file = this.files.get(this.numberOf(position))
    assert(file, 'what is read is retained')
    file.readers++
    return file
  }

  endRead(file: JournalFile, then: () => void): void {
    file.readers--
    if (file.readers === 0) this.recycleIfDead(file)
    then()
    // Who closes the store waits for the last read.
    if (this.stopped) this.onPrepared()
  }

  /** Reads bytes of a file, between `beginRead` and `endRead`, into several pieces of memory, one behind the other. */
  readParts(file: JournalFile, position: number, parts: Uint8Array[], done: (error: Error | null, n: number) => void) {
    this.withHandle(file, (error) => {
      if (error !== null) done(error, 0)
      else file.handle!.readPartsAsync(parts, position - file.number * this.fileSize, done)
    })
  }

  /** When `advance` wants to be called again, as `Clock.elapsed` counts; Infinity if the disk is not full. */
  get retryDeadline(): number {
    return this.full && !this.preparing ? this.retryAt : Number.POSITIVE_INFINITY
  }

  /** The tail is at `tail`, or behind it: lets the background write ahead up to `goal`, in a `hurry` if room runs out. */
  advance(tail: number, goal: number, hurry: boolean): void {
    this.current = this.numberOf(tail)
    this.hurry = hurry
    this.prepare(goal)
  }

  private prepare(goal: number): void {
    if (goal > this.goal) this.goal = goal
    if (this.prepared >= this.goal) this.full = false
    if (this.preparing || this.stopped || this.prepared >= this.goal) return
    if (this.full && this.options.clock.elapsed() < this.retryAt) return
    this.preparing = true
    this.options.background.add((done) => this.prepareStep(done))
  }

  /** No more background work is begun. */
  stop(): void {
    this.stopped = true
  }

  /** Whether no read is under way. */
  get idle(): boolean {
    for (const file of this.files.values()) if (file.readers > 0 || file.opening !== null) return false
    return true
  }

  closeAll(): void {
    for (const file of this.files.values()) {
      file.handle?.close()
      file.second?.close()
      file.handle = file.second = null
    }
  }

  private prepareStep(done: () => void): void {
    const finish = (error: Error | null) => {
      this.preparing = false
      if (error === null) {
        this.full = false
        this.extendPrepared()
      } else if (isDiskFull(error)) {
        this.full = true
        this.retryAt = this.options.clock.elapsed() + RETRY_MS
      } else {
        this.options.onFatal(error)
      }
      done()
      if (error === null) this.prepare(this.goal)
      this.onPrepared()
    }
    const file = this.files.get(this.numberOf(this.prepared))
    if (this.stopped || this.prepared >= this.goal) finish(null)
    else if (file === undefined) this.create(this.numberOf(this.prepared), finish)
    else this.extend(file, finish)
  }

  private create(number: number, done: (error: Error | null) => void): void {
    const { disk } = this.options
    disk.openAsync(journalFileName(number), 'create', (error, handle) => {
      if (error !== null) return done(error)
      // The name is durable before anything in the file can be called durable.
      disk.syncDirectoryAsync(JOURNAL_DIRECTORY, (syncError) => {
        if (syncError !== null) return done(syncError)
        this.adopt(number, handle!, 0)
        done(null)
      })
    })
  }

  private createNow(number: number): void {
    const { disk } = this.options
    const handle = disk.open(journalFileName(number), 'create')
    disk.syncDirectory(JOURNAL_DIRECTORY)
    this.adopt(number, handle, 0)
  }

  private extend(file: JournalFile, done: (error: Error | null) => void): void {
    const { disk, plenty, spare } = this.options
    const length = Math.min(this.fileSize - file.size, CHUNK)
    disk.freeAsync((error, free) => {
      if (error !== null) this.fill(file, length, done)
      else if (this.hurry && free! >= plenty) {
        file.size = this.fileSize
        file.holey = true
        done(null)
      } else if (free! < spare() + length) done(NO_SPACE)
      else this.fill(file, length, done)
    })
  }

  private fill(file: JournalFile, length: number, done: (error: Error | null) => void): void {
    this.zeros ??= new Uint8Array(Math.min(this.fileSize, CHUNK))
    const at = file.size
    this.withHandle(file, (openError) => {
      if (openError !== null) return done(openError)
      file.handle!.writeAsync(this.zeros!, 0, length, at, (error) => {
        if (error !== null) return done(error)
        file.size = at + length
        this.unsynced += length
        if (file.size < this.fileSize && this.unsynced < UNSYNCED) return done(null)
        this.unsynced = 0
        // A sync of the file that is being written would keep its data waiting, too.
        if (file.number === this.current) return done(null)
        file.handle!.syncAsync(done)
      })
    })
  }

  private extendPrepared(): void {
    for (;;) {
      const file = this.files.get(this.numberOf(this.prepared))
      if (file === undefined) return
      const end = file.number * this.fileSize + file.size
      // A file that was found at start is opened before anything is to be written to it.
      this.openNow(file)
      this.prepared = Math.max(this.prepared, end)
      if (file.size < this.fileSize) return
    }
  }

  private recycleIfDead(file: JournalFile): void {
    if (file.live > 0 || file.deadAt >= 0 || file.readers > 0 || this.stopped) return
    if ((file.number + 1) * this.fileSize > this.floor || !this.files.has(file.number)) return
    this.files.delete(file.number)
    file.second?.close()
    if (this.retained === file) this.retained = null
    if (this.released === file) this.released = null
    this.options.background.add((done) => this.recycle(file, done))
  }

  /** Gives the file the next free number, or removes it if enough is prepared. */
  private recycle(file: JournalFile, done: () => void): void {
    const { disk } = this.options
    const name = journalFileName(file.number)
    const finish = (error: Error | null) => {
      if (error !== null) this.options.onFatal(error)
      // The space of a file that was removed may be what a full disk waits for.
      this.retryAt = 0
      done()
      if (error === null) this.prepare(this.goal)
      this.onPrepared()
    }
    if (this.stopped) {
      file.handle?.close()
      done()
      return
    }
    const enough = (this.highest + 1) * this.fileSize >= this.goal + this.fileSize
    // What a full disk lacks may be the space for the next tidying.
    if (enough || this.full || file.size < this.fileSize) {
      file.handle?.close()
      disk.removeAsync(name, finish)
      return
    }
    const number = this.highest + 1
    disk.renameAsync(name, journalFileName(number), (error) => {
      if (error !== null) return finish(error)
      disk.syncDirectoryAsync(JOURNAL_DIRECTORY, (syncError) => {
        if (syncError !== null) return finish(syncError)
        // What was used as it grew is written over like a new file, unless there is plenty of space again.
        this.adopt(number, file.handle, file.holey ? 0 : file.size)
        this.extendPrepared()
        finish(null)
      })
    })
  }

  private lengthNow(file: JournalFile): number {
    const handle = this.options.disk.open(journalFileName(file.number), 'existing')
    const length = handle.size()
    handle.close()
    return length
  }

  private openSecond(file: JournalFile): void {
    if (file.secondAsked) return
    file.secondAsked = true
    this.options.disk.openAsync(journalFileName(file.number), 'existing', (error, handle) => {
      if (error !== null) return
      if (this.files.get(file.number) === file && !this.stopped) file.second = handle!
      else handle!.close()
    })
  }

  private openNow(file: JournalFile): DiskFile {
    file.handle ??= this.options.disk.open(journalFileName(file.number), 'existing')
    return file.handle
  }

  private withHandle(file: JournalFile, then: (error: Error | null) => void): void {
    if (file.handle !== null) {
      then(null)
      return
    }
    if (file.opening !== null) {
      file.opening.push(then)
      return
    }
    file.opening = [then]
    this.options.disk.openAsync(journalFileName(file.number), 'existing', (error, handle) => {
      const waiting = file.opening!
      file.opening = null
      if (error === null && file.handle === null) file.handle = handle!
      else handle?.close()
      for (const each of waiting) each(error)
    })
  }
}
