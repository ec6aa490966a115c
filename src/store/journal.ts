import type { Clock } from '../env/clock.ts'
import type { DiskFile } from '../env/disk.ts'
import type { Arena } from '../std/arena.ts'
import { assert } from '../std/assert.ts'
import { putU32 } from '../std/bytes.ts'
import { BLOCK_END, ENTRY_END, FRAME_HEADER, RECORD_HEADER, recordSize, sealFrame } from './frame.ts'
import type { JournalFiles } from './journal-files.ts'
import type { Log } from './log.ts'

const OVERHEAD = FRAME_HEADER + RECORD_HEADER
/**
 * No frame is longer unless a single record makes it so: who reads something back has to read the whole frame to check it. A frame of half of that is closed
 * before a record that would make it longer.
 */
const FRAME_GOAL = 64 * 1024
/** With less room than that, what is prepared will soon be used up. */
const SHORT = 2 ** 18
/** Bytes written ahead of the tail while a store is young; later as many as have been appended. */
const LEAST_AHEAD = 8 * 2 ** 20

export interface JournalOptions {
  readonly arena: Arena
  readonly clock: Clock
  readonly log: Log
  readonly files: JournalFiles
  /** Prepared bytes that `room()` keeps back for settlements and tidying. */
  readonly reserve: number
  /** A group up to this size is written from the event loop, see docs/adr/0005. */
  readonly atOnce: number
  /** Part of the checksum of each frame's header. */
  readonly salt: number
  /** A write or a sync has failed: nothing that was not said to be durable is, and nothing more is written. */
  readonly onFatal: (error: Error) => void
}

/**
 * The durable log. Records are appended in memory; `commit`, at the end of a turn, closes them as one entry and writes
 * it. One write is in flight at a time, with one sync for all who asked; what is appended meanwhile is the next group,
 * so that batching follows the load. A small group behind a small one does not wait for the sync before it: its own runs beside
 * that one (docs/adr/0005).
 *
 *   durable ≤ synced ≤ written ≤ writing ≤ tail
 */
export class Journal {
  /** Where the payload of the last appended record begins. */
  position = 0
  /** Up to here everything is in the operating system's hands. */
  written = 0
  /** Up to here everything is on the disk. */
  durable = 0
  /** The end of the group that is being written; equal to `written` if none is. */
  writing = 0
  /** Grows by one with every start; marks this process's frames. */
  epoch = 0
  /** The longest payload a record can have. */
  readonly longest: number
  /** `written`, `durable` or the room has grown, or the disk has become full. */
  onProgress: () => void = () => {}
  private readonly arena: Arena
  private readonly clock: Clock
  private readonly log: Log
  private readonly files: JournalFiles
  private readonly reserve: number
  private readonly atOnce: number
  private readonly frameGoal: number
  /** Groups up to this size are synced beside one another. */
  private readonly small: number
  private readonly salt: number
  private readonly onFatal: (error: Error) => void
  /** Arena place of the open frame's header, or -1. */
  private frameAt = -1
  private framePosition = 0
  /** Where the entry that is being gathered begins. */
  private entryStart = 0
  private softLimit = 0
  private settlementLimit = 0
  private hardLimit = 0
  /** A group is being written. */
  private inFlight = false
  private failed = false
  /** A turn ended while its group had to wait. */
  private committed = false
  /** The tail when the last turn ended. */
  private turnEnd = 0
  private syncAsked = false
  /** The longest record that had to wait for room. */
  private longestWanted = 0
  private syncing = false
  private skipAsked = false
  /** Where the write under way ends. */
  private partEnd = 0
  /** Up to here everything is durable once the syncs under way have ended. */
  private synced = 0
  /** Bytes of the last group that was synced. */
  private lastGroup = 0
  /** The most that a sync which has ended was for. */
  private ended = 0
  private readonly first = new Sync((sync, error) => this.onFileSynced(sync, error))
  private readonly second = new Sync((sync, error) => this.onFileSynced(sync, error))
  private readonly partWritten = (error: Error | null) => this.onPartWritten(error)

  constructor(options: JournalOptions) {
    this.arena = options.arena
    this.clock = options.clock
    this.log = options.log
    this.files = options.files
    this.reserve = options.reserve
    this.atOnce = options.atOnce
    this.small = options.atOnce / 4
    this.salt = options.salt
    this.onFatal = options.onFatal
    this.frameGoal = Math.min(FRAME_GOAL, this.log.blockSize / 2)
    this.longest = this.inFrames(this.log.blockSize - OVERHEAD)
    this.files.onPrepared = () => {
      this.setLimits()
      this.onProgress()
    }
  }

