import { getF64, getU32, putF64, putU32 } from '../std/bytes.ts'
import { crc32c } from '../std/crc32c.ts'

/**
 * A frame never straddles a block and begins on an 8-byte boundary:
 *
 *   ┌───────┬────────────┬─────────────┬──────────┬───────┬──────────┬───────┬─────────┬─────────┬──────────┐
 *   │ magic │ header crc │ payload crc │ length   │ flags │ position │ epoch │ durable │ time ms │ payload  │
 *   │ u32   │ u32        │ u32         │ u32      │ u32   │ f64      │ u32   │ f64     │ f64     │ records… │
 *   └───────┴────────────┴─────────────┴──────────┴───────┴──────────┴───────┴─────────┴─────────┴──────────┘
 *   0       4            8             12         16      20         28      32        40        48
 *
 * All numbers are big-endian, both checksums CRC-32C, the header's over bytes 8 to 47 and changed (XOR) by the data
 * directory's salt: whoever puts a frame of his own making into a message cannot make it look like one of this journal.
 * A record in the payload:
 *
 *   ┌────────────┬─────────┬────────────┬───────────────────────┐
 *   │ length u32 │ type u8 │ unused u24 │ payload, length bytes │ padded to 8
 *   └────────────┴─────────┴────────────┴───────────────────────┘
 *
 * Where less than a frame's header is left of a block, the next frame begins at the next block.
 */
export const FRAME_HEADER = 48
export const RECORD_HEADER = 8
export const FRAME_MAGIC = 0x50687231

/** The entry ends with this frame. */
export const ENTRY_END = 1
/** What is left of the block behind this frame is unused. */
export const BLOCK_END = 2

const POSITION = 20

/** What a frame's header says; one object is filled again and again. */
export interface FrameHeader {
  payloadCrc: number
  length: number
  flags: number
  position: number
  epoch: number
  durable: number
  time: number
}

export function emptyHeader(): FrameHeader {
  return { payloadCrc: 0, length: 0, flags: 0, position: 0, epoch: 0, durable: 0, time: 0 }
}

/** Bytes that a record with a payload of `length` bytes takes. */
export function recordSize(length: number): number {
  return RECORD_HEADER + length + (-length & 7)
}

/** Writes the header at `at` of a frame whose payload of `length` bytes is in place behind it. */
export function sealFrame(
  bytes: Uint8Array,
  at: number,
  length: number,
  flags: number,
  position: number,
  epoch: number,
  durable: number,
  time: number,
  salt: number,
): void {
  putU32(bytes, at, FRAME_MAGIC)
  putU32(bytes, at + 8, crc32c(bytes, at + FRAME_HEADER, at + FRAME_HEADER + length))
  putU32(bytes, at + 12, length)
  putU32(bytes, at + 16, flags)
  putF64(bytes, at + POSITION, position)
  putU32(bytes, at + 28, epoch)
  putF64(bytes, at + 32, durable)
  putF64(bytes, at + 40, time)
  putU32(bytes, at + 4, headerSum(bytes, at, salt))
}

/**
 * Reads the header at `at` if it is that of a frame at `position` of the journal. A frame that an earlier life of a
 * recycled file left behind carries another position.
 */
export function readHeader(bytes: Uint8Array, at: number, position: number, salt: number, into: FrameHeader): boolean {
  if (getU32(bytes, at) !== FRAME_MAGIC) return false
  if (getF64(bytes, at + POSITION) !== position) return false
  if (getU32(bytes, at + 4) !== headerSum(bytes, at, salt)) return false
  into.payloadCrc = getU32(bytes, at + 8)
  into.length = getU32(bytes, at + 12)
  into.flags = getU32(bytes, at + 16)
  into.position = position
  into.epoch = getU32(bytes, at + 28)
  into.durable = getF64(bytes, at + 32)
  into.time = getF64(bytes, at + 40)
  return true
}

function headerSum(bytes: Uint8Array, at: number, salt: number): number {
  return (crc32c(bytes, at + 8, at + FRAME_HEADER) ^ salt) >>> 0
}

/** Whether the payload at `at`, right behind its header, is the one the header was written for. */
export function payloadIsWhole(bytes: Uint8Array, at: number, header: FrameHeader): boolean {
  return crc32c(bytes, at, at + header.length) === header.payloadCrc
}
