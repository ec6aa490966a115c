import type { Clock } from '../env/clock.ts'
import type { Disk } from '../env/disk.ts'
import type { Background } from './background.ts'
import type { Fold, Owner } from './fold.ts'
import { isDiskFull } from './journal-files.ts'
import { JOURNAL, SEGMENT, SEGMENT_SPAN } from './place.ts'
import { SEGMENT_BLOCK } from './segment.ts'
import { DirectoryWriter, ENTRY_LIMIT, MOVED_RECORD, readMoved } from './segment-directory.ts'
import { SegmentWriter } from './segment-writer.ts'
import type { Segment, Segments } from './segments.ts'
import { headerOf, type Output, TidyPlan } from './tidy-plan.ts'

const RETRY_MS = 1000
/** Per step: owners asked, entries collected, entries moved. */
const OWNERS = 1000
const ENTRIES = 16_384
const MOVES = 2048
/** What comes before the first entry of a record. */
const RECORD_LIMIT = 20
/** Segments that are rewritten together. */
const TOGETHER = 64
/** As many small segments are made one. */
const SMALL = 16

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
  all(): Iterable<{ readonly number: number; readonly live: number }>
  readAsync(position: number, length: number, into: Uint8Array, at: number, done: (error: Error | null) => void): void
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
  readonly segments: Segments
  readonly fold: Fold
  readonly options: TidyOptions
  /** Bytes of the disk that are left for the next checkpoint. */
  readonly spare: () => number
  /** Wants `step` to be called at the end of a turn. */
  readonly wake: () => void
  readonly onFatal: (error: Error) => void
}

type State = 'idle' | 'collecting' | 'writing' | 'moving' | 'waiting'

/** What is being tidied: a part of a journal file, or segments that are mostly dead. */
interface Job {
  readonly place: number
  readonly from: number
  readonly to: number
  /** The numbers of the segments; null for the journal. */
  readonly numbers: ReadonlySet<number> | null
  readonly plan: TidyPlan
  readonly owners: Owner[]
  /** Owners asked so far. */
  asked: number
  /** Positions whose file is held by a byte more while it is being tidied. */
  readonly pins: readonly number[]
  /** By journal file or segment (any position in it): bytes that have moved away. */
  readonly moved: Map<number, number>
  writer: SegmentWriter | null
  /** Output and item that are moved next. */
  output: number
  item: number
  /** All of it is in the journal below. */
  end: number
}

/**
 * Moves what stays long out of the journal, so that its files can be used again, and rewrites segments of which little is
 * left. Bodies are copied first; only when the copies are on the disk the indexes are pointed to them, a bounded number in each
 * turn, with a record in the journal; and only when that is durable the old bytes are given up.
 */
export class Tidy {
  /** Tidyings of the journal and of segments that were done, and those given up because the disk was full. */
  tidied = 0
  rewritten = 0
  givenUp = 0
  private readonly seams: TidySeams
  private state: State = 'idle'
  private job: Job | null = null
  private stopped = false
  private cursor = 0
  private retryAt = 0
  /** The journal is looked at again when its tail is here. */
  private lookAt = 0

  constructor(seams: TidySeams) {
    this.seams = seams
  }

  /** At a turn's end, when all facts are in the journal: the next bounded step. Returns whether it waits for the journal to become durable. */
  step(): boolean {
    if (this.stopped) return false
    switch (this.state) {
      case 'idle':
        if (this.seams.clock.elapsed() >= this.retryAt) this.begin()
        return false
      case 'collecting':
        this.collect(this.job!)
        return false
      case 'moving':
        return this.move(this.job!)
      case 'waiting':
        if (this.seams.journal.durable < this.job!.end) return true
        this.finish(this.job!)
        return false
      case 'writing':
        return false
    }
  }

  /** Nothing more is moved. What was being written is not part of the store, and is removed at the next start. */
  stop(): void {
    this.stopped = true
  }

  /** Whether nothing is being written. */
  get quiet(): boolean {
    return this.state !== 'writing'
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
    return this.state === 'idle' && this.retryAt > this.seams.clock.elapsed() ? this.retryAt : Number.POSITIVE_INFINITY
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
    if (job === null) return
    this.job = job
    for (const pin of job.pins) this.retain(job.place, pin, 1)
    this.state = 'collecting'
    this.collect(job)
  }

  /** The next part of the oldest file, if the journal is over its budget. */
  private pickJournal(): Job | null {
    const { journal, files, options } = this.seams
    const { fileSize } = files
    let oldest = Number.POSITIVE_INFINITY
    for (const file of files.all()) if (file.live > 0) oldest = Math.min(oldest, file.number)
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
      if (segment.live === 0) continue
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
    return {
      place,
      from,
      to,
      numbers,
      plan: new TidyPlan(place === JOURNAL),
      owners: [...this.seams.fold.owners()],
      asked: 0,
      pins,
      moved: new Map(),
      writer: null,
      output: 0,
      item: 0,
      end: 0,
    }
  }

