import type { Disk } from '../../env/disk.ts'
import { getF64, getU32 } from '../../std/bytes.ts'
import { crc32c } from '../../std/crc32c.ts'
import { StoreError } from '../errors.ts'
import { readFormat } from '../format-version.ts'
import { emptyHeader, FRAME_HEADER, FRAME_MAGIC, readHeader } from '../frame.ts'
import type { JournalShape } from '../frame-reader.ts'
import { journalFileName } from '../journal-files.ts'
import { fileNumbers } from '../torn-tail.ts'
import type { Damage } from './damage.ts'

/** The largest block there is: that of the usual ring. */
const LARGEST_BLOCK = 32 * 2 ** 20

/** The journal's shape: what VERSION says, or, where that is damaged, what the frames themselves show. */
export function findShape(disk: Disk, damages: Damage[]): JournalShape {
  try {
    return readFormat(disk)
  } catch (error) {
    if (error instanceof StoreError && error.code === 'version') throw error
    damages.push({ file: 'VERSION', at: 0, length: 0, reason: (error as Error).message })
  }
  const numbers = fileNumbers(disk)
  const sizes = numbers.map((number) => sizeOf(disk, number))
  const fileSize = 2 ** Math.ceil(Math.log2(Math.max(1, ...sizes)))
  for (const number of numbers) {
    const salt = saltOf(disk, number, fileSize)
    if (salt !== null) return { fileSize, blockSize: Math.min(fileSize, LARGEST_BLOCK), salt }
  }
  throw new StoreError('corrupt', 'VERSION is damaged, and no frame of the journal shows what it said', 'VERSION')
}

function sizeOf(disk: Disk, number: number): number {
  const file = disk.open(journalFileName(number), 'existing')
  const size = file.size()
  file.close()
  return size
}

/** A frame's header has a checksum that differs from what its bytes come to by the salt; two that agree say it. */
function saltOf(disk: Disk, number: number, fileSize: number): number | null {
  const file = disk.open(journalFileName(number), 'existing')
  const bytes = new Uint8Array(Math.min(2 ** 20, file.size()))
  file.read(bytes, 0, bytes.length, 0)
  file.close()
  const header = emptyHeader()
  const position = (at: number) => number * fileSize + at
  for (let at = 0; at + FRAME_HEADER <= bytes.length; at += 8) {
    if (getU32(bytes, at) !== FRAME_MAGIC || getF64(bytes, at + 20) !== position(at)) continue
    const salt = (getU32(bytes, at + 4) ^ crc32c(bytes, at + 8, at + FRAME_HEADER)) >>> 0
    const next = at + FRAME_HEADER + getU32(bytes, at + 12)
    const agrees = next + FRAME_HEADER <= bytes.length && readHeader(bytes, next, position(next), salt, header)
    if (agrees) return salt
  }
  return null
}
