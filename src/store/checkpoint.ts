import type { Clock } from '../env/clock.ts'
import type { Disk, DiskFile } from '../env/disk.ts'
import { assert } from '../std/assert.ts'
import type { Background } from './background.ts'
import {
  CHECKPOINT_DIRECTORY,
  CHECKPOINT_HEADER,
  type Checkpoint,
  checkpointDraftName,
  checkpointName,
  OWN_PARTS,
  PART_HEADER,
  putCheckpointHeader,
  putTrailer,
  sealPart,
} from './checkpoint-file.ts'
import { isDiskFull } from './journal-files.ts'

/** Bytes taken for one write; a part counts as `PART` bytes more, as one of a thousand empty queues is work, too. */
const WRITE = 64 * 1024
const PART = 16 * 1024
/** Bytes that may wait for a sync: whoever syncs the journal meanwhile waits for them too. */
const UNSYNCED = 2 ** 20
const RETRY_MS = 1000
/** Left for a checkpoint beside twice what the last one took. */
const MOST_SPARE = 8 * 2 ** 20
/** A journal write that takes longer has the disk to itself. */
const LATE_MS = 20

/** The part that holds the table of segments. */
export const SEGMENTS_PART = OWN_PARTS

export interface Part {
  readonly kind: number
  readonly bytes: Uint8Array
  readonly consistent: boolean
}

export interface CheckpointOptions {
  /** The journal grows by this much, or by four times the last checkpoint's size, before the next one is taken. */
  readonly growth: number
}

/** What a checkpoint needs to know of the journal. */
export interface CheckpointJournal {
  /** Replaying from here on yields all that is appended from now on. */
  readonly boundary: number
  readonly tail: number
  readonly durable: number
  readonly epoch: number
  /** A write or sync is under way. */
  readonly busy: boolean
}

export interface CheckpointSeams {
  readonly disk: Disk
  readonly clock: Clock
  readonly background: Background
  readonly journal: CheckpointJournal
  readonly options: CheckpointOptions
  readonly snapshot: () => Iterator<Part>
  readonly segments: () => Uint8Array
  /** A checkpoint from this position on is on the disk. */
  readonly onTaken: (start: number) => void
  /** Wants `step` to be called at the end of a turn. */
  readonly wake: () => void
  readonly onFatal: (error: Error) => void
}

type State = 'idle' | 'opening' | 'pulling' | 'writing' | 'waiting' | 'finishing'

/**
 * Takes checkpoints: state written aside in slices, one between two turns, while the broker works. What is consistent is taken
 * in one go with the position `start`; the rest as it is when its turn comes, which replaying everything from `start` on
 * puts right. A checkpoint must not tell what the journal may still forget: it gets its name when all that was
 * appended while it was taken is durable.
 */
export class Checkpoints {
  /** Checkpoints taken, and given up because the disk was full. */
  taken = 0
  givenUp = 0
  private readonly seams: CheckpointSeams
  private state: State = 'idle'
  private last: { readonly number: number; readonly start: number; readonly size: number }
  /** Who asked for a checkpoint that has not begun, and who for the one that is being taken. */
  private asked: (() => void)[] = []
  private served: (() => void)[] = []
  /** Files that are to go when the next checkpoint is there. */
  private obsolete: string[] = []
  /** The highest number there ever was. */
  private highest: number
  private retryAt = 0
  private stopped = false
  /** As long as the journal ends here the last checkpoint tells everything. */
  private covers: number
  private file: DiskFile | null = null
  private parts: Iterator<Part> | null = null
  private number = 0
  private start = 0
  private size = 0
  private unsynced = 0
  private count = 0
  /** All that the parts tell is in the journal below. */
  private tells = 0
  private buffer = new Uint8Array(0)
  private used = 0
  private busySince = -1

