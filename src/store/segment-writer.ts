import type { Disk, DiskFile } from '../env/disk.ts'
import type { Background } from './background.ts'
import { sumBlocks } from './block-sums.ts'
import { putSegmentHeader, SEGMENT_BLOCK, type SegmentFooter, segmentFooter } from './segment.ts'
import { SEGMENT_DIRECTORY, segmentName } from './segments.ts'
import { onDisk, type Steps } from './steps.ts'
import { type Output, SLICE, type TidyPlan } from './tidy-plan.ts'

/** Bytes written between two syncs: whoever syncs the journal meanwhile waits for them too. */
const WRITE = SLICE
/** Bodies copied in a step. */
const COPIES = 512

/** Reads bytes of the place that is tidied. */
export type ReadSource = (
  position: number,
  length: number,
  into: Uint8Array,
  at: number,
  done: (error: Error | null) => void,
) => void

/** Where in a file reads may begin and end: multiples of `grain`, 1 for anywhere. */
export interface Source {
  readonly read: ReadSource
  readonly grain: number
  /** A body is read in one go: part of one can't be checked without the rest. */
  readonly whole: boolean
  /** How many bytes from `position` on there are. */
  extent(position: number): number
}

/** Memory that is used again from one tidying to the next, while there is one. */
export class Scratch {
  private readonly buffers = new Map<string, Uint8Array>()

  /** At least `length` bytes, with anything in them. */
  take(name: 'contents' | 'piece', length: number): Uint8Array {
    let bytes = this.buffers.get(name)
    if (bytes === undefined || bytes.length < length) {
      bytes = Buffer.allocUnsafeSlow(length)
      this.buffers.set(name, bytes)
    }
    return bytes
  }

  drop(): void {
    this.buffers.clear()
  }
}

/**
 * Writes a plan's segments: bodies are gathered from the source in one pass over it, and then written file by file. Each read and
 * write is a background job of its own, and what is done in memory goes in bounded steps. Ends with the files and their names on the disk.
 */
export class SegmentWriter {
  /** The footers of the plan's outputs. */
  readonly footers: SegmentFooter[] = []
  private readonly disk: Disk
  private readonly background: Background
  private readonly plan: TidyPlan
  private readonly source: Source
  private readonly scratch: Scratch
  private readonly go: () => void
  /** Where in `contents` each output begins. */
  private readonly bases: number[] = []
  private contents: Uint8Array = new Uint8Array(0)
  private readonly created: string[] = []
  private file: DiskFile | null = null

  /** `go` asks for the next step. */
  constructor(disk: Disk, background: Background, plan: TidyPlan, source: Source, scratch: Scratch, go: () => void) {
    this.disk = disk
    this.background = background
    this.plan = plan
    this.source = source
    this.scratch = scratch
    this.go = go
  }

  /** Throws what a read or a write ended with, when what was written is removed again. */
  *run(): Steps {
    try {
      yield* this.gather()
      for (let n = 0; n < this.plan.outputs.length; n++) yield* this.write(n)
      yield* this.job((done) => this.disk.syncDirectoryAsync(SEGMENT_DIRECTORY, done))
    } catch (error) {
      this.closeFile()
      for (const path of this.created) yield* this.job((done) => this.disk.removeAsync(path, () => done(null)))
      throw error
    } finally {
      this.closeFile()
    }
  }

  private job<T>(run: (done: (error: Error | null, result?: T) => void) => void): Steps<T> {
    return onDisk(this.background, this.go, run)
  }

