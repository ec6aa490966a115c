import type { Clock } from '../env/clock.ts'
import type { Disk } from '../env/disk.ts'
import type { Background } from './background.ts'
import { StoreError } from './errors.ts'
import type { Fold } from './fold.ts'
import { isDiskFull } from './journal-files.ts'
import type { JournalReader } from './journal-reader.ts'
import { JOURNAL, SEGMENT, SEGMENT_SPAN } from './place.ts'
import { SEGMENT_BLOCK } from './segment.ts'
import { DirectoryWriter, ENTRY_LIMIT, MOVED_RECORD, readMoved } from './segment-directory.ts'
import { type ReadSource, Scratch, SegmentWriter } from './segment-writer.ts'
import type { Segment, Segments } from './segments.ts'
import { onDisk, type Steps, type Wait } from './steps.ts'
import { headerOf, type Output, TidyPlan } from './tidy-plan.ts'

const RETRY_MS = 1000
/** Per step: owners asked, entries looked at, entries moved. */
const OWNERS = 256
const ENTRIES = 512
const MOVES = 512
/** What comes before the first entry of a record. */
const RECORD_LIMIT = 20
/** Segments that are rewritten together. */
const TOGETHER = 64
/** As many small segments are made one. */
const SMALL = 16

const NO_SPACE = Object.assign(new Error('what is free is kept for checkpoints'), { code: 'ENOSPC' })

export interface TidyOptions {
  /** Journal files between the oldest with live bytes and the newest before the oldest is tidied. */
  readonly budget: number
  /** Bytes that are tidied in one go. */
  readonly slice: number
  /** Bytes of one owner that make a segment of their own. */
  readonly own: number
}

export const TIDY_DEFAULTS: TidyOptions = { budget: 16, slice: 16 * 2 ** 20, own: 2 ** 20 }

export interface TidyJournal {
  readonly tail: number
  readonly durable: number
  readonly longest: number
  roomForTidying(): number
  /** Appends a record and returns the arena place of its payload. */
  append(type: number, length: number): number
}

/** The journal's files, as far as tidying needs them. */
export interface TidyFiles {
  readonly fileSize: number
  all(): Iterable<{ readonly number: number; readonly live: number; readonly damaged: boolean }>
  retain(position: number, length: number): void
  release(position: number, length: number): void
}

export interface TidySeams {
  readonly disk: Disk
  readonly clock: Clock
  readonly background: Background
  /** The arena's bytes, where records are written. */
  readonly bytes: Uint8Array
  readonly journal: TidyJournal
  readonly files: TidyFiles
  readonly reader: Pick<JournalReader, 'readAsync'>
  readonly segments: Segments
  readonly fold: Fold
  readonly options: TidyOptions
  /** Bytes of the disk that are left for the next checkpoint. */
  readonly spare: () => number
  /** Wants `step` to be called at the end of a turn. */
  readonly wake: () => void
  readonly onFatal: (error: Error) => void
}

/** What is being tidied: a part of a journal file, or segments that are mostly dead. */
interface Job {
  readonly place: number
  readonly from: number
  readonly to: number
  /** The numbers of the segments; null for the journal. */
  readonly numbers: ReadonlySet<number> | null
  readonly plan: TidyPlan
  /** Positions whose file is held by a byte more while it is being tidied. */
  readonly pins: readonly number[]
  /** By journal file or segment (any position in it): bytes that have moved away. */
  readonly moved: Map<number, number>
}

/**
 * Moves what stays long out of the journal, so that its files can be used again, and rewrites segments of which little is
 * left. Bodies are copied first; only when the copies are on the disk the indexes are pointed to them, a bounded number in each
 * turn, with a record in the journal; then the old bytes are given up, whose file is not used again before that is durable.
 */
export class Tidy {
  /** Tidyings of the journal and of segments that were done, and those given up because the disk was full. */
  tidied = 0
  rewritten = 0
  givenUp = 0
  private readonly seams: TidySeams
  /** Memory that goes from one job to the next. */
  private readonly scratch = new Scratch()
  private plan: TidyPlan | null = null
  private steps: Steps | null = null
  /** What the next step waits for. */
  private waits: Wait = 'turn'
  private stopped = false
  private cursor = 0
  private retryAt = 0
  /** The journal is looked at again when its tail is here. */
  private lookAt = 0
  private readonly go = () => this.goOn()

  constructor(seams: TidySeams) {
    this.seams = seams
  }

  /** At a turn's end, when all facts are in the journal: the next bounded step. */
  step(): void {
    if (this.stopped) return
    if (this.steps === null && this.seams.clock.elapsed() >= this.retryAt) this.begin()
    if (this.steps === null || this.waits === 'disk') return
    const { done, value } = this.steps.next()
    if (done) this.steps = null
    this.waits = done ? 'turn' : value
    if (this.waits === 'turn') this.seams.wake()
  }

  /** Nothing more is moved. What was being written is not part of the store, and is removed at the next start. */
  stop(): void {
    this.stopped = true
    if (this.quiet) this.steps?.return()
  }

