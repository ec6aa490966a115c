import type { Clock } from '../env/clock.ts'
import type { Disk, DiskFile } from '../env/disk.ts'
import type { Arena } from '../std/arena.ts'
import { assert } from '../std/assert.ts'
import { type BlockSums, checkBlocks, type Edges, sumBlocks } from './block-sums.ts'
import { StoreError } from './errors.ts'
import { isDiskFull } from './journal-files.ts'
import type { Log } from './log.ts'

export const SPILL_DIRECTORY = 'spill'
const LARGEST_PAGE = 2 ** 20
const LARGEST_BLOCK = 64 * 1024
const EDGES_KEPT = 4
const RETRY_MS = 1000

/** A file's worth of the spill; the file itself is there only once something has been written to it. */
interface SpillFile {
  readonly number: number
  /** Live bytes of each page. */
  readonly pages: Float64Array
  live: number
  /** Nothing has been written from here on. */
  end: number
  /** Of each block that was written its checksum; null before anything was. */
  blocks: BlockSums | null
  handle: DiskFile | null
  /** Reads and writes under way. */
  users: number
}

export interface SpillOptions {
  readonly arena: Arena
  readonly clock: Clock
  readonly disk: Disk
  readonly log: Log
  /** Bytes that are needed cannot be had. */
  readonly onDamage: (error: StoreError) => void
  readonly onFatal: (error: Error) => void
}

/**
 * The log of what need not survive the process. A byte is written only if it is about to leave the ring while something
 * still points to it: pages in which nothing is live are never written. The files are dropped at start.
 *
 * Below `safe` every page is dead or written, so that the ring may be overwritten there; from `safe` on everything is in
 * the ring.
 */
export class Spill {
  /** Where the last appended bytes begin. */
  position = 0
  /** The longest run of bytes that can be appended. */
  readonly longest: number
  /** There is more room. */
  onProgress: () => void = () => {}
  /** The disk refused the last write: there is room only for what fits in the ring. */
  full = false
  /** Bytes that have been written since the start. */
  spilled = 0
  private readonly arena: Arena
  private readonly clock: Clock
  private readonly disk: Disk
  private readonly log: Log
  private readonly onDamage: (error: StoreError) => void
  private readonly onFatal: (error: Error) => void
  private readonly pageSize: number
  private readonly blockSize: number
  /** Memory for what is read beside what was asked for. */
  private readonly edges: Edges[] = []
  private readonly files = new Map<number, SpillFile>()
  private retained: SpillFile | null = null
  private released: SpillFile | null = null
  private safe = 0
  private writing = false
  private stopped = false
  private wanted = 0
  private retryAt = 0

  constructor(options: SpillOptions) {
    this.arena = options.arena
    this.clock = options.clock
    this.disk = options.disk
    this.log = options.log
    this.onDamage = options.onDamage
    this.onFatal = options.onFatal
    this.pageSize = Math.min(LARGEST_PAGE, this.log.ringSize / 32)
    this.blockSize = Math.min(LARGEST_BLOCK, this.pageSize)
    this.longest = this.log.blockSize
    assert(this.pageSize <= this.log.fileSize, 'a spill file holds whole pages')
    this.disk.makeDirectory(SPILL_DIRECTORY)
    for (const name of this.disk.list(SPILL_DIRECTORY)) this.disk.remove(`${SPILL_DIRECTORY}/${name}`)
  }

  get tail(): number {
    return this.log.tail
  }

  /**
   * Takes `length` bytes and returns their arena place; `position` is then their position. What is not retained before
   * the next call of `room` is gone. The caller has checked the room.
   */
  append(length: number): number {
    const { log } = this
    if (length > log.rest && log.rest > 0) log.skipBlock()
    const at = log.reserve(length)
    this.position = log.tail - length
    if (log.tail > this.safe + log.ringSize) throw new Error('bytes are appended to the spill only where there is room')
    return at
  }

  /** How many bytes, in one run or several, can surely be appended now. */
  room(): number {
    const { log } = this
    if (log.tail - this.safe > log.ringSize / 2) this.advance()
    const available = this.safe + log.ringSize - log.tail
    if (available <= log.rest) return Math.max(0, available)
    return Math.max(log.rest, Math.min(available - log.rest, log.blockSize))
  }