  /** Asks some of the owners what they have there. */
  private collect(job: Job): void {
    const { plan, numbers } = job
    const entries = plan.items + ENTRIES
    const last = Math.min(job.owners.length, job.asked + OWNERS)
    while (job.asked < last && plan.items < entries) {
      const owner = job.owners[job.asked++]!
      owner.eachLive(job.place, job.from, job.to, (sequence, position, length) => {
        if (numbers === null || numbers.has(Math.floor(position / SEGMENT_SPAN))) {
          plan.add(owner, sequence, position, length)
        }
      })
    }
    this.seams.wake()
    if (job.asked < job.owners.length) return
    if (plan.items > 0) {
      this.write(job)
      return
    }
    // Nothing here: the next part, unless a whole file has just been looked through.
    if (job.place === SEGMENT || this.cursor % this.seams.files.fileSize === 0) this.pause()
    this.end(job)
  }

  private write(job: Job): void {
    const { disk, background, segments, files, options, onFatal, wake } = this.seams
    job.plan.layOut(segments.next, options.own)
    segments.next += job.plan.outputs.length
    const source =
      job.place === JOURNAL
        ? { read: files.readAsync.bind(files), grain: 1, extent: () => Number.POSITIVE_INFINITY }
        : {
            read: segments.readAsync.bind(segments),
            grain: SEGMENT_BLOCK,
            extent: (position: number) => segments.extent(position),
          }
    this.state = 'writing'
    job.writer = new SegmentWriter(disk, background, job.plan, source, (error) => {
      if (error !== null && !isDiskFull(error)) {
        onFatal(error)
        return
      }
      if (error !== null) this.giveUp(job)
      else {
        job.plan.outputs.forEach((output, n) => {
          segments.add(output.number, output.end, output.total, job.writer!.footers[n])
          segments.retain(output.number * SEGMENT_SPAN, 1)
        })
        this.state = 'moving'
      }
      wake()
    })
    const { writer } = job
    disk.freeAsync((error, free) => {
      if (error === null && free! < this.seams.spare() + job.plan.size) this.giveUp(job)
      else writer.start()
    })
  }

  /** The disk is full: it is tried again later. */
  private giveUp(job: Job): void {
    this.givenUp++
    this.pause()
    this.end(job)
  }

  /** Points some entries to their new places and writes that down; the old bytes stay until it is durable. */
  private move(job: Job): boolean {
    const { journal, wake, bytes } = this.seams
    const output = job.plan.outputs[job.output]
    if (output === undefined) {
      job.end = journal.tail
      this.state = 'waiting'
      return true
    }
    // What one record can hold is moved in one turn, and only where there is room for it.
    const room = Math.min(journal.roomForTidying(), journal.longest)
    const most = Math.min(MOVES, Math.floor((room - RECORD_LIMIT) / ENTRY_LIMIT))
    if (most < 1) return false
    const writer = new DirectoryWriter()
    for (let n = 0; n < most && job.item < output.items.length; n++) this.moveRun(job, output, writer)
    if (writer.count > 0) {
      const record = writer.finish(headerOf(output))
      bytes.set(record, journal.append(MOVED_RECORD, record.length))
    }
    if (job.item === output.items.length) {
      job.output++
      job.item = 0
    }
    wake()
    return false
  }

  private moveRun(job: Job, output: Output, writer: DirectoryWriter): void {
    const { plan } = job
    const from = job.item
    const to = plan.runEnd(output, from)
    const length = plan.runLength(output, from, to)
    const first = output.items[from]!
    const owner = plan.owners[first]!
    const offset = plan.offsets[plan.bodyOf[first]!]!
    const position = output.number * SEGMENT_SPAN + offset
    job.item = to
    if (!owner.move(plan.sequences[first]!, SEGMENT, position, length)) return
    this.seams.segments.retain(position, length)
    writer.add(owner.id, plan.sequences[first]!, offset, length)
    for (let i = from; i < to; i++) {
      const body = plan.bodyOf[output.items[i]!]!
      const file = job.place === JOURNAL ? job.from : Math.floor(plan.positions[body]! / SEGMENT_SPAN) * SEGMENT_SPAN
      job.moved.set(file, (job.moved.get(file) ?? 0) + plan.lengths[body]!)
    }
  }

  /** It is durable where everything is: the old bytes are not needed any more. */
  private finish(job: Job): void {
    for (const [file, length] of job.moved) this.release(job.place, file, length)
    if (job.moved.size === 0) this.pause()
    if (job.place === JOURNAL) this.tidied++
    else this.rewritten++
    for (const output of job.plan.outputs) this.release(SEGMENT, output.number * SEGMENT_SPAN, 1)
    this.end(job)
  }

  private pause(): void {
    this.retryAt = this.seams.clock.elapsed() + RETRY_MS
  }

  private end(job: Job): void {
    for (const pin of job.pins) this.release(job.place, pin, 1)
    this.job = null
    this.state = 'idle'
    this.seams.wake()
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