  private *gather(): Steps {
    const { plan } = this
    let size = 0
    for (const { end } of plan.outputs) {
      this.bases.push(size)
      size += end
    }
    this.contents = this.scratch.take('contents', size)
    plan.outputs.forEach(({ number }, n) => {
      putSegmentHeader(this.contents, this.bases[n]!, number)
    })
    const positions = plan.positions.values
    const lengths = plan.lengths.values
    for (const slice of plan.slices()) {
      let from = Number.POSITIVE_INFINITY
      let to = 0
      for (const body of plan.bodiesIn(slice)) {
        from = Math.min(from, positions[body]!)
        to = Math.max(to, positions[body]! + lengths[body]!)
      }
      yield* this.gatherPiece(from, to, plan.bodiesIn(slice))
    }
    for (const body of plan.largeBodies()) {
      if (this.source.whole) {
        yield* this.gatherWhole(body)
        continue
      }
      const end = positions[body]! + lengths[body]!
      for (let from = positions[body]!; from < end; ) {
        const to = Math.min(end, (Math.floor(from / SLICE) + 1) * SLICE)
        yield* this.gatherPiece(from, to, [body])
        from = to
      }
    }
  }

  /** Reads bytes `[from, to)` of the source and copies what they have of the bodies. */
  private *gatherPiece(from: number, to: number, bodies: Iterable<number>): Steps {
    const { grain, extent, read } = this.source
    const start = Math.floor(from / grain) * grain
    const end = Math.min(Math.ceil(to / grain) * grain, start + extent(start))
    const piece = this.scratch.take('piece', Math.max(2 * SLICE + 2 * SEGMENT_BLOCK, end - start))
    yield* this.job((done) => read(start, end - start, piece, 0, done))
    let copied = 0
    for (const body of bodies) {
      this.take(body, piece, start, to)
      if (++copied % COPIES === 0) yield 'turn'
    }
  }

  /** Reads a body to its place. */
  private *gatherWhole(body: number): Steps {
    const { plan, contents } = this
    const [position, length] = [plan.positions.values[body]!, plan.lengths.values[body]!]
    const target = this.target(body)
    yield* this.job((done) => this.source.read(position, length, contents, target, done))
  }

  /** Where in `contents` a body goes. */
  private target(body: number): number {
    const { plan } = this
    const output = plan.outputOf.values[body]!
    return this.bases[Math.min(output, this.bases.length - 1)]! + plan.offsets.values[body]!
  }

  /** Copies what `piece`, bytes `[from, to)` of the source, has of a body. */
  private take(body: number, piece: Uint8Array, from: number, to: number): void {
    const { plan } = this
    const position = plan.positions.values[body]!
    const start = Math.max(from, position)
    const end = Math.min(to, position + plan.lengths.values[body]!)
    const target = this.target(body) + start - position
    Buffer.prototype.copy.call(piece, this.contents, target, start - from, end - from)
  }

  private *write(n: number): Steps {
    const output = this.plan.outputs[n]!
    const path = segmentName(output.number)
    const file = yield* this.job<DiskFile>((done) => this.disk.openAsync(path, 'create', done))
    this.created.push(path)
    this.file = file
    const sums = new Uint32Array(Math.ceil(output.end / SEGMENT_BLOCK))
    const base = this.bases[n]!
    for (let from = 0; from < output.end; from += WRITE) {
      const length = Math.min(WRITE, output.end - from)
      sumBlocks(this.contents, base + from, length, SEGMENT_BLOCK, sums, from / SEGMENT_BLOCK)
      yield* this.put(file, this.contents, base + from, length, from)
    }
    yield* this.putFooter(file, output, sums)
    this.closeFile()
  }

  private *putFooter(file: DiskFile, output: Output, sums: Uint32Array): Steps {
    this.footers.push({ block: SEGMENT_BLOCK, end: output.end, total: output.total, sums })
    const directory = yield* this.plan.directory(output)
    yield 'turn'
    const footer = segmentFooter(output.number, output.end, output.total, directory, sums)
    yield 'turn'
    yield* this.put(file, footer, 0, footer.length, output.end)
  }

  /** Writes and syncs, in one job. */
  private put(file: DiskFile, bytes: Uint8Array, at: number, length: number, position: number): Steps<void> {
    return this.job((done) => {
      file.writeAsync(bytes, at, length, position, (error) => {
        if (error !== null) done(error)
        else file.syncAsync(done)
      })
    })
  }

  private closeFile(): void {
    this.file?.close()
    this.file = null
  }
}