  /** Says that somebody waits for room for `length` bytes, at most `longest`. */
  want(length: number): void {
    const { log } = this
    assert(length <= this.longest, 'no run of bytes is longer than a block')
    const ever = Math.max(log.rest, log.ringSize - this.pageSize - log.rest)
    if (length > ever && this.safe + log.ringSize >= log.blockEnd) log.skipBlock()
    this.wanted = length
    this.pump()
  }

  /** The turn ends: pages are written if the ring is running full. */
  endTurn(): void {
    this.pump()
  }

  nextDeadline(): number {
    return this.full ? this.retryAt : Number.POSITIVE_INFINITY
  }

  /** Tries a full disk again. */
  tick(): void {
    this.pump()
  }

  retain(position: number, length: number): void {
    let file = this.retained
    const number = Math.floor(position / this.log.fileSize)
    if (file === null || file.number !== number) file = this.retained = this.fileAt(number)
    this.count(file, position, length)
  }

  release(position: number, length: number): void {
    let file = this.released
    const number = Math.floor(position / this.log.fileSize)
    if (file === null || file.number !== number) {
      file = this.released = this.files.get(number) ?? null
      assert(file !== null, 'bytes that are released were retained')
    }
    this.count(file, position, -length)
    if (file.live === 0) this.dropIfDead(file)
  }

  /**
   * Reads retained bytes, which were appended in one run; part of them may still be in the ring. The blocks that the others lie in are checked: damage is a
   * StoreError, which is reported.
   */
  readAsync(position: number, length: number, into: Uint8Array, at: number, done: (error: Error | null) => void): void {
    const onDisk = Math.max(0, Math.min(length, this.safe - position))
    if (onDisk < length) {
      const place = this.log.locate(position + onDisk)
      assert(place >= 0, 'what is not in the ring has been written')
      into.set(this.arena.bytes.subarray(place, place + length - onDisk), at + onDisk)
    }
    const file = this.files.get(Math.floor(position / this.log.fileSize))
    assert(file, 'what is read is retained')
    if (onDisk === 0) {
      // Still answered later, as callers rely on.
      this.clock.afterInput(() => done(null))
      return
    }
    assert(file.handle, 'what has left the ring has been written')
    this.readBlocks(file, position - file.number * this.log.fileSize, into.subarray(at, at + onDisk), (error) => {
      this.dropIfDead(file)
      done(error)
      if (this.stopped) this.onProgress()
    })
  }

  /** Reads bytes that were written, with what lies beside them in their blocks. */
  private readBlocks(file: SpillFile, from: number, into: Uint8Array, done: (error: StoreError | null) => void): void {
    const { blockSize } = this
    const to = from + into.length
    const before = from % blockSize
    const behind = Math.ceil(to / blockSize) * blockSize - to
    const edges = this.edges.pop() ?? new Uint8Array(2 * blockSize)
    const parts = [edges.subarray(0, before), into, edges.subarray(blockSize, blockSize + behind)]
    file.users++
    file.handle!.readPartsAsync(parts, from - before, (error, n) => {
      file.users--
      let why = error?.message ?? (n < before + into.length + behind ? 'it is too short' : '')
      if (why === '' && checkBlocks(file.blocks!, into, 0, from, into.length, edges) >= 0) why = 'a wrong checksum'
      if (this.edges.length < EDGES_KEPT) this.edges.push(edges)
      done(why === '' ? null : this.damage(file, from, why))
    })
  }

  private damage({ number }: SpillFile, at: number, why: string): StoreError {
    const name = spillFileName(number)
    const error = new StoreError(
      'corrupt',
      `${name} is damaged within ${this.blockSize} bytes of byte ${at} (${why})`,
      name,
      at,
    )
    this.onDamage(error)
    return error
  }

  /** How many bytes from `position` on can be read from its file; 0 if nothing there is retained. */
  extent(position: number): number {
    const file = this.files.get(Math.floor(position / this.log.fileSize))
    if (file === undefined || file.live === 0) return 0
    return Math.max(1, Math.min(file.end, this.safe) - position)
  }

  /** No more writes are begun. */
  stop(): void {
    this.stopped = true
  }

  /** Whether no read or write is under way. */
  get idle(): boolean {
    for (const file of this.files.values()) if (file.users > 0) return false
    return true
  }

  closeAll(): void {
    for (const file of this.files.values()) {
      file.handle?.close()
      file.handle = null
    }
  }

  private fileAt(number: number): SpillFile {
    let file = this.files.get(number)
    if (file === undefined) {
      const pages = new Float64Array(this.log.fileSize / this.pageSize)
      file = { number, pages, live: 0, end: 0, blocks: null, handle: null, users: 0 }
      this.files.set(number, file)
    }
    return file
  }

