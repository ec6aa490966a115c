import type { Disk } from '../env/disk.ts'
import { getU32 } from '../std/bytes.ts'
import { readClosedMark } from './closed-mark.ts'
import { FORMAT_VERSION, readFormat } from './format-version.ts'
import { ENTRY_END, RECORD_HEADER } from './frame.ts'
import { FrameReader, type JournalShape } from './frame-reader.ts'
import { journalFileName } from './journal-files.ts'
import { MOVED_RECORD } from './segment-directory.ts'
import { fileNumbers, lookBehind } from './torn-tail.ts'

/** What is in a data directory, found without changing it. */
export interface Inspection {
  readonly version: number
  readonly fileSize: number
  readonly blockSize: number
  /** Where the last process closed the journal; -1 if it did not. */
  readonly closedAt: number
  readonly files: { readonly name: string; readonly position: number; readonly size: number }[]
  frames: number
  entries: number
  /** Frames at the end whose entry is not whole. */
  partialFrames: number
  /** By type: how many, and their payloads' bytes. */
  readonly records: Map<number, { count: number; bytes: number }>
  /** The numbers of the segments to which something was moved. */
  readonly segments: Set<number>
  epoch: number
  /** Wall-clock milliseconds of the first and of the last frame; 0 if there is none. */
  firstTime: number
  lastTime: number
  /** The end of the last whole entry. */
  tail: number
  /** Up to here the journal was on the disk when the last frame was written. */
  durable: number
  /** The first damage; 'torn' is what a power loss may leave behind the tail. */
  damage: {
    readonly kind: 'torn' | 'corrupt'
    readonly file: string
    readonly position: number
    readonly reason: string
  } | null
}

/** Reads the whole journal of a data directory that no process has open. Throws `StoreError` if there is none. */
export function inspect(disk: Disk): Inspection {
  const shape = readFormat(disk)
  const numbers = fileNumbers(disk)
  const found: Inspection = {
    version: FORMAT_VERSION,
    ...shape,
    closedAt: readClosedMark(disk),
    files: numbers.map((number) => fileOf(disk, shape, number)),
    frames: 0,
    entries: 0,
    partialFrames: 0,
    records: new Map(),
    segments: new Set(),
    epoch: 0,
    firstTime: 0,
    lastTime: 0,
    tail: 0,
    durable: 0,
    damage: null,
  }
  // Below the checkpoint files may be missing: they held nothing live.
  numbers.forEach((number, i) => {
    if (numbers[i - 1] !== number - 1) readRun(disk, shape, number, found)
  })
  return found
}

function fileOf(disk: Disk, shape: JournalShape, number: number): Inspection['files'][number] {
  const file = disk.open(journalFileName(number), 'existing')
  const size = file.size()
  file.close()
  return { name: journalFileName(number), position: number * shape.fileSize, size }
}

/** Reads from file `number` on to the first one that is missing. */
function readRun(disk: Disk, shape: JournalShape, number: number, found: Inspection): void {
  const size = shape.blockSize
  const window = { bytes: new Uint8Array(size), base: 0, size }
  const reader = new FrameReader(disk, shape, window, number * shape.fileSize)
  const { header } = reader
  let held = 0
  while (true) {
    reader.keep = reader.position
    if (!reader.next()) break
    if (header.epoch < found.epoch) {
      reader.reason = `a frame of epoch ${header.epoch} behind one of epoch ${found.epoch}`
      break
    }
    found.frames++
    found.epoch = header.epoch
    found.firstTime ||= header.time
    found.lastTime = header.time
    found.durable = Math.max(found.durable, header.durable)
    countRecords(window.bytes, reader.payloadAt, header.length, found)
    reader.advance()
    held = header.flags & ENTRY_END ? 0 : held + 1
    if (held > 0) continue
    found.entries++
    found.tail = reader.position
  }
  reader.close()
  found.partialFrames += held
  const { position, reason } = reader
  const file = journalFileName(Math.floor(position / shape.fileSize))
  if (!disk.exists(file) || found.damage !== null) return
  const behind = lookBehind(disk, shape, found.tail, Number.POSITIVE_INFINITY)
  if (Math.max(behind.durable, found.closedAt) > found.tail) found.damage = { kind: 'corrupt', file, position, reason }
  else if (behind.frames > 0) found.damage = { kind: 'torn', file, position, reason }
}

function countRecords(bytes: Uint8Array, from: number, length: number, found: Inspection): void {
  for (let at = from; at + RECORD_HEADER <= from + length; ) {
    const size = getU32(bytes, at)
    const type = bytes[at + 4]!
    // A moved record begins with its segment's number.
    if (type === MOVED_RECORD) found.segments.add(getU32(bytes, at + RECORD_HEADER))
    const seen = found.records.get(type)
    if (seen === undefined) found.records.set(type, { count: 1, bytes: size })
    else {
      seen.count++
      seen.bytes += size
    }
    at += RECORD_HEADER + size + (-size & 7)
  }
}
