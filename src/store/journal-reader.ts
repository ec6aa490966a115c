import { crc32c } from '../std/crc32c.ts'
import { StoreError } from './errors.ts'
import { BLOCK_END, emptyHeader, FRAME_HEADER, FRAME_MAGIC, type FrameHeader, readHeader } from './frame.ts'
import type { JournalShape } from './frame-reader.ts'
import { type JournalFile, type JournalFiles, journalFileName } from './journal-files.ts'
import { Stretch } from './stretch.ts'

/** What is read before and behind what was asked for: as a rule the frames that it lies in begin and end there. */
const EDGE = 68 * 1024
const EDGES_KEPT = 8
/** Records of 32 KiB and more lie in frames that hold little else. */
export const EDGE_OF_LONG = 4 * 1024
/** Of a long frame the rest is read in pieces of this size. */
const CHUNK = 2 ** 20
const NO_FRAME = 'no valid frame header'
const WRONG = 'a wrong payload checksum'
const TOO_SHORT = 'it is too short'
const MAGIC_FIRST = FRAME_MAGIC >>> 24

export interface JournalReaderSeams {
  readonly files: JournalFiles
  readonly shape: JournalShape
  /** Bytes that are needed cannot be had. */
  readonly onDamage: (error: StoreError) => void
}

/**
 * Reads back what was written to the journal. All frames that the bytes lie in are checked, by the checksums they carry: what is not what was written is an
 * error of who asked for it.
 */
export class JournalReader {
  readonly seams: JournalReaderSeams
  /** Memory for what is read beside what was asked for. */
  readonly edges: Uint8Array[] = []

  constructor(seams: JournalReaderSeams) {
    this.seams = seams
  }

  /**
   * Reads retained bytes of one file into several pieces of memory, one behind the other; the first lies in the payload of a frame. Damage is a
   * StoreError, which is reported. `done` is never called before this has returned. `edge` is how far beside the bytes their frames are thought to reach.
   */
  readAsync(position: number, parts: readonly Uint8Array[], done: (error: Error | null) => void, edge = EDGE): void {
    new Reading(this, position, parts, done, edge).start()
  }
}

class Reading {
  private readonly reader: JournalReader
  private readonly position: number
  private readonly end: number
  private readonly parts: readonly Uint8Array[]
  private readonly done: (error: Error | null) => void
  private readonly file: JournalFile
  private readonly edges: Uint8Array
  private readonly header = emptyHeader()
  /** `[from, loaded)` is in memory, in these parts. */
  private readonly from: number
  private loaded = 0
  private readonly stretch: Stretch
  private chunk: Uint8Array | null = null

  constructor(
    reader: JournalReader,
    position: number,
    parts: readonly Uint8Array[],
    done: (error: Error | null) => void,
    edge: number,
  ) {
    const { blockSize } = reader.seams.shape
    this.reader = reader
    this.position = position
    this.done = done
    this.end = parts.reduce((sum, part) => sum + part.length, position)
    this.file = reader.seams.files.beginRead(position)
    this.edges = reader.edges.pop() ?? new Uint8Array(2 * EDGE)
    const aligned = position - (position % 8)
    this.from = Math.max(position - (position % blockSize), aligned - edge + 8)
    const behind = Math.min(edge, Math.ceil(this.end / blockSize) * blockSize - this.end)
    const before = this.edges.subarray(0, position - this.from)
    this.parts = [before, ...parts, this.edges.subarray(EDGE, EDGE + behind)]
    this.stretch = new Stretch(this.from, this.parts)
  }

  start(): void {
    this.read(this.from, this.parts, (error, n) => {
      this.loaded = this.from + n
      if (error !== null) this.unreadable(this.from, error.message)
      else if (this.loaded < this.end) this.unreadable(this.loaded, TOO_SHORT)
      else {
        const at = lastFrame(this.edges, this.position - this.from, this.from, this.reader.seams.shape, this.header)
        if (at >= 0) this.walk(at)
        else this.searchBack(this.from)
      }
    })
  }

  /** Checks frame by frame, the first of which begins at `at`. */
  private walk(at: number): void {
    const { blockSize, salt } = this.reader.seams.shape
    const { header, stretch } = this
    const bytes = new Uint8Array(FRAME_HEADER)
    while (at < this.end) {
      const rest = blockSize - (at % blockSize)
      if (rest < FRAME_HEADER) {
        at += rest
        continue
      }
      if (at + FRAME_HEADER > this.loaded) {
        this.unreadable(this.loaded, TOO_SHORT)
        return
      }
      stretch.copy(at, bytes)
      const payload = at + FRAME_HEADER
      const to = readHeader(bytes, 0, at, salt, header) ? payload + header.length : -1
      // The first frame holds the first byte that was asked for.
      if (to <= this.position || to > at + rest) {
        this.damage(Math.max(at, to), NO_FRAME)
        return
      }
      const sum = stretch.sum(payload, Math.min(to, this.loaded))
      if (to > this.loaded) {
        this.checkRest(at, to, sum)
        return
      }
      if (sum !== header.payloadCrc) {
        this.damage(at, WRONG)
        return
      }
      at = this.behind(to)
    }
    this.finish(null)
  }