  /** Whether nothing is being written. */
  get quiet(): boolean {
    return this.steps === null || this.waits !== 'disk'
  }

  /** Whether nothing is being tidied. */
  get idle(): boolean {
    return this.steps === null
  }

  /** At recovery: a record of type 250. */
  replay(bytes: Uint8Array, at: number): void {
    const { segments, fold } = this.seams
    const entries: number[] = []
    const header = readMoved(bytes, at, (...entry) => entries.push(...entry))
    segments.add(header.segment, header.end, header.total)
    for (let i = 0; i < entries.length; i += 4) {
      const position = header.segment * SEGMENT_SPAN + entries[i + 2]!
      fold.owner(entries[i]!)?.move(entries[i + 1]!, SEGMENT, position, entries[i + 3]!)
    }
  }

  /** When `step` has something to do again if no turn comes, as `Clock.elapsed` counts. */
  nextDeadline(): number {
    return this.idle && this.retryAt > this.seams.clock.elapsed() ? this.retryAt : Number.POSITIVE_INFINITY
  }

  /** A job for the disk is done. */
  private goOn(): void {
    this.waits = 'turn'
    if (this.stopped) this.steps?.return()
    this.seams.wake()
  }

  private begin(): void {
    const { journal, files, segments } = this.seams
    let job: Job | null = null
    if (journal.tail >= this.lookAt) {
      job = this.pickJournal()
      if (job === null) this.lookAt = journal.tail + files.fileSize / 16
    }
    if (job === null && segments.worn) {
      job = this.pickSegments()
      if (job === null) segments.worn = false
    }
    if (job === null) {
      this.scratch.drop()
      this.plan = null
      return
    }
    this.steps = this.tidy(job)
    this.waits = 'turn'
  }

  /** The next part of the oldest file, if the journal is over its budget. */
  private pickJournal(): Job | null {
    const { journal, files, options } = this.seams
    const { fileSize } = files
    let oldest = Number.POSITIVE_INFINITY
    for (const file of files.all()) if (file.live > 0 && !file.damaged) oldest = Math.min(oldest, file.number)
    const start = oldest * fileSize
    if (Math.floor(journal.tail / fileSize) - oldest < options.budget || start + fileSize > journal.durable) return null
    if (this.cursor < start || this.cursor >= start + fileSize) this.cursor = start
    const from = this.cursor
    const to = Math.min(from + options.slice, start + fileSize)
    this.cursor = to
    return this.newJob(JOURNAL, from, to, null, [from])
  }

  /** Segments with less than a quarter alive, or many small ones. */
  private pickSegments(): Job | null {
    const { segments, options } = this.seams
    const little: Segment[] = []
    const small: Segment[] = []
    for (const segment of segments.all()) {
      if (segment.live === 0 || segment.damaged) continue
      if (segment.live * 4 < segment.total) little.push(segment)
      else if (segment.end < options.slice / 16) small.push(segment)
    }
    if (little.length === 0 && small.length < SMALL) return null
    const candidates = small.length < SMALL ? little : [...little, ...small]
    candidates.sort((a, b) => a.number - b.number)
    const numbers = new Set<number>()
    let bytes = 0
    for (const segment of candidates) {
      if (numbers.size > 0 && (numbers.size === TOGETHER || bytes + segment.live > options.slice)) break
      numbers.add(segment.number)
      bytes += segment.live
    }
    const pins = [...numbers].map((number) => number * SEGMENT_SPAN)
    return this.newJob(SEGMENT, Math.min(...pins), Math.max(...pins) + SEGMENT_SPAN, numbers, pins)
  }

  private newJob(place: number, from: number, to: number, numbers: Set<number> | null, pins: readonly number[]): Job {
    this.plan ??= new TidyPlan()
    this.plan.reset(place === JOURNAL)
    return { place, from, to, numbers, plan: this.plan, pins, moved: new Map() }
  }

  private *tidy(job: Job): Steps {
    const { place, plan, pins } = job
    for (const pin of pins) this.retain(place, pin, 1)
    yield* this.collect(job)
    if (plan.items > 0) yield* this.relocate(job)
    // Nothing here: the next part, unless a whole file has just been looked through.
    else if (place === SEGMENT || this.cursor % this.seams.files.fileSize === 0) this.pause()
    for (const pin of pins) this.release(place, pin, 1)
  }

  /** Asks all owners what they have there. */
  private *collect(job: Job): Steps {
    const { plan, numbers } = job
    let asked = 0
    let looked = 0
    for (const owner of this.seams.fold.owners()) {
      for (let first = 0; first >= 0; ) {
        const before = plan.items
        first = owner.eachLive(job.place, job.from, job.to, first, ENTRIES, (sequence, position, length) => {
          if (numbers === null || numbers.has(Math.floor(position / SEGMENT_SPAN))) {
            plan.add(owner, sequence, position, length)
          }
        })
        looked += first >= 0 ? ENTRIES : plan.items - before
        if (++asked % OWNERS !== 0 && looked < ENTRIES) continue
        looked = 0
        yield 'turn'
      }
    }
  }

