import type { Disk, DiskFile } from '../../env/disk.ts'
import { checkBlocks } from '../block-sums.ts'
import { StoreError } from '../errors.ts'
import type { JournalShape } from '../frame-reader.ts'
import { journalFileName } from '../journal-files.ts'
import { JOURNAL, SEGMENT_SPAN } from '../place.ts'
import { readSegment, SEGMENT_BLOCK, SEGMENT_HEADER, type SegmentFooter } from '../segment.ts'
import { segmentName } from '../segments.ts'
import { type Damage, Ranges } from './damage.ts'

/** Bytes that an index points to, as they are on the disk. */
export interface Stored {
  readonly bytes: Uint8Array
  /** Whether every checksum over them is right. */
  readonly whole: boolean
  /** False if there is nothing to check them by: what they look like has to do. */
  readonly checked: boolean
  /** Where the disk has them, in words. */
  readonly file: string
  readonly at: number
}

interface SourceSegment {
  readonly handle: DiskFile
  readonly footer: SegmentFooter | null
  /** Blocks whose sum is right. */
  readonly whole: Ranges
}

/** Reads what indexes point to in a directory that is damaged, and says what of it is what was written. */
export class Source {
  private readonly disk: Disk
  private readonly shape: JournalShape
  private readonly journal: Ranges
  private readonly damages: Damage[]
  private readonly segments = new Map<number, SourceSegment | null>()
  private readonly files = new Map<number, DiskFile | null>()

  constructor(disk: Disk, shape: JournalShape, journal: Ranges, damages: Damage[]) {
    this.disk = disk
    this.shape = shape
    this.journal = journal
    this.damages = damages
  }

  /** Null if there is nothing at all. */
  read(place: number, position: number, length: number): Stored | null {
    return place === JOURNAL ? this.readJournal(position, length) : this.readSegment(position, length)
  }

  close(): void {
    for (const file of this.files.values()) file?.close()
    for (const segment of this.segments.values()) segment?.handle.close()
  }

  private readJournal(position: number, length: number): Stored | null {
    const { fileSize } = this.shape
    const number = Math.floor(position / fileSize)
    let file = this.files.get(number)
    if (file === undefined) {
      const name = journalFileName(number)
      file = this.disk.exists(name) ? this.disk.open(name, 'existing') : null
      this.files.set(number, file)
    }
    const at = position % fileSize
    const bytes = file === null ? null : readAll(file, at, length)
    if (bytes === null) return null
    const whole = this.journal.has(position, position + length)
    return { bytes, whole, checked: true, file: journalFileName(number), at }
  }

  private readSegment(position: number, length: number): Stored | null {
    const number = Math.floor(position / SEGMENT_SPAN)
    let segment = this.segments.get(number)
    if (segment === undefined) {
      segment = this.openSegment(number)
      this.segments.set(number, segment)
    }
    const at = position - number * SEGMENT_SPAN
    const bytes = segment === null ? null : readAll(segment.handle, at, length)
    if (segment === null || bytes === null) return null
    const checked = segment.footer !== null
    return { bytes, whole: !checked || segment.whole.has(at, at + length), checked, file: segmentName(number), at }
  }

  private openSegment(number: number): SourceSegment | null {
    const name = segmentName(number)
    if (!this.disk.exists(name)) {
      this.damages.push({ file: name, at: 0, length: 0, reason: 'the file is missing' })
      return null
    }
    const handle = this.disk.open(name, 'existing')
    const whole = new Ranges()
    let footer: SegmentFooter | null = null
    try {
      footer = readSegment(handle, number)
      this.checkAll(name, handle, footer, whole)
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      this.damages.push({ file: name, at: 0, length: 0, reason: `${error.message}: its blocks have no checksums` })
    }
    return { handle, footer, whole }
  }

  private checkAll(name: string, handle: DiskFile, footer: SegmentFooter, whole: Ranges): void {
    const block = new Uint8Array(SEGMENT_BLOCK)
    for (let from = 0; from < footer.end; from += SEGMENT_BLOCK) {
      const length = Math.min(SEGMENT_BLOCK, footer.end - from)
      handle.read(block, 0, length, from)
      if (checkBlocks(footer, block, 0, from, length, null) < 0)
        whole.add(Math.max(from, SEGMENT_HEADER), from + length)
      else this.damages.push({ file: name, at: from, length, reason: 'a wrong checksum' })
    }
  }
}

function readAll(file: DiskFile, at: number, length: number): Uint8Array | null {
  const bytes = new Uint8Array(length)
  return file.read(bytes, 0, length, at) === length ? bytes : null
}