  /** Where the frame begins that follows the one whose header was read last, and which ends at `to`. */
  private behind(to: number): number {
    const { blockSize } = this.reader.seams.shape
    return this.header.flags & BLOCK_END ? Math.ceil(to / blockSize) * blockSize : to
  }

  /** The last frame, `[at, to)`, ends behind what is in memory: `sum` is what it comes to so far. */
  private checkRest(at: number, to: number, sum: number): void {
    this.sumOn(this.loaded, to, sum, (total) => {
      if (total === this.header.payloadCrc) this.finish(null)
      else this.damage(at, WRONG)
    })
  }

  /** The first frame begins below `below`. */
  private searchBack(below: number): void {
    const { shape } = this.reader.seams
    const lowest = below - (below % shape.blockSize)
    if (below === lowest) {
      this.damage(below, NO_FRAME)
      return
    }
    const from = Math.max(lowest, below - CHUNK)
    // A header may reach beyond.
    const bytes = this.memory().subarray(0, below - from + FRAME_HEADER)
    this.read(from, [bytes], (error, n) => {
      const whole = error === null && n === bytes.length
      const at = whole ? lastFrame(bytes, bytes.length, from, shape, this.header) : -1
      if (!whole) this.unreadable(from, error?.message ?? TOO_SHORT)
      else if (at < 0) this.searchBack(from)
      else this.checkLong(at)
    })
  }

  /** Checks the frame at `at`, which begins before all that is in memory. */
  private checkLong(at: number): void {
    const { header } = this
    const to = at + FRAME_HEADER + header.length
    if (to <= this.position) {
      this.damage(to, NO_FRAME)
      return
    }
    this.sumOn(at + FRAME_HEADER, this.from, 0, (before) => {
      const sum = this.stretch.sum(this.from, Math.min(to, this.loaded), before)
      if (to > this.loaded) this.checkRest(at, to, sum)
      else if (sum !== header.payloadCrc) this.damage(at, WRONG)
      else this.walk(this.behind(to))
    })
  }

  /** Reads bytes `[from, to)`: `then` is told what the checksum comes to that is `sum` so far. */
  private sumOn(from: number, to: number, sum: number, then: (sum: number) => void): void {
    if (from === to) {
      then(sum)
      return
    }
    const bytes = this.memory().subarray(0, Math.min(CHUNK, to - from))
    this.read(from, [bytes], (error, n) => {
      if (error !== null || n < bytes.length) this.unreadable(from, error?.message ?? TOO_SHORT)
      else this.sumOn(from + n, to, crc32c(bytes, 0, n, sum), then)
    })
  }

  private memory(): Uint8Array {
    this.chunk ??= new Uint8Array(CHUNK + FRAME_HEADER)
    return this.chunk
  }

  private read(position: number, parts: readonly Uint8Array[], done: (error: Error | null, n: number) => void): void {
    this.reader.seams.files.readParts(this.file, position, [...parts], done)
  }

  private damage(at: number, why: string): void {
    const name = journalFileName(this.file.number)
    this.tell(new StoreError('corrupt', `${name} is damaged at position ${at} (${why})`, name, at))
  }

  private unreadable(at: number, why: string): void {
    const name = journalFileName(this.file.number)
    this.tell(new StoreError('unreadable', `${name} can't be read at position ${at}: ${why}`, name, at))
  }

  private tell(error: StoreError): void {
    this.file.damaged = true
    this.reader.seams.onDamage(error)
    this.finish(error)
  }

  private finish(error: Error | null): void {
    const { reader, edges, file } = this
    if (reader.edges.length < EDGES_KEPT) reader.edges.push(edges)
    reader.seams.files.endRead(file, () => this.done(error))
  }
}

/** The position of the last frame whose header lies in `bytes[0, length)`, the first of which is at `from`, a multiple of 8, of the journal; -1 if there is none. */
function lastFrame(
  bytes: Uint8Array,
  length: number,
  from: number,
  { salt }: JournalShape,
  header: FrameHeader,
): number {
  for (let at = length - FRAME_HEADER - (length % 8); at >= 0; at -= 8) {
    if (bytes[at] === MAGIC_FIRST && readHeader(bytes, at, from + at, salt, header)) return from + at
  }
  return -1
}
