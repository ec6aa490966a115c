import type { Disk, DiskFile } from '../env/disk.ts'
import { assert } from '../std/assert.ts'
import { getF64, getU32, putF64, putU32 } from '../std/bytes.ts'
import type { Background } from './background.ts'
import { checkBlocks, type Edges } from './block-sums.ts'
import { StoreError } from './errors.ts'
import { SEGMENT_SPAN } from './place.ts'
import { readSegment, SEGMENT_BLOCK, type SegmentFooter } from './segment.ts'

export const SEGMENT_DIRECTORY = 'segment'
/** Files kept open for reading. */
const OPEN_LIMIT = 128
const EDGES_KEPT = 8

export interface Segment {
  readonly number: number
  /** Bytes of header and bodies. */
  readonly end: number
  /** Bytes its directory points to, a body as often as it does. */
  readonly total: number
  /** Of these, what indexes still point to. */
  live: number
  /**
   * Where the journal ends that says that nothing is live any more: before this is durable the segment is kept. Infinity
   * until the turn ends, -1 while something is live.
   */
  deadAt: number
  /** Bytes of it could not be read, or were not what was written: it stays as it is. */
  damaged: boolean
  /** Read when the segment is first used. */
  footer: SegmentFooter | null
  handle: DiskFile | null
  users: number
}

export function segmentName(number: number): string {
  return `${SEGMENT_DIRECTORY}/${String(number).padStart(10, '0')}.segment`
}

export interface SegmentsSeams {
  readonly disk: Disk
  readonly background: Background
  /** Bytes that are needed cannot be had. */
  readonly onDamage: (error: StoreError) => void
  readonly onFatal: (error: Error) => void
}

/**
 * The segments that are part of the store: those that a record of the journal or the checkpoint names. One that nothing points
 * to any more is deleted, but not before it is durable that this is so.
 */
export class Segments {
  /** The number of the next segment; numbers are never used twice. */
  next = 1
  /** Something has happened by which segments may have come to be worth rewriting. */
  worn = true
  /** Segments deleted since the start. */
  deleted = 0
  private readonly seams: SegmentsSeams
  private readonly table = new Map<number, Segment>()
  private dead: Segment[] = []
  /** Memory for what is read beside what was asked for. */
  private readonly edges: Edges[] = []
  private open = 0

  constructor(seams: SegmentsSeams) {
    this.seams = seams
    seams.disk.makeDirectory(SEGMENT_DIRECTORY)
  }

  get count(): number {
    return this.table.size
  }

  all(): IterableIterator<Segment> {
    return this.table.values()
  }

  /** Takes a segment into the table; one that is there stays as it is. `footer` if it is known already. */
  add(number: number, end: number, total: number, footer: SegmentFooter | null = null): void {
    this.next = Math.max(this.next, number + 1)
    if (this.table.has(number)) return
    this.worn = true
    this.table.set(number, { number, end, total, live: 0, deadAt: -1, damaged: false, footer, handle: null, users: 0 })
  }

  retain(position: number, length: number): void {
    const segment = this.at(position)
    segment.live += length
    segment.deadAt = -1
  }

  release(position: number, length: number): void {
    const segment = this.at(position)
    segment.live -= length
    assert(segment.live >= 0, 'no more of a segment is released than was retained')
    if (segment.live > 0) {
      if (segment.live * 4 < segment.total) this.worn = true
      return
    }
    segment.deadAt = Number.POSITIVE_INFINITY
    this.dead.push(segment)
  }

  /**
   * At a turn's end, when all facts are in the journal: deletes segments that died and whose death is durable. Returns
   * whether some wait for that.
   */
  step(tail: number, durable: number): boolean {
    if (this.dead.length === 0) return false
    const waiting: Segment[] = []
    for (const segment of this.dead) {
      if (segment.deadAt < 0 || this.table.get(segment.number) !== segment) continue
      segment.deadAt = Math.min(segment.deadAt, tail)
      if (segment.deadAt > durable || segment.users > 0) waiting.push(segment)
      else this.remove(segment)
    }
    this.dead = waiting
    return waiting.some((segment) => segment.deadAt > durable)
  }

  /** How many bytes from `position` on lie in its segment's part for bodies; 0 if the segment is gone. */
  extent(position: number): number {
    const segment = this.table.get(Math.floor(position / SEGMENT_SPAN))
    return segment === undefined ? 0 : segment.end - (position - segment.number * SEGMENT_SPAN)
  }

  /**
   * Reads bytes of a segment with live bytes, and checks all the blocks they lie in. Damage is a StoreError, which is reported. `done` is
   * never called before this has returned.
   */
  readAsync(position: number, length: number, into: Uint8Array, at: number, done: (error: Error | null) => void): void {
    const segment = this.at(position)
    const from = position - segment.number * SEGMENT_SPAN
    segment.users++
    const finish = (error: Error | null): void => {
      segment.users--
      done(error)
    }
    this.withHandle(segment, (openError, footer) => {
      if (openError !== null) {
        finish(this.unreadable(segment, from, openError))
        return
      }
      const before = from % SEGMENT_BLOCK
      const end = Math.min(segment.end, Math.ceil((from + length) / SEGMENT_BLOCK) * SEGMENT_BLOCK)
      const behind = end - from - length
      const edges = before + behind > 0 ? (this.edges.pop() ?? new Uint8Array(2 * SEGMENT_BLOCK)) : null
      const haveRead = (error: Error | null, n: number): void => {
        let told: StoreError | null = null
        if (error !== null) told = this.unreadable(segment, from, error)
        else if (n < end - from + before) told = this.damage(segment, from - before + n)
        else {
          const bad = checkBlocks(footer!, into, at, from, length, edges)
          if (bad >= 0) told = this.damage(segment, bad)
        }
        if (edges !== null && this.edges.length < EDGES_KEPT) this.edges.push(edges)
        finish(told)
      }
      if (edges === null) segment.handle!.readAsync(into, at, length, from, haveRead)
      else {
        const first = edges.subarray(0, before)
        const last = edges.subarray(SEGMENT_BLOCK, SEGMENT_BLOCK + behind)
        segment.handle!.readPartsAsync([first, into.subarray(at, at + length), last], from - before, haveRead)
      }
    })
  }

