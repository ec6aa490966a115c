import type { Disk, DiskFile } from '../env/disk.ts'
import { BLOCK_END, emptyHeader, FRAME_HEADER, payloadIsWhole, readHeader } from './frame.ts'
import { journalFileName } from './journal-files.ts'

const CHUNK = 2 ** 20

/** Memory that a run of the journal is read into: position p comes to `base + p % size`. */
export interface Window {
  readonly bytes: Uint8Array
  readonly base: number
  /** A power of two, at least a block. */
  readonly size: number
}

export interface JournalShape {
  readonly fileSize: number
  readonly blockSize: number
  /** The data directory's own, 32 bits: part of the checksum of each frame's header. */
  readonly salt: number
}

/** Goes through the journal frame by frame, reading it in large pieces, synchronously. */
export class FrameReader {
  /** Where the frame is that `next` found, or could not find. */
  position: number
  readonly header = emptyHeader()
  /** Where in the window's bytes the found frame's payload is. */
  payloadAt = 0
  /** Why `next` gave up: 'no frame' where nothing looks like one. */
  reason = ''
  /** Bytes from here on must stay in the window. */
  keep: number
  /** Up to here the window holds the journal's bytes. */
  loaded: number
  private readonly disk: Disk
  private readonly shape: JournalShape
  private readonly window: Window
  private file: DiskFile | null = null
  private fileNumber = -1
  private fileEnd = 0

  constructor(disk: Disk, shape: JournalShape, window: Window, from: number) {
    this.disk = disk
    this.shape = shape
    this.window = window
    this.position = this.keep = this.loaded = from
  }

  /** Finds the frame at `position`; its checksums are right. */
  next(): boolean {
    const { blockSize } = this.shape
    let rest = blockSize - (this.position % blockSize)
    if (rest < FRAME_HEADER) {
      this.position += rest
      rest = blockSize
    }
    const { position, header } = this
    if (!this.load(position + FRAME_HEADER)) return this.fail('no frame')
    const { bytes } = this.window
    const at = this.placeOf(position)
    if (!readHeader(bytes, at, position, this.shape.salt, header)) {
      for (let i = at; i < at + FRAME_HEADER; i++) if (bytes[i] !== 0) return this.fail('no valid frame header')
      return this.fail('no frame')
    }
    const end = position + FRAME_HEADER + header.length
    if (end > position + rest) return this.fail('a frame longer than its block')
    if (end > this.keep + this.window.size) return this.fail('an entry that is longer than the ring')
    if (!this.load(end)) return this.fail('a frame behind the end of its file')
    this.payloadAt = at + FRAME_HEADER
    if (!payloadIsWhole(bytes, this.payloadAt, header)) return this.fail('a wrong payload checksum')
    return true
  }

  /** Goes to where the frame after the one found begins. */
  advance(): void {
    const { blockSize } = this.shape
    this.position += FRAME_HEADER + this.header.length
    if (this.header.flags & BLOCK_END) this.position = Math.ceil(this.position / blockSize) * blockSize
  }

  placeOf(position: number): number {
    return this.window.base + (position % this.window.size)
  }

  close(): void {
    this.file?.close()
    this.file = null
    this.fileNumber = -1
  }

  private fail(reason: string): false {
    this.reason = reason
    return false
  }

  private load(to: number): boolean {
    const { fileSize } = this.shape
    const { size, bytes } = this.window
    if (this.loaded < this.position) this.loaded = this.position
    while (this.loaded < to) {
      const from = this.loaded
      const number = Math.floor(from / fileSize)
      if (!this.openFile(number)) return false
      const lapEnd = (Math.floor(from / size) + 1) * size
      const end = Math.min(from + CHUNK, lapEnd, this.fileEnd, this.keep + size)
      if (end <= from) return false
      const n = this.file!.read(bytes, this.placeOf(from), end - from, from - number * fileSize)
      if (n === 0) return false
      this.loaded += n
    }
    return true
  }

  private openFile(number: number): boolean {
    if (this.fileNumber === number) return this.file !== null
    this.close()
    this.fileNumber = number
    const name = journalFileName(number)
    if (!this.disk.exists(name)) return false
    this.file = this.disk.open(name, 'existing')
    this.fileEnd = number * this.shape.fileSize + Math.min(this.shape.fileSize, this.file.size())
    return true
  }
}