  /**
   * Begins to append behind what recovery left, with an empty entry on the disk: nothing of an older epoch can follow it
   * later. Synchronous, as all of the start.
   */
  begin(epoch: number): void {
    const { log } = this
    this.epoch = epoch
    if (log.rest < FRAME_HEADER) log.skipBlock()
    this.files.begin(log.tail)
    this.durable = log.tail
    this.beginFrame()
    const { framePosition, frameAt } = this
    this.seal(ENTRY_END)
    const file = this.files.writer(framePosition)
    file.write(this.arena.bytes, frameAt, FRAME_HEADER, framePosition % log.fileSize)
    file.sync()
    this.written = this.writing = this.durable = this.synced = log.tail
    this.setLimits()
    // An old store may have been stopped with little space ahead; a fresh one waits until it is used.
    if (framePosition > 0) this.prepareAhead()
  }

  /** The position after the last byte appended. */
  get tail(): number {
    return this.log.tail
  }

  /**
   * Replaying from here on yields everything that has been appended from now on: what a checkpoint that is begun now
   * has to note. Records just before may come again.
   */
  get boundary(): number {
    return this.frameAt < 0 ? this.log.tail : this.entryStart
  }

  /** The disk is full: `room()` comes back when there is space again. */
  get full(): boolean {
    return this.files.full
  }

  /**
   * Appends a record and returns the arena place where its payload of `length` bytes is to be written before the turn
   * ends; `position` is then the payload's position. The caller has checked the room.
   */
  append(type: number, length: number): number {
    const size = (length + RECORD_HEADER + 7) & ~7
    const { log } = this
    if (this.frameAt < 0 || size > log.blockEnd - log.tail || this.closesBefore(size)) this.openFrame(size)
    const at = log.reserve(size)
    this.position = log.tail - size + RECORD_HEADER
    if (log.tail > this.hardLimit) throw new Error('a record is appended only where there is room')
    const { bytes } = this.arena
    putU32(bytes, at, length)
    bytes[at + 4] = type
    bytes[at + 5] = bytes[at + 6] = bytes[at + 7] = 0
    return at + RECORD_HEADER
  }

  /**
   * Payload bytes that can surely be appended now, less what is kept back for settlements and tidying. Several records
   * fit if the sum of their lengths and 16 bytes for each but the first does. Zero while the disk is `full`, and for
   * moments while the ring waits for the disk; `onProgress` tells when to look again.
   */
  room(): number {
    return this.roomBelow(this.softLimit)
  }

  /** The same with most of what is kept back: for what frees space in the end. */
  roomForSettlement(): number {
    return this.roomBelow(this.settlementLimit)
  }

  /** The same with all of it: what settlements left behind is freed by tidying, which has to be journalled itself. */
  roomForTidying(): number {
    return this.roomBelow(this.hardLimit)
  }

  /**
   * Says that somebody waits for room for `length` bytes (at most `longest`), which the rest of the current block may
   * never give: a later commit then leaves it unused.
   */
  want(length: number): void {
    assert(length <= this.longest, 'no record is longer than a block')
    const { rest, ringSize } = this.log
    const inBlock = this.inFrames(rest - OVERHEAD)
    const inNext = this.inFrames(ringSize - rest - OVERHEAD)
    if (length > inBlock && length > inNext) this.skipAsked = true
    if (length <= this.longestWanted) return
    this.longestWanted = length
    this.prepareAhead()
  }

  /** The turn ends: what was appended is written as soon as no other write is in flight, and synced if `sync`. */
  commit(sync: boolean): void {
    this.turnEnd = this.log.tail
    if (sync) this.syncAsked = true
    if (this.failed) return
    if (this.inFlight) {
      this.committed = true
      return
    }
    const { tail } = this.log
    if (tail === this.written && !(this.syncAsked && this.synced < tail) && !this.skipAsked) {
      this.syncAsked = false
      return
    }
    if (this.mayStart()) this.start()
    else this.committed = true
  }

  /** Whether a write or sync is under way. */
  get busy(): boolean {
    return this.inFlight || this.first.running || this.second.running
  }

