import type { Disk, DiskFile } from '../env/disk.ts'
import { getF64, getU32, putF64, putU32 } from '../std/bytes.ts'
import { crc32c } from '../std/crc32c.ts'
import { StoreError } from './errors.ts'

// A checkpoint: state in parts. Numbers are big-endian, checksums CRC-32C.
//
//   header   ┌───────────┬─────────────┬────────────┬────────────┬───────────┬─────────────────────┐
//            │ magic u32 │ version u32 │ number f64 │ start f64  │ epoch u32 │ crc u32 of all that │
//            └───────────┴─────────────┴────────────┴────────────┴───────────┴─────────────────────┘
//   part     ┌───────────┬─────────────┬─────────────────────────────────┬─────────┐
//            │ kind u32  │ length u32  │ crc u32 of kind, length, payload │ payload │
//            └───────────┴─────────────┴─────────────────────────────────┴─────────┘
//   trailer  a part of kind 2^32 - 1 whose payload is the count of parts before it, u32
//
// `start` is the journal position from which on recovery replays. The file is written under another name and renamed when it
// is whole and on the disk, so that one which has its name and is damaged was damaged later.

export const CHECKPOINT_DIRECTORY = 'checkpoint'
export const CHECKPOINT_HEADER = 32
export const PART_HEADER = 12
const MAGIC = 0x50686370
const VERSION = 1
/** The kind of the part behind all others. */
export const TRAILER_PART = 0xffff_ffff

/** Kinds from here on are the store's own. */
export const OWN_PARTS = 0xffff_ff00

export function checkpointName(number: number): string {
  return `${CHECKPOINT_DIRECTORY}/${String(number).padStart(12, '0')}.checkpoint`
}

/** The name while it is written. */
export function checkpointDraftName(number: number): string {
  return `${checkpointName(number)}.new`
}

/** Removes what a process that died was writing. */
export function removeDrafts(disk: Disk): void {
  for (const name of disk.list(CHECKPOINT_DIRECTORY)) {
    const path = `${CHECKPOINT_DIRECTORY}/${name}`
    if (path !== checkpointName(Number.parseInt(name, 10))) disk.remove(path)
  }
}

export function putCheckpointHeader(bytes: Uint8Array, number: number, start: number, epoch: number): void {
  putU32(bytes, 0, MAGIC)
  putU32(bytes, 4, VERSION)
  putF64(bytes, 8, number)
  putF64(bytes, 16, start)
  putU32(bytes, 24, epoch)
  putU32(bytes, 28, crc32c(bytes, 0, 28))
}

/** Writes a part's header before its payload of `length` bytes, which is in place. */
export function sealPart(bytes: Uint8Array, at: number, kind: number, length: number): void {
  putU32(bytes, at, kind)
  putU32(bytes, at + 4, length)
  putU32(bytes, at + 8, partCrc(bytes, at, length))
}

/** Writes the trailer, 16 bytes. */
export function putTrailer(bytes: Uint8Array, at: number, count: number): void {
  putU32(bytes, at + PART_HEADER, count)
  sealPart(bytes, at, TRAILER_PART, 4)
}

/** A checkpoint whose every part has been read and found whole. */
export interface Checkpoint {
  readonly number: number
  /** Recovery replays the journal from this position on. */
  readonly start: number
  readonly epoch: number
  readonly size: number
}

/**
 * The newest checkpoint that is whole, or null if there never was one. A damaged one is told to `damaged`, and an older one
 * stands in for it only if `reaches` says that the journal still goes back to its start.
 */
export function findCheckpoint(
  disk: Disk,
  reaches: (start: number) => boolean,
  damaged: (error: StoreError) => void,
): Checkpoint | null {
  const names = disk.list(CHECKPOINT_DIRECTORY)
  const numbers = names.filter((name) => /^\d{12,}\.checkpoint$/.test(name)).map((name) => Number.parseInt(name, 10))
  let first: StoreError | null = null
  for (const number of numbers.sort((a, b) => b - a)) {
    try {
      const checkpoint = verify(disk, number)
      if (first === null || reaches(checkpoint.start)) return checkpoint
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'corrupt') throw error
      damaged(error)
      first ??= error
    }
  }
  if (first !== null && !reaches(0)) throw first
  return null
}

/** Calls `take` with each part, in their order. The bytes may be kept. */
export function loadCheckpoint(
  disk: Disk,
  checkpoint: Checkpoint,
  take: (kind: number, bytes: Uint8Array) => void,
): void {
  const file = disk.open(checkpointName(checkpoint.number), 'existing')
  try {
    eachPart(file, take)
  } finally {
    file.close()
  }
}

function verify(disk: Disk, number: number): Checkpoint {
  const name = checkpointName(number)
  const file = disk.open(name, 'existing')
  try {
    const header = new Uint8Array(CHECKPOINT_HEADER)
    const read = file.read(header, 0, CHECKPOINT_HEADER, 0)
    const whole = read === CHECKPOINT_HEADER && getU32(header, 28) === crc32c(header, 0, 28)
    if (!whole || getU32(header, 0) !== MAGIC || getF64(header, 8) !== number)
      throw new StoreError('corrupt', `the checkpoint ${name} has a damaged header`, name, 0)
    if (getU32(header, 4) !== VERSION)
      throw new StoreError('version', `the checkpoint ${name} has format ${getU32(header, 4)}, not ${VERSION}`, name)
    eachPart(file, () => {})
    return { number, start: getF64(header, 16), epoch: getU32(header, 24), size: file.size() }
  } finally {
    file.close()
  }
}

function eachPart(file: DiskFile, take: (kind: number, bytes: Uint8Array) => void): void {
  const size = file.size()
  let at = CHECKPOINT_HEADER
  let count = 0
  const header = new Uint8Array(PART_HEADER)
  while (true) {
    const damage = new StoreError('corrupt', `the checkpoint ${file.path} is damaged at byte ${at}`, file.path, at)
    if (file.read(header, 0, PART_HEADER, at) < PART_HEADER) throw damage
    const length = getU32(header, 4)
    if (at + PART_HEADER + length > size) throw damage
    const part = new Uint8Array(PART_HEADER + length)
    file.read(part, 0, part.length, at)
    if (getU32(part, 8) !== partCrc(part, 0, length)) throw damage
    at += part.length
    if (getU32(part, 0) === TRAILER_PART) {
      if (getU32(part, PART_HEADER) !== count) throw damage
      return
    }
    count++
    take(getU32(part, 0), part.subarray(PART_HEADER))
  }
}

/** Whether the header at the beginning of a checkpoint's bytes is what was written. */
export function checkpointHeaderIsWhole(bytes: Uint8Array): boolean {
  return getU32(bytes, 28) === crc32c(bytes, 0, 28) && getU32(bytes, 0) === MAGIC && getU32(bytes, 4) === VERSION
}

/** Whether the part at `at`, whose payload is said to have `length` bytes, is what was written. */
export function partIsWhole(bytes: Uint8Array, at: number, length: number): boolean {
  return getU32(bytes, at + 8) === partCrc(bytes, at, length)
}

/** Of kind and length, and then of the payload: two sums in one. */
function partCrc(bytes: Uint8Array, at: number, length: number): number {
  const payload = crc32c(bytes, at + PART_HEADER, at + PART_HEADER + length)
  return (payload ^ crc32c(bytes, at, at + 8)) >>> 0
}
