import type { Disk, DiskFile } from '../env/disk.ts'
import type { Background } from './background.ts'
import { blockSums, putSegmentHeader, type SegmentFooter, segmentFooter } from './segment.ts'
import { SEGMENT_DIRECTORY, segmentName } from './segments.ts'
import type { Output, TidyPlan } from './tidy-plan.ts'

const SLICE = 2 ** 20

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
  /** How many bytes from `position` on there are. */
  extent(position: number): number
}

/**
 * Writes a plan's segments: bodies are gathered from the source in one pass over it, and then written file by file. Each read and
 * write is a background job of its own, so that others have their turn. Ends with the files and their names on the disk.
 */
export class SegmentWriter {
  /** The footers of the plan's outputs. */
  readonly footers: SegmentFooter[] = []
  private readonly disk: Disk
  private readonly background: Background
  private readonly plan: TidyPlan
  private readonly source: Source
  private readonly done: (error: Error | null) => void
  /** The contents of the outputs, and for each body which it is in. */
  private readonly contents: Uint8Array[] = []
  private readonly outputOf: Uint32Array
  private readonly created: DiskFile[] = []

  constructor(disk: Disk, background: Background, plan: TidyPlan, source: Source, done: (error: Error | null) => void) {
    this.disk = disk
    this.background = background
    this.plan = plan
    this.source = source
    this.done = done
    this.outputOf = new Uint32Array(plan.positions.length)
    plan.outputs.forEach((output, n) => {
      for (const body of output.bodies) this.outputOf[body] = n
    })
  }

  start(): void {
    for (const output of this.plan.outputs) {
      const bytes = new Uint8Array(output.end)
      putSegmentHeader(bytes, 0, output.number)
      this.contents.push(bytes)
    }
    const slices = this.slices()
    this.gather(
      [...slices.keys()].sort((a, b) => a - b),
      slices,
      0,
    )
  }

  /** Which bodies have bytes in which slice of the source. */
  private slices(): Map<number, number[]> {
    const { positions, lengths } = this.plan
    const slices = new Map<number, number[]>()
    for (let body = 0; body < positions.length; body++) {
      const last = Math.floor((positions[body]! + lengths[body]! - 1) / SLICE)
      for (let n = Math.floor(positions[body]! / SLICE); n <= last; n++) {
        const bodies = slices.get(n)
        if (bodies === undefined) slices.set(n, [body])
        else bodies.push(body)
      }
    }
    return slices
  }

  private gather(order: number[], slices: Map<number, number[]>, i: number): void {
    if (i === order.length) {
      this.write(0)
      return
    }
    const slice = order[i]! * SLICE
    const bodies = slices.get(order[i]!)!
    const { positions, lengths } = this.plan
    let from = slice + SLICE
    let to = slice
    for (const body of bodies) {
      from = Math.min(from, Math.max(slice, positions[body]!))
      to = Math.max(to, Math.min(slice + SLICE, positions[body]! + lengths[body]!))
    }
    const { grain } = this.source
    from = Math.floor(from / grain) * grain
    to = Math.min(Math.ceil(to / grain) * grain, from + this.source.extent(from))
    const piece = Buffer.allocUnsafeSlow(to - from)
    this.background.add((done) => {
      this.source.read(from, to - from, piece, 0, (error) => {
        done()
        if (error !== null) {
          this.fail(error)
          return
        }
        for (const body of bodies) this.take(body, piece, from, to)
        this.gather(order, slices, i + 1)
      })
    })
  }

  /** Copies what `piece`, bytes `[from, to)` of the source, has of a body. */
  private take(body: number, piece: Buffer, from: number, to: number): void {
    const position = this.plan.positions[body]!
    const start = Math.max(from, position)
    const end = Math.min(to, position + this.plan.lengths[body]!)
    const target = this.contents[this.outputOf[body]!]!
    piece.copy(target, this.plan.offsets[body]! + start - position, start - from, end - from)
  }

  private write(n: number): void {
    const output = this.plan.outputs[n]
    if (output === undefined) {
      this.finish()
      return
    }
    this.background.add((done) => {
      this.disk.openAsync(segmentName(output.number), 'create', (error, file) => {
        done()
        if (error !== null) {
          this.fail(error)
          return
        }
        this.created.push(file!)
        this.writeSlice(n, output, file!, 0)
      })
    })
  }

  private writeSlice(n: number, output: Output, file: DiskFile, from: number): void {
    const bytes = this.contents[n]!
    const last = from === bytes.length
    const source = last ? this.footer(n, output) : bytes
    const at = last ? 0 : from
    const length = last ? source.length : Math.min(SLICE, bytes.length - from)
    this.background.add((done) => {
      file.writeAsync(source, at, length, from, (error) => {
        if (error !== null || !last) {
          done()
          if (error !== null) this.fail(error)
          else this.writeSlice(n, output, file, from + length)
          return
        }
        file.syncAsync((syncError) => {
          done()
          this.contents[n] = new Uint8Array(0)
          if (syncError !== null) this.fail(syncError)
          else this.write(n + 1)
        })
      })
    })
  }

  private footer(n: number, output: Output): Uint8Array {
    const sums = blockSums(this.contents[n]!, output.end)
    this.footers.push({ end: output.end, total: output.total, sums })
    return segmentFooter(output.number, output.end, output.total, this.plan.directory(output), sums)
  }

  private finish(): void {
    for (const file of this.created) file.close()
    this.background.add((done) => {
      this.disk.syncDirectoryAsync(SEGMENT_DIRECTORY, (error) => {
        done()
        this.done(error)
      })
    })
  }

  /** Removes what was written so far. */
  private fail(error: Error): void {
    const names = this.created.map((file) => file.path)
    for (const file of this.created) file.close()
    const remove = (i: number): void => {
      if (i === names.length) {
        this.done(error)
        return
      }
      this.background.add((done) => {
        this.disk.removeAsync(names[i]!, () => {
          done()
          remove(i + 1)
        })
      })
    }
    remove(0)
  }
}
