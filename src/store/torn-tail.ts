import type { Disk } from '../env/disk.ts'
import { emptyHeader, FRAME_HEADER, FRAME_MAGIC, readHeader } from './frame.ts'
import type { JournalShape } from './frame-reader.ts'
import { JOURNAL_DIRECTORY, journalFileName, journalFileNumber } from './journal-files.ts'

const CHUNK = 2 ** 20
const MAGIC_FIRST = FRAME_MAGIC >>> 24

/** Stale frames lie in these bytes of a file. */
interface Stale {
  readonly number: number
  readonly from: number
  to: number
}

export interface TornTail {
  /** Frames found behind the tail. */
  frames: number
  /** Up to here the journal was durable when the last of them was written. */
  durable: number
  readonly stale: Stale[]
}

/**
 * Looks behind the tail for frames that a power loss let through. One that was written when bytes behind the tail were
 * known to be durable says that those have been damaged since. The others are the rest of a tail that never was promised
 * to anybody.
 *
 * Bytes up to `span` behind the tail are read whole; of blocks farther away, that only a broker which never syncs
 * writes before a sync, those that begin with a frame.
 */
export function lookBehind(disk: Disk, shape: JournalShape, tail: number, span: number): TornTail {
  const { fileSize, blockSize, salt } = shape
  const bytes = new Uint8Array(Math.min(CHUNK, blockSize) + FRAME_HEADER)
  const header = emptyHeader()
  const torn: TornTail = { frames: 0, durable: 0, stale: [] }
  const { stale } = torn
  const found = (position: number) => {
    torn.frames++
    torn.durable = Math.max(torn.durable, header.durable)
    const number = Math.floor(position / fileSize)
    const from = position - number * fileSize
    const last = stale.at(-1)
    if (last !== undefined && last.number === number && from - last.to < CHUNK) last.to = from + FRAME_HEADER
    else stale.push({ number, from, to: from + FRAME_HEADER })
  }
  for (const number of fileNumbers(disk)) {
    const start = number * fileSize
    if (start + fileSize <= tail) continue
    const file = disk.open(journalFileName(number), 'existing')
    try {
      const end = Math.min(start + fileSize, start + file.size())
      for (let block = start; block < end; block += blockSize) {
        if (block + blockSize <= tail) continue
        const far = block > tail + span
        if (far && file.read(bytes, 0, FRAME_HEADER, block - start) < FRAME_HEADER) continue
        if (far && !readHeader(bytes, 0, block, salt, header)) continue
        const blockEnd = Math.min(end, block + blockSize)
        for (let at = Math.max(block, tail); at < blockEnd; at += bytes.length - FRAME_HEADER) {
          const n = file.read(bytes, 0, Math.min(bytes.length, blockEnd - at), at - start)
          const last = Math.min(n - FRAME_HEADER, bytes.length - FRAME_HEADER - 8)
          for (let i = 0; i <= last; i += 8) {
            if (bytes[i] === MAGIC_FIRST && readHeader(bytes, i, at + i, salt, header)) found(at + i)
          }
        }
      }
    } finally {
      file.close()
    }
  }
  return torn
}

/** Makes sure that nothing behind the tail can ever be taken for a frame. */
export function eraseTornTail(disk: Disk, torn: TornTail): void {
  const zeros = new Uint8Array(CHUNK)
  for (const { number, from, to } of torn.stale) {
    const file = disk.open(journalFileName(number), 'existing')
    for (let at = from; at < to; at += CHUNK) file.write(zeros, 0, Math.min(CHUNK, to - at), at)
    file.sync()
    file.close()
  }
}

/** Rising. */
export function fileNumbers(disk: Disk): number[] {
  const numbers = disk.list(JOURNAL_DIRECTORY).map(journalFileNumber)
  return numbers.filter((number) => number >= 0).sort((a, b) => a - b)
}