  /**
   * Beside the sync of a small group only a small one is begun: where groups are large, gathering is what makes them cheap, and what comes first
   * after a large one is always small. And only in the same file: none that is synced can be used again, as the tail is in it. The second sync needs a descriptor of its own, because the system tells each of a failed write once.
   */
  private mayStart(): boolean {
    const { first, second, log, files } = this
    if (!first.running && !second.running) return true
    if ((first.running && second.running) || this.skipAsked) return false
    if (this.lastGroup > this.small || log.tail - this.written > this.small) return false
    const number = files.numberOf(this.durable)
    return files.numberOf(log.tail - 1) === number && files.syncer(number, first.running) !== null
  }

  /** When `tick` is to be called, as `Clock.elapsed` counts. */
  nextDeadline(): number {
    return this.files.retryDeadline
  }

  /** Tries a full disk again. */
  tick(): void {
    this.prepareAhead()
  }

  /** Begins writing ahead in the background. */
  prepareAhead(): void {
    const { tail, rest, fileSize } = this.log
    const pace = Math.min(this.reserve + fileSize, Math.max(LEAST_AHEAD, tail))
    // What somebody waits for must fit beside what a young store keeps back, and may need a block of its own.
    const wanted = this.longestWanted > LEAST_AHEAD / 4 ? rest + this.withFrames(this.longestWanted) + OVERHEAD : 0
    // At the present pace the room lasts for a few more groups.
    const hurry = this.softLimit - tail < Math.max(SHORT, wanted, 4 * (tail - this.written))
    this.files.advance(tail, tail + Math.max(pace, wanted > 0 ? wanted + this.keptBack : 0), hurry)
  }

  private roomBelow(limit: number): number {
    const { log } = this
    const available = limit - log.tail
    const rest = log.blockEnd - log.tail
    const head = this.frameAt < 0 ? OVERHEAD : RECORD_HEADER
    if (available <= rest) return this.inFrames(available - head)
    const inNext = Math.min(available - rest - OVERHEAD, log.blockSize - OVERHEAD)
    return this.inFrames(Math.max(inNext, rest - head))
  }

  /** What fits in `room` bytes behind a frame's header if as many more frames as possible begin there. */
  private inFrames(room: number): number {
    return Math.max(0, room - FRAME_HEADER * (1 + Math.floor((2 * room) / this.frameGoal)))
  }

  /** Room of which `inFrames` leaves `length` bytes. */
  private withFrames(length: number): number {
    return length + FRAME_HEADER * (2 + Math.ceil(length / (this.frameGoal / 2 - FRAME_HEADER)))
  }

  /** What `room()` keeps back once as much is prepared. */
  private get keptBack(): number {
    return Math.min(this.reserve, Math.max(LEAST_AHEAD, this.written) / 2)
  }

  private setLimits(): void {
    const { prepared } = this.files
    const ring = this.written + this.log.ringSize
    // A young store has written little ahead and keeps half of that back.
    const reserve = Math.min(this.keptBack, prepared / 2)
    this.hardLimit = Math.min(ring, prepared)
    this.settlementLimit = Math.min(ring, prepared - Math.floor(reserve / 32) * 8)
    this.softLimit = Math.min(ring, prepared - Math.floor(reserve / 8) * 8)
  }

  /** Whether the open frame is long enough for another one to begin with a record of `size` bytes. */
  private closesBefore(size: number): boolean {
    const length = this.log.tail - this.framePosition
    const { frameGoal } = this
    return length + size > frameGoal && 2 * length >= frameGoal && FRAME_HEADER + size <= this.log.rest
  }

  private openFrame(size: number): void {
    const { log } = this
    if (this.frameAt >= 0) {
      const inBlock = FRAME_HEADER + size <= log.rest
      this.seal(inBlock ? 0 : BLOCK_END)
      if (!inBlock) log.skipBlock()
    } else {
      this.entryStart = log.tail
      if (FRAME_HEADER + size > log.rest) {
        // An empty frame says that the rest is unused, where there is room for one.
        if (log.rest >= FRAME_HEADER) {
          this.beginFrame()
          this.seal(BLOCK_END)
        }
        log.skipBlock()
      }
    }
    this.beginFrame()
  }

  private beginFrame(): void {
    const { log } = this
    this.frameAt = log.reserve(FRAME_HEADER)
    this.framePosition = log.tail - FRAME_HEADER
  }

  private seal(flags: number): void {
    const { frameAt, framePosition: position } = this
    const length = this.log.tail - position - FRAME_HEADER
    const { epoch, durable, clock, salt } = this
    sealFrame(this.arena.bytes, frameAt, length, flags, position, epoch, durable, clock.now(), salt)
    this.frameAt = -1
  }

