import type { Disk } from '../../env/disk.ts'
import { getU32 } from '../../std/bytes.ts'
import {
  BLOCK_END,
  emptyHeader,
  FRAME_HEADER,
  type FrameHeader,
  payloadIsWhole,
  RECORD_HEADER,
  readHeader,
} from '../frame.ts'
import type { JournalShape } from '../frame-reader.ts'
import { journalFileName } from '../journal-files.ts'
import { fileNumbers } from '../torn-tail.ts'
import { type Damage, Ranges } from './damage.ts'

/** Below the checkpoint files may be missing: they held nothing live. */
export const MISSING = 'the file is missing'

const WRONG_SUM = 'a wrong payload checksum'

/** A frame that is whole. */
interface Frame {
  readonly position: number
  readonly length: number
  readonly time: number
}

/** Something that stands in the journal's order: a frame, or a place where there should be one. */
type Found = Frame | { readonly from: number; to: number; reason: string }

export interface JournalScan {
  /** What was found, in order, up to where the journal ends. */
  readonly found: readonly Found[]
  /** Payloads whose checksum is right. */
  readonly whole: Ranges
  readonly damages: readonly Damage[]
  /** The end of the last frame. */
  readonly end: number
  readonly epoch: number
  /** Something was written behind that, which nobody was promised as far as can be told. */
  readonly torn: boolean
}

/**
 * Looks at all frames of the journal that there are. Where none is the next one is looked for behind; what lies between is damaged if later frames, or
 * the mark of a good end at `closedAt`, say that it was on the disk. Otherwise the journal ends there: it is the torn tail of a power loss.
 */
export function scanJournal(disk: Disk, shape: JournalShape, closedAt: number): JournalScan {
  const { fileSize } = shape
  const all: Found[] = []
  const durables: number[] = []
  let epoch = 0
  let expected = -1
  for (const number of fileNumbers(disk)) {
    const start = number * fileSize
    const bytes = readFile(disk, number)
    if (expected >= 0 && expected < start) all.push({ from: expected, to: start, reason: MISSING })
    scanFile(bytes, start, shape, {
      frame: (position, header) => {
        if (header.epoch < epoch) return false
        epoch = header.epoch
        all.push({ position, length: header.length, time: header.time })
        durables[all.length - 1] = header.durable
        return true
      },
      gap: (from, to, reason) => {
        const last = all.at(-1)
        if (last !== undefined && isGap(last) && last.to === from) last.to = to
        else all.push({ from, to, reason })
      },
    })
    expected = start + fileSize
  }
  return judge(disk, shape, all, durables, closedAt, epoch)
}

function isGap(found: Found): found is Extract<Found, { to: number }> {
  return 'to' in found
}

/** Tells damage from a torn tail. */
function judge(
  disk: Disk,
  { fileSize }: JournalShape,
  all: Found[],
  durables: readonly number[],
  closedAt: number,
  epoch: number,
): JournalScan {
  // What any frame from here on says was durable.
  const later: number[] = []
  let most = closedAt
  for (let i = all.length - 1; i >= 0; i--) {
    later[i] = most
    most = Math.max(most, durables[i] ?? 0)
  }
  const whole = new Ranges()
  const damages: Damage[] = []
  const found: Found[] = []
  let end = 0
  for (let i = 0; i < all.length; i++) {
    const one = all[i]!
    if (!isGap(one)) {
      found.push(one)
      whole.add(one.position + FRAME_HEADER, one.position + FRAME_HEADER + one.length)
      end = one.position + FRAME_HEADER + one.length
      continue
    }
    if (later[i]! <= one.from) {
      const torn = one.reason === WRONG_SUM || all.slice(i).some((rest) => !isGap(rest))
      return { found, whole, damages, end, epoch, torn }
    }
    const to = all.slice(i + 1).some((rest) => !isGap(rest)) ? one.to : Math.max(one.from, Math.min(one.to, later[i]!))
    const file = journalFileName(Math.floor(one.from / fileSize))
    found.push({ ...one, to })
    damages.push({ file, at: one.from % fileSize, length: to - one.from, reason: one.reason })
  }
  const name = journalFileName(Math.floor(end / fileSize))
  if (closedAt > end && damages.length === 0 && !disk.exists(name)) {
    damages.push({ file: name, at: 0, length: closedAt - end, reason: MISSING })
    found.push({ from: end, to: closedAt, reason: MISSING })
  }
  return { found, whole, damages, end, epoch, torn: false }
}

interface Visit {
  /** False if it is none that counts: one that an earlier life of the file left behind. */
  frame(position: number, header: FrameHeader): boolean
  gap(from: number, to: number, reason: string): void
}

/** Nothing straddles a file, so that each can be looked at by itself. */
function scanFile(bytes: Uint8Array, start: number, { blockSize, salt }: JournalShape, visit: Visit): void {
  const header = emptyHeader()
  const blockEnd = (at: number) => (Math.floor(at / blockSize) + 1) * blockSize
  let gap = -1
  let reason = ''
  const missing = (at: number, why: string): number => {
    if (gap < 0) {
      gap = at
      reason = why
    }
    return at + 8
  }
  const found = (at: number): void => {
    if (gap >= 0) visit.gap(start + gap, start + at, reason)
    gap = -1
  }
  let at = 0
  while (at < bytes.length) {
    const end = Math.min(blockEnd(at), bytes.length)
    if (end - at < FRAME_HEADER) {
      at = blockEnd(at)
      continue
    }
    if (!readHeader(bytes, at, start + at, salt, header)) {
      at = missing(at, 'no valid frame header')
      continue
    }
    const next = at + FRAME_HEADER + header.length
    if (next > end) at = missing(at, 'a frame longer than its block')
    else if (!payloadIsWhole(bytes, at + FRAME_HEADER, header)) {
      found(at)
      visit.gap(start + at, start + next, WRONG_SUM)
      at = header.flags & BLOCK_END ? blockEnd(at) : next
    } else {
      found(at)
      if (!visit.frame(start + at, header)) {
        at = missing(at, 'a frame of an older epoch')
        continue
      }
      at = header.flags & BLOCK_END ? blockEnd(at) : next
    }
  }
  if (gap >= 0) visit.gap(start + gap, start + bytes.length, reason)
}

/** Hands on the records of frames from `from` on, in order; `lost` says that something is missing before those that follow. */
export function eachRecord(
  disk: Disk,
  { fileSize }: JournalShape,
  scan: JournalScan,
  from: number,
  take: (type: number, bytes: Uint8Array, at: number, length: number, position: number, time: number) => void,
  lost: (from: number, to: number) => void,
): void {
  let number = -1
  let bytes: Uint8Array = new Uint8Array(0)
  for (const one of scan.found) {
    if (isGap(one)) {
      if (one.to > from) lost(one.from, one.to)
      continue
    }
    if (one.position < from) continue
    const file = Math.floor(one.position / fileSize)
    if (file !== number) bytes = readFile(disk, (number = file))
    const payload = (one.position % fileSize) + FRAME_HEADER
    const shift = one.position + FRAME_HEADER - payload
    for (let at = payload; at < payload + one.length; ) {
      const size = getU32(bytes, at)
      take(bytes[at + 4]!, bytes, at + RECORD_HEADER, size, at + RECORD_HEADER + shift, one.time)
      at += RECORD_HEADER + size + (-size & 7)
    }
  }
}

function readFile(disk: Disk, number: number): Uint8Array {
  const file = disk.open(journalFileName(number), 'existing')
  const bytes = new Uint8Array(file.size())
  file.read(bytes, 0, bytes.length, 0)
  file.close()
  return bytes
}
