import type { DiskFile } from '../env/disk.ts'
import { getF64, getU32, putF64, putU32 } from '../std/bytes.ts'
import { crc32c } from '../std/crc32c.ts'
import type { BlockSums } from './block-sums.ts'
import { StoreError } from './errors.ts'

// A segment: bodies that have left the journal, written once. Numbers are big-endian, checksums CRC-32C.
//
//   ┌──────────────────────────────────────────────┬────────┬───────────┬──────────────────────────┬─────────┐
//   │ magic u32 │ version u32 │ number u32 │ 0 u32 │ bodies │ directory │ a checksum u32 per block │ trailer │
//   └──────────────────────────────────────────────┴────────┴───────────┴──────────────────────────┴─────────┘
//   0                                              16       end         end + directory length
//
//   trailer  ┌───────────┬────────────┬─────────┬──────────────────────┬───────────┬───────────────────────────┬─────────┐
//   40 bytes │ magic u32 │ number u32 │ end u32 │ directory length u32 │ total f64 │ crc u32 of directory+sums │ crc u32 │
//            └───────────┴────────────┴─────────┴──────────────────────┴───────────┴───────────────────────────┴─────────┘
//            (and 8 bytes that are zero before the last)
//
// A block is 64 KiB of the file up to `end`, the last one shorter: whoever reads whole blocks can tell that they are
// what was written. `total` is the sum of the lengths in the directory, in which a body is as often as it is pointed to. The directory is
// for whoever looks at the file; recovery has the same in the journal (see segment-directory.ts).

export const SEGMENT_HEADER = 16
export const SEGMENT_BLOCK = 64 * 1024
const MAGIC = 0x50687367
const VERSION = 1
const TRAILER = 40

export function putSegmentHeader(bytes: Uint8Array, at: number, number: number): void {
  putU32(bytes, at, MAGIC)
  putU32(bytes, at + 4, VERSION)
  putU32(bytes, at + 8, number)
  putU32(bytes, at + 12, 0)
}

/** What comes behind the bodies. */
export function segmentFooter(
  number: number,
  end: number,
  total: number,
  directory: Uint8Array,
  sums: Uint32Array,
): Uint8Array {
  const checked = directory.length + sums.length * 4
  const bytes = new Uint8Array(checked + TRAILER)
  bytes.set(directory)
  for (let b = 0; b < sums.length; b++) putU32(bytes, directory.length + b * 4, sums[b]!)
  putU32(bytes, checked, MAGIC)
  putU32(bytes, checked + 4, number)
  putU32(bytes, checked + 8, end)
  putU32(bytes, checked + 12, directory.length)
  putF64(bytes, checked + 16, total)
  putU32(bytes, checked + 24, crc32c(bytes, 0, checked))
  putU32(bytes, checked + 36, crc32c(bytes, checked, checked + 36))
  return bytes
}

/** A segment's own account of itself. */
export interface SegmentFooter extends BlockSums {
  readonly total: number
}

/** Reads and checks header and footer. Throws StoreError. */
export function readSegment(file: DiskFile, number: number): SegmentFooter {
  const size = file.size()
  const damaged = (what: string) => new StoreError('corrupt', `the ${what} of ${file.path} is damaged`, file.path)
  const header = new Uint8Array(SEGMENT_HEADER)
  const trailer = new Uint8Array(TRAILER)
  if (size < SEGMENT_HEADER + TRAILER) throw damaged('length')
  file.read(header, 0, SEGMENT_HEADER, 0)
  if (getU32(header, 0) !== MAGIC || getU32(header, 8) !== number) throw damaged('header')
  if (getU32(header, 4) !== VERSION)
    throw new StoreError('version', `${file.path} has format ${getU32(header, 4)}, not ${VERSION}`, file.path)
  file.read(trailer, 0, TRAILER, size - TRAILER)
  if (getU32(trailer, 0) !== MAGIC || getU32(trailer, 36) !== crc32c(trailer, 0, 36)) throw damaged('trailer')
  const end = getU32(trailer, 8)
  const directory = getU32(trailer, 12)
  const blocks = Math.ceil(end / SEGMENT_BLOCK)
  if (getU32(trailer, 4) !== number || end + directory + blocks * 4 + TRAILER !== size) throw damaged('trailer')
  const checked = new Uint8Array(directory + blocks * 4)
  file.read(checked, 0, checked.length, end)
  if (getU32(trailer, 24) !== crc32c(checked, 0, checked.length)) throw damaged('directory')
  const sums = new Uint32Array(blocks)
  for (let b = 0; b < blocks; b++) sums[b] = getU32(checked, directory + b * 4)
  return { block: SEGMENT_BLOCK, end, total: getF64(trailer, 16), sums }
}