  private start(): void {
    const { log } = this
    const skip = this.skipAsked && log.rest > 0 && log.blockEnd <= this.hardLimit
    if (skip && this.frameAt < 0 && log.rest >= FRAME_HEADER) this.beginFrame()
    if (this.frameAt >= 0) this.seal(skip ? ENTRY_END | BLOCK_END : ENTRY_END)
    if (skip) log.skipBlock()
    this.skipAsked = false
    this.inFlight = true
    this.committed = false
    this.syncing = this.syncAsked
    this.syncAsked = false
    this.writing = log.tail
    this.partEnd = this.written
    this.prepareAhead()
    this.writePart()
  }

  /** A group is written in one part, or in more where the ring wraps or a file ends. */
  private writePart(): void {
    const from = this.partEnd
    if (from === this.writing) {
      this.onGroupWritten()
      return
    }
    const { ringSize, fileSize } = this.log
    const lapEnd = (Math.floor(from / ringSize) + 1) * ringSize
    const fileStart = Math.floor(from / fileSize) * fileSize
    const to = Math.min(this.writing, lapEnd, fileStart + fileSize)
    this.partEnd = to
    const place = this.log.placeOf(from)
    const file = this.files.writer(from)
    const length = to - from
    if (length > this.atOnce) file.writeAsync(this.arena.bytes, place, length, from - fileStart, this.partWritten)
    else this.onPartWritten(writeNow(file, this.arena.bytes, place, length, from - fileStart))
  }

  private onPartWritten(error: Error | null): void {
    if (error !== null) this.fail(error)
    else this.writePart()
  }

  private onGroupWritten(): void {
    const progress = this.written < this.writing
    this.written = this.writing
    this.inFlight = false
    this.setLimits()
    const syncs = this.syncing && this.synced < this.written
    if (syncs) this.sync(this.first.running ? this.second : this.first)
    this.goOn()
    if (progress || !syncs) this.onProgress()
  }

  /** All files with bytes that may not be on the disk yet. */
  private sync(sync: Sync): void {
    this.lastGroup = this.written - this.synced
    this.synced = this.written
    sync.begin(this.files.numberOf(this.durable), this.written)
    this.syncNext(sync)
  }

  private syncNext(sync: Sync): void {
    this.files.syncer(sync.file, sync === this.second)!.syncAsync(sync.done)
  }

  private onFileSynced(sync: Sync, error: Error | null): void {
    if (error !== null) {
      this.fail(error)
      return
    }
    sync.file++
    if (sync.file * this.log.fileSize < sync.to) {
      this.syncNext(sync)
      return
    }
    sync.running = false
    this.ended = Math.max(this.ended, sync.to)
    const other = sync === this.first ? this.second : this.first
    // The younger of two may end first: its file must not be used again while the older one is at it.
    const older = other.running && other.to < sync.to
    if (!older && !this.failed) this.durable = this.ended
    this.goOn()
    if (!older) this.onProgress()
  }

  /** The next group is on its way before anybody hears of this one: the disk is what everybody waits for. */
  private goOn(): void {
    // A turn that is under way ends its entry itself: half of it must not be written without the other half.
    if (this.committed && this.log.tail === this.turnEnd) this.commit(false)
  }

  /** A failed write or sync is never tried again: the system may have dropped the pages, and the next sync would lie. */
  private fail(error: Error): void {
    if (this.failed) return
    this.failed = true
    this.onFatal(error)
  }
}

/** A sync under way, of one file after the other. */
class Sync {
  running = false
  file = 0
  /** What is durable when it has ended. */
  to = 0
  readonly done: (error: Error | null) => void

  constructor(done: (sync: Sync, error: Error | null) => void) {
    this.done = (error) => done(this, error)
  }

  begin(file: number, to: number): void {
    this.running = true
    this.file = file
    this.to = to
  }
}

/** What `room()` has to show for these records together. */
export function roomNeeded(...lengths: number[]): number {
  let sum = -RECORD_HEADER
  for (const length of lengths) sum += recordSize(length)
  return sum
}

/** The system's error that a write in place ended with, or null. */
function writeNow(file: DiskFile, bytes: Uint8Array, at: number, length: number, position: number): Error | null {
  try {
    file.write(bytes, at, length, position)
    return null
  } catch (error) {
    if ((error as { code?: string }).code === undefined) throw error
    return error as Error
  }
}