  /** `last` is the checkpoint the state comes from; `current` says that the journal held nothing behind it. */
  constructor(seams: CheckpointSeams, last: Checkpoint | null, current: boolean) {
    this.seams = seams
    this.covers = current ? seams.journal.boundary : -1
    this.last = last ?? { number: 0, start: 0, size: 0 }
    this.highest = this.last.number
    seams.disk.makeDirectory(CHECKPOINT_DIRECTORY)
    for (const name of seams.disk.list(CHECKPOINT_DIRECTORY)) {
      const path = `${CHECKPOINT_DIRECTORY}/${name}`
      const number = Number.parseInt(name, 10)
      // One that is damaged is kept until another takes its place.
      this.obsolete.push(path)
      this.highest = Math.max(this.highest, number)
    }
  }

  /** Bytes of the disk that the next checkpoint may need. */
  get spare(): number {
    return 2 * this.last.size + Math.min(this.seams.options.growth / 8, MOST_SPARE)
  }

  /** Calls `done` when a checkpoint of everything up to now has been taken: at once if nothing has happened since the last. */
  request(done: () => void): void {
    if (this.state === 'idle' && this.current()) {
      done()
      return
    }
    this.asked.push(done)
    this.seams.wake()
  }

  /** Takes the last checkpoint, unless there is little to replay or the disk is full, and calls `done`. */
  stop(done: () => void): void {
    this.stopped = true
    const { journal, options } = this.seams
    if (this.state === 'idle' && journal.tail - this.last.start <= options.growth / 64) done()
    else this.request(done)
  }

  /**
   * At a turn's end, when all facts are in the journal: begins a checkpoint if it is time, or takes the next slice.
   * Returns whether it waits for the journal to become durable.
   */
  step(): boolean {
    const { journal, clock } = this.seams
    if (this.state === 'waiting') {
      if (journal.durable < this.tells) return true
      this.finish()
    } else if (this.state === 'pulling') {
      if (!this.late()) this.pull()
    } else if (this.state === 'idle' && clock.elapsed() >= this.retryAt) {
      const grown = journal.tail - this.last.start
      if (this.asked.length > 0 && this.current()) this.answer(this.asked.splice(0))
      if (this.asked.length > 0 || grown >= Math.max(this.seams.options.growth, 4 * this.last.size)) this.begin()
    }
    return false
  }

  /** When `step` has something to do again if no turn comes, as `Clock.elapsed` counts. */
  nextDeadline(): number {
    return this.state === 'idle' && this.asked.length > 0 ? this.retryAt : Number.POSITIVE_INFINITY
  }

  /** Nothing has happened since the last checkpoint. */
  private current(): boolean {
    return this.seams.journal.boundary === this.covers
  }

  private late(): boolean {
    const now = this.seams.clock.elapsed()
    if (!this.seams.journal.busy) this.busySince = -1
    else if (this.busySince < 0) this.busySince = now
    return this.busySince >= 0 && now - this.busySince > LATE_MS
  }

  private begin(): void {
    this.state = 'opening'
    this.number = this.highest + 1
    this.served = this.asked
    this.asked = []
    const { disk, background } = this.seams
    background.add((done) => {
      disk.openAsync(checkpointDraftName(this.number), 'create', (error, file) => {
        done()
        if (error !== null) return this.giveUp(error)
        this.file = file!
        this.next('pulling')
      })
    })
  }

  /** Takes parts for one write; the consistent ones all at once. */
  private pull(): void {
    const { journal, snapshot, segments } = this.seams
    this.used = 0
    if (this.parts === null) {
      this.start = journal.boundary
      this.size = 0
      this.unsynced = 0
      this.count = 0
      this.need(CHECKPOINT_HEADER)
      putCheckpointHeader(this.buffer, this.number, this.start, journal.epoch)
      this.used = CHECKPOINT_HEADER
      this.add(SEGMENTS_PART, segments())
      this.parts = snapshot()
    }
    let last = false
    const before = this.count
    for (let consistent = this.count === 1; consistent || this.used + (this.count - before) * PART < WRITE; ) {
      const next = this.parts.next()
      if (next.done) {
        this.need(PART_HEADER + 4)
        putTrailer(this.buffer, this.used, this.count)
        this.used += PART_HEADER + 4
        last = true
        break
      }
      consistent &&= next.value.consistent
      this.add(next.value.kind, next.value.bytes)
    }
    this.tells = journal.tail
    this.write(last)
  }