  /** Adds to the live bytes of the pages that a run lies in. */
  private count(file: SpillFile, position: number, delta: number): void {
    file.live += delta
    const sign = Math.sign(delta)
    let left = Math.abs(delta)
    let at = position - file.number * this.log.fileSize
    while (left > 0) {
      const page = Math.floor(at / this.pageSize)
      const n = Math.min(left, (page + 1) * this.pageSize - at)
      file.pages[page]! += sign * n
      at += n
      left -= n
    }
  }

  private liveInPage(position: number): number {
    const file = this.files.get(Math.floor(position / this.log.fileSize))
    if (file === undefined) return 0
    return file.pages[Math.floor((position - file.number * this.log.fileSize) / this.pageSize)]!
  }

  /** Lets go of dead pages at the ring's end. */
  private advance(): void {
    if (this.writing) return
    while (this.safe + this.pageSize <= this.log.tail && this.liveInPage(this.safe) === 0) {
      this.moveSafe(this.safe + this.pageSize)
    }
  }

  private moveSafe(to: number): void {
    const { fileSize } = this.log
    const before = Math.floor(this.safe / fileSize)
    this.safe = to
    if (Math.floor(to / fileSize) === before) return
    const file = this.files.get(before)
    if (file !== undefined) this.dropIfDead(file)
  }

  private pump(): void {
    if (this.writing || this.stopped) return
    this.advance()
    if (this.wanted > 0 && this.room() >= this.wanted) this.wanted = 0
    const { log } = this
    if (log.tail - this.safe <= (log.ringSize / 4) * 3 && this.wanted === 0) return
    if (this.safe + this.pageSize > log.tail) return
    if (this.full && this.clock.elapsed() < this.retryAt) return
    this.write()
  }

  /** Writes a run of live pages that lies in one piece in the ring and in its file. */
  private write(): void {
    const { log, pageSize, safe } = this
    const most = Math.max(pageSize, log.ringSize / 8)
    const blockEnd = (Math.floor(safe / log.blockSize) + 1) * log.blockSize
    let end = safe + pageSize
    while (end + pageSize <= Math.min(log.tail, blockEnd, safe + most) && this.liveInPage(end) > 0) end += pageSize
    const file = this.fileAt(Math.floor(safe / log.fileSize))
    this.writing = true
    file.users++
    const done = (error: Error | null) => this.onWritten(file, end, error)
    const put = () => {
      const at = safe - file.number * log.fileSize
      sumBlocks(this.arena.bytes, log.placeOf(safe), end - safe, this.blockSize, this.sumsOf(file), at / this.blockSize)
      file.handle!.writeAsync(this.arena.bytes, log.placeOf(safe), end - safe, at, done)
    }
    if (file.handle !== null) {
      put()
      return
    }
    this.disk.openAsync(spillFileName(file.number), 'create', (error, handle) => {
      if (error !== null) return done(error)
      file.handle = handle!
      put()
    })
  }

  private sumsOf(file: SpillFile): BlockSums['sums'] {
    const { blockSize } = this
    const end = this.log.fileSize
    file.blocks ??= { block: blockSize, end, sums: new Float64Array(end / blockSize).fill(-1) }
    return file.blocks.sums
  }

  private onWritten(file: SpillFile, end: number, error: Error | null): void {
    this.writing = false
    file.users--
    if (error !== null) {
      if (!isDiskFull(error)) {
        this.onFatal(error)
        return
      }
      this.full = true
      this.retryAt = this.clock.elapsed() + RETRY_MS
    } else {
      this.full = false
      this.spilled += end - this.safe
      file.end = end
      this.moveSafe(end)
      this.dropIfDead(file)
    }
    this.pump()
    this.onProgress()
  }

  private dropIfDead(file: SpillFile): void {
    if (file.live > 0 || file.users > 0 || (file.number + 1) * this.log.fileSize > this.safe) return
    if (!this.files.delete(file.number)) return
    if (this.retained === file) this.retained = null
    if (this.released === file) this.released = null
    if (file.handle === null) return
    file.handle.close()
    this.disk.removeAsync(spillFileName(file.number), (error) => {
      if (error !== null) this.onFatal(error)
    })
  }
}

function spillFileName(number: number): string {
  return `${SPILL_DIRECTORY}/${String(number).padStart(12, '0')}.spill`
}