  private *relocate(job: Job): Steps {
    const { segments, options, background, disk } = this.seams
    yield* job.plan.layOut(segments.next, options.own)
    segments.next += job.plan.outputs.length
    const writer = new SegmentWriter(disk, background, job.plan, this.source(job), this.scratch, this.go)
    try {
      const free = yield* onDisk<number>(background, this.go, (done) => disk.freeAsync(done))
      if (free < this.seams.spare() + job.plan.size) throw NO_SPACE
      yield* writer.run()
    } catch (error) {
      this.giveUp(error as Error)
      return
    }
    job.plan.outputs.forEach((output, n) => {
      segments.add(output.number, output.end, output.total, writer.footers[n])
      segments.retain(output.number * SEGMENT_SPAN, 1)
    })
    for (const output of job.plan.outputs) yield* this.move(job, output)
    this.finish(job)
  }

  private source(job: Job) {
    const { segments, reader } = this.seams
    if (job.place === JOURNAL) {
      const read: ReadSource = (position, length, into, at, done) =>
        reader.readAsync(position, [into.subarray(at, at + length)], done)
      return { read, grain: 1, whole: true, extent: () => Number.POSITIVE_INFINITY }
    }
    const extent = (position: number) => segments.extent(position)
    return { read: segments.readAsync.bind(segments), grain: SEGMENT_BLOCK, whole: false, extent }
  }

  /** The disk is full, or does not give back what is to be moved: it is tried again later, without files that are damaged. */
  private giveUp(error: Error): void {
    const unread = error instanceof StoreError && (error.code === 'corrupt' || error.code === 'unreadable')
    if (isDiskFull(error) || unread) {
      this.givenUp++
      this.pause()
      return
    }
    if ((error as NodeJS.ErrnoException).code === undefined) throw error
    this.stopped = true
    this.seams.onFatal(error)
  }

  /** Points entries to their new places and writes that down. */
  private *move(job: Job, output: Output): Steps {
    const { journal, bytes } = this.seams
    for (let item = 0; item < output.items.length; ) {
      // What one record can hold is moved in one turn, and only where there is room for it.
      const room = Math.min(journal.roomForTidying(), journal.longest)
      const most = Math.min(MOVES, Math.floor((room - RECORD_LIMIT) / ENTRY_LIMIT))
      if (most < 1) {
        yield 'change'
        continue
      }
      const writer = new DirectoryWriter()
      const limit = item + most
      while (item < limit && item < output.items.length) item = this.moveRun(job, output, item, writer)
      if (writer.count > 0) {
        const record = writer.finish(headerOf(output))
        bytes.set(record, journal.append(MOVED_RECORD, record.length))
      }
      yield 'turn'
    }
  }

  /** Moves the run that begins with an item, as far as it still is one, and returns the item behind it. */
  private moveRun(job: Job, output: Output, from: number, writer: DirectoryWriter): number {
    const { plan } = job
    const to = this.intactEnd(job, output, from)
    if (to === from) return from + 1
    const length = plan.runLength(output, from, to)
    const owner = plan.owner(output, from)
    const sequence = plan.sequence(output, from)
    const offset = plan.offset(output, from)
    const position = output.number * SEGMENT_SPAN + offset
    if (!owner.move(sequence, SEGMENT, position, length)) return to
    this.seams.segments.retain(position, length)
    writer.add(owner.id, sequence, offset, length)
    for (let i = from; i < to; i++) {
      const body = plan.body(output, i)
      const old = Math.floor(plan.positions.values[body]! / SEGMENT_SPAN) * SEGMENT_SPAN
      const file = job.place === JOURNAL ? job.from : old
      job.moved.set(file, (job.moved.get(file) ?? 0) + plan.lengths.values[body]!)
    }
    return to
  }

  /** How far a run is still as it was when it was copied. What was written anew meanwhile has been given up there, and is kept elsewhere. */
  private intactEnd({ plan, place }: Job, output: Output, from: number): number {
    const end = plan.runEnd(output, from)
    const owner = plan.owner(output, from)
    let after = -1
    for (let i = from; i < end; i++) {
      const sequence = plan.sequence(output, i)
      if (!owner.isAt(sequence, place, plan.positions.values[plan.body(output, i)]!, after)) return i
      after = sequence
    }
    return end
  }

  /** The old bytes are given up; their file stays until all that the journal says by now is durable, as every file that dies. */
  private finish(job: Job): void {
    for (const [file, length] of job.moved) this.release(job.place, file, length)
    if (job.moved.size === 0) this.pause()
    if (job.place === JOURNAL) this.tidied++
    else this.rewritten++
    for (const output of job.plan.outputs) this.release(SEGMENT, output.number * SEGMENT_SPAN, 1)
  }

  private pause(): void {
    this.retryAt = this.seams.clock.elapsed() + RETRY_MS
  }

  private retain(place: number, position: number, length: number): void {
    if (place === JOURNAL) this.seams.files.retain(position, length)
    else this.seams.segments.retain(position, length)
  }

  private release(place: number, position: number, length: number): void {
    if (place === JOURNAL) this.seams.files.release(position, length)
    else this.seams.segments.release(position, length)
  }
}