  private write(last: boolean): void {
    this.state = 'writing'
    const { background } = this.seams
    const file = this.file!
    const written = (error: Error | null, done: () => void) => {
      done()
      if (error !== null) this.giveUp(error)
      else this.next(last ? 'waiting' : 'pulling')
    }
    background.add((done) => {
      file.writeAsync(this.buffer, 0, this.used, this.size, (error) => {
        this.size += this.used
        this.unsynced += this.used
        if (error === null && (last || this.unsynced >= UNSYNCED)) {
          this.unsynced = 0
          file.syncAsync((syncError) => written(syncError, done))
        } else written(error, done)
      })
    })
  }

  private finish(): void {
    this.state = 'finishing'
    const { disk, background, onFatal, onTaken } = this.seams
    this.file!.close()
    this.file = null
    background.add((done) => {
      const steps: ((next: (error: Error | null) => void) => void)[] = [
        (next) => disk.renameAsync(checkpointDraftName(this.number), checkpointName(this.number), next),
        (next) => disk.syncDirectoryAsync(CHECKPOINT_DIRECTORY, next),
        ...this.obsolete.map((path) => (next: (error: Error | null) => void) => disk.removeAsync(path, next)),
      ]
      const run = (i: number): void => {
        if (i < steps.length) {
          steps[i]!((error) => (error === null ? run(i + 1) : onFatal(error)))
          return
        }
        done()
        this.last = { number: this.number, start: this.start, size: this.size }
        this.highest = this.number
        this.covers = this.start
        this.obsolete = [checkpointName(this.number)]
        this.taken++
        this.reset()
        onTaken(this.start)
        this.answer(this.served.splice(0))
        this.seams.wake()
      }
      run(0)
    })
  }

  /** A full disk takes no checkpoint: what was written is removed, and it is tried again later. */
  private giveUp(error: Error): void {
    const { disk, background, clock, onFatal } = this.seams
    if (!isDiskFull(error)) {
      onFatal(error)
      return
    }
    this.givenUp++
    const served = this.served.splice(0)
    if (this.stopped) this.answer(served)
    else this.asked.unshift(...served)
    this.retryAt = clock.elapsed() + RETRY_MS
    const file = this.file
    this.state = 'finishing'
    this.file = null
    background.add((done) => {
      const removed = (): void => {
        done()
        this.reset()
        this.seams.wake()
      }
      if (file === null) return removed()
      file.close()
      disk.removeAsync(file.path, (removeError) => (removeError === null ? removed() : onFatal(removeError)))
    })
  }

  private answer(waiting: (() => void)[]): void {
    for (const done of waiting) done()
  }

  private reset(): void {
    this.state = 'idle'
    this.parts = null
    this.buffer = new Uint8Array(0)
  }

  private next(state: State): void {
    this.state = state
    this.seams.wake()
  }

  private add(kind: number, bytes: Uint8Array): void {
    assert(kind < OWN_PARTS || kind === SEGMENTS_PART, 'kinds from OWN_PARTS on are the store’s')
    this.need(PART_HEADER + bytes.length)
    this.buffer.set(bytes, this.used + PART_HEADER)
    sealPart(this.buffer, this.used, kind, bytes.length)
    this.used += PART_HEADER + bytes.length
    this.count++
  }

  private need(length: number): void {
    if (this.used + length <= this.buffer.length) return
    const larger = new Uint8Array(Math.max(this.buffer.length * 2, this.used + length, 4096))
    larger.set(this.buffer.subarray(0, this.used))
    this.buffer = larger
  }
}
