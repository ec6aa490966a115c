import type { Disk, DiskFile } from '../../env/disk.ts'
import { sumBlocks } from '../block-sums.ts'
import { SEGMENTS_PART } from '../checkpoint.ts'
import {
  CHECKPOINT_DIRECTORY,
  CHECKPOINT_HEADER,
  checkpointName,
  PART_HEADER,
  putCheckpointHeader,
  putTrailer,
  sealPart,
} from '../checkpoint-file.ts'
import type { Fold } from '../fold.ts'
import { writeFormat } from '../format-version.ts'
import type { JournalShape } from '../frame-reader.ts'
import { JOURNAL_DIRECTORY } from '../journal-files.ts'
import { SEGMENT_SPAN } from '../place.ts'
import { putSegmentHeader, SEGMENT_BLOCK, SEGMENT_HEADER, segmentFooter } from '../segment.ts'
import { DirectoryWriter } from '../segment-directory.ts'
import { SEGMENT_DIRECTORY, segmentName, segmentTable } from '../segments.ts'

/** Writes a new data directory: segments with the bodies, and a checkpoint behind which the journal begins anew. */
export class Target {
  /** Bodies written so far, in bytes. */
  written = 0
  private readonly disk: Disk
  private readonly first: number
  private readonly longest: number
  /** By place: where in the segment that is open a body is that was elsewhere. */
  private readonly copied: Map<number, number>[] = [new Map(), new Map(), new Map()]
  private readonly table: { number: number; end: number; total: number }[] = []
  private number: number
  private file: DiskFile | null = null
  private directory = new DirectoryWriter()
  private sums: number[] = []
  /** The block that is being filled. */
  private readonly block = new Uint8Array(SEGMENT_BLOCK)
  private end = 0
  private total = 0

  /** Segments are numbered from `first` on: indexes take newer ones only. */
  constructor(disk: Disk, shape: JournalShape, first: number) {
    this.disk = disk
    this.first = first
    // Windows count on it that a segment is no longer than a file of the journal.
    this.longest = shape.fileSize
    this.number = first - 1
    for (const name of [JOURNAL_DIRECTORY, SEGMENT_DIRECTORY, CHECKPOINT_DIRECTORY]) disk.makeDirectory(name)
    writeFormat(disk, shape)
  }

  /** Whether a position is in one of the segments that are written here. */
  isNew(position: number): boolean {
    return position >= this.first * SEGMENT_SPAN
  }

  /**
   * Writes a body to which entry `sequence` of `id` points, unless another has brought it to the same segment: it was at `position` of `place`
   * before. Returns where it is now.
   */
  put(id: number, sequence: number, place: number, position: number, bytes: Uint8Array): number {
    if (this.file === null || this.end + bytes.length > this.longest) this.begin()
    const known = this.copied[place]!.get(position)
    const at = known ?? this.end
    if (known === undefined) {
      this.copied[place]!.set(position, at)
      this.append(bytes)
      this.written += bytes.length
    }
    this.total += bytes.length
    this.directory.add(id, sequence, at, bytes.length)
    return this.number * SEGMENT_SPAN + at
  }

  /** Writes the checkpoint: the state is all of it. */
  finish(fold: Fold, number: number, start: number, epoch: number): void {
    this.close()
    const name = checkpointName(number)
    const file = this.disk.open(name, 'create')
    const header = new Uint8Array(CHECKPOINT_HEADER)
    putCheckpointHeader(header, number, start, epoch)
    file.write(header, 0, header.length, 0)
    let at = header.length
    let count = 0
    const put = (kind: number, payload: Uint8Array) => {
      const part = new Uint8Array(PART_HEADER + payload.length)
      part.set(payload, PART_HEADER)
      sealPart(part, 0, kind, payload.length)
      file.write(part, 0, part.length, at)
      at += part.length
      count++
    }
    put(SEGMENTS_PART, segmentTable(this.number + 1, this.table))
    for (const { kind, bytes } of fold.snapshot()) put(kind, bytes)
    const trailer = new Uint8Array(PART_HEADER + 4)
    putTrailer(trailer, 0, count)
    file.write(trailer, 0, trailer.length, at)
    file.sync()
    file.close()
    for (const directory of ['', JOURNAL_DIRECTORY, SEGMENT_DIRECTORY, CHECKPOINT_DIRECTORY]) {
      this.disk.syncDirectory(directory)
    }
  }

  private begin(): void {
    this.close()
    this.number++
    this.file = this.disk.open(segmentName(this.number), 'create')
    this.directory = new DirectoryWriter()
    this.sums = []
    this.end = 0
    this.total = 0
    for (const map of this.copied) map.clear()
    const header = new Uint8Array(SEGMENT_HEADER)
    putSegmentHeader(header, 0, this.number)
    this.append(header)
  }

  private append(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const at = this.end % SEGMENT_BLOCK
      const length = Math.min(SEGMENT_BLOCK - at, bytes.length - from)
      this.block.set(bytes.subarray(from, from + length), at)
      this.end += length
      from += length
      if (this.end % SEGMENT_BLOCK === 0) this.flush(SEGMENT_BLOCK)
    }
  }

  private flush(length: number): void {
    const sum = new Uint32Array(1)
    sumBlocks(this.block, 0, length, SEGMENT_BLOCK, sum, 0)
    this.sums.push(sum[0]!)
    this.file!.write(this.block, 0, length, this.end - length)
  }

  private close(): void {
    const { file, number, end, total } = this
    if (file === null) return
    if (end % SEGMENT_BLOCK > 0) this.flush(end % SEGMENT_BLOCK)
    const directory = this.directory.finish({ segment: number, end, total })
    const footer = segmentFooter(number, end, total, directory, Uint32Array.from(this.sums))
    file.write(footer, 0, footer.length, end)
    file.sync()
    file.close()
    this.table.push({ number, end, total })
    this.file = null
  }
}
