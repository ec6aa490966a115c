import type { Disk } from '../env/disk.ts'
import { StoreError } from './errors.ts'
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
  readonly frames: number
  readonly stale: readonly Stale[]
}

/**
 * Looks behind the tail for frames that a power loss let through. One that was written when bytes behind the tail were
 * known to be durable says that those have been damaged since: the store must not open. The others are the rest of a
 * tail that never was promised to anybody.
 *
 * Bytes up to `span` behind the tail are read whole; of blocks farther away, that only a broker which never syncs
 * writes before a sync, those that begin with a frame.
 */
export function lookBehind(disk: Disk, shape: JournalShape, tail: number, span: number, reason: string): TornTail {
  const { fileSize, blockSize } = shape
  const bytes = new Uint8Array(Math.min(CHUNK, blockSize) + FRAME_HEADER)
  const header = emptyHeader()
  const stale: Stale[] = []
  let frames = 0
  const found = (position: number) => {
    if (header.durable > tail) {
      const file = journalFileName(Math.floor(tail / fileSize))
      const text = `${file} is damaged at position ${tail} (${reason}), though all up to ${header.durable} was durable`
      throw new StoreError('corrupt', text, file, tail)
    }
    frames++
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
        if (far && !readHeader(bytes, 0, block, header)) continue
        const blockEnd = Math.min(end, block + blockSize)
        for (let at = Math.max(block, tail); at < blockEnd; at += bytes.length - FRAME_HEADER) {
          const n = file.read(bytes, 0, Math.min(bytes.length, blockEnd - at), at - start)
          const last = Math.min(n - FRAME_HEADER, bytes.length - FRAME_HEADER - 8)
          for (let i = 0; i <= last; i += 8) {
            if (bytes[i] === MAGIC_FIRST && readHeader(bytes, i, at + i, header)) found(at + i)
          }
        }
      }
    } finally {
      file.close()
    }
  }
  return { frames, stale }
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