  /** The table, as of now: for a checkpoint. */
  snapshot(): Uint8Array {
    return segmentTable(this.next, [...this.table.values()])
  }

  load(bytes: Uint8Array): void {
    this.next = Math.max(this.next, getU32(bytes, 0))
    for (const { number, end, total } of segmentsIn(bytes)) this.add(number, end, total)
  }

  /** When the table is whole again: removes the files of segments that never became part of the store. */
  removeStrays(): void {
    const { disk } = this.seams
    for (const file of disk.list(SEGMENT_DIRECTORY)) {
      const number = Number.parseInt(file, 10)
      this.next = Math.max(this.next, number + 1)
      if (!this.table.has(number)) disk.remove(`${SEGMENT_DIRECTORY}/${file}`)
    }
  }

  /**
   * After recovery, when all live bytes are retained: checks that what is needed is there, and removes the files of
   * segments that nothing points to.
   */
  recovered(): void {
    const { disk } = this.seams
    const files = new Set(disk.list(SEGMENT_DIRECTORY))
    for (const segment of [...this.table.values()]) {
      if (segment.live === 0) {
        this.table.delete(segment.number)
        continue
      }
      const name = segmentName(segment.number)
      const file = name.slice(SEGMENT_DIRECTORY.length + 1)
      if (!files.delete(file))
        throw new StoreError('corrupt', `${name} is missing, ${segment.live} bytes of it are needed`, name)
      const handle = disk.open(name, 'existing')
      const footer = readSegment(handle, segment.number)
      handle.close()
      segment.footer = footer
    }
    for (const file of files) disk.remove(`${SEGMENT_DIRECTORY}/${file}`)
    this.dead = []
  }

  closeAll(): void {
    for (const segment of this.table.values()) this.closeFile(segment)
  }

  private at(position: number): Segment {
    const segment = this.table.get(Math.floor(position / SEGMENT_SPAN))
    assert(segment !== undefined, 'an index points to a segment that is there')
    return segment
  }

  private damage(segment: Segment, at: number): StoreError {
    const name = segmentName(segment.number)
    const text = `${name} is damaged within ${SEGMENT_BLOCK} bytes of byte ${at}`
    return this.tell(segment, new StoreError('corrupt', text, name, at))
  }

  private unreadable(segment: Segment, at: number, error: Error): StoreError {
    const name = segmentName(segment.number)
    return this.tell(segment, new StoreError('unreadable', `${name} can't be read: ${error.message}`, name, at))
  }

  private tell(segment: Segment, error: StoreError): StoreError {
    segment.damaged = true
    this.seams.onDamage(error)
    return error
  }

  private remove(segment: Segment): void {
    const { disk, background, onFatal } = this.seams
    this.table.delete(segment.number)
    this.closeFile(segment)
    this.deleted++
    background.add((done) => {
      disk.removeAsync(segmentName(segment.number), (error) => {
        if (error !== null) onFatal(error)
        done()
      })
    })
  }

  private withHandle(segment: Segment, then: (error: Error | null, footer: SegmentFooter | null) => void): void {
    if (segment.handle !== null) {
      then(null, segment.footer)
      return
    }
    if (this.open >= OPEN_LIMIT) for (const other of this.table.values()) if (other.users === 0) this.closeFile(other)
    this.seams.disk.openAsync(segmentName(segment.number), 'existing', (error, handle) => {
      if (error !== null) {
        then(error, null)
        return
      }
      if (segment.handle === null) {
        segment.handle = handle!
        this.open++
      } else handle!.close()
      then(null, segment.footer)
    })
  }

  private closeFile(segment: Segment): void {
    if (segment.handle === null || segment.users > 0) return
    segment.handle.close()
    segment.handle = null
    this.open--
  }
}

/** A checkpoint's part: the number of the next segment, and those there are. */
export function segmentTable(
  next: number,
  segments: readonly { readonly number: number; readonly end: number; readonly total: number }[],
): Uint8Array {
  const bytes = new Uint8Array(8 + segments.length * 16)
  putU32(bytes, 0, next)
  putU32(bytes, 4, segments.length)
  segments.forEach(({ number, end, total }, i) => {
    putU32(bytes, 8 + i * 16, number)
    putU32(bytes, 12 + i * 16, end)
    putF64(bytes, 16 + i * 16, total)
  })
  return bytes
}

/** The segments in a checkpoint's part. */
export function segmentsIn(bytes: Uint8Array): { number: number; end: number; total: number }[] {
  return Array.from({ length: getU32(bytes, 4) }, (_, i) => {
    const at = 8 + i * 16
    return { number: getU32(bytes, at), end: getU32(bytes, at + 4), total: getF64(bytes, at + 8) }
  })
}
