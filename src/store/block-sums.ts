import { crc32c } from '../std/crc32c.ts'

/** What is known of the blocks of a file, all but the last of one size. */
export interface BlockSums {
  /** Bytes of a block. */
  readonly block: number
  /** Where the last block ends. */
  readonly end: number
  /** The checksum of each; -1 for a block that was never written. */
  readonly sums: Uint32Array | Float64Array
}

/** Sums of the blocks in `bytes[at, at + length)`, the first of which is block `first` of the file. */
export function sumBlocks(
  bytes: Uint8Array,
  at: number,
  length: number,
  block: number,
  sums: Uint32Array | Float64Array,
  first: number,
): void {
  for (let from = 0; from < length; from += block) {
    sums[first + from / block] = crc32c(bytes, at + from, at + Math.min(length, from + block))
  }
}

/** What lies beside bytes that were read, in the blocks in which they begin and end: a block before them in one half, a block behind them in the other. */
export type Edges = Uint8Array

/**
 * Checks the blocks of what was read: `bytes[at, at + length)`, bytes `from` on of a file, with what lies beside them at the
 * beginning of each half of `edges`. Returns the byte in the file where a damaged block begins, or -1.
 */
export function checkBlocks(
  { block, end: fileEnd, sums }: BlockSums,
  bytes: Uint8Array,
  at: number,
  from: number,
  length: number,
  edges: Edges | null,
): number {
  const to = from + length
  for (let b = Math.floor(from / block); b * block < to; b++) {
    const start = b * block
    const end = Math.min(fileEnd, start + block)
    let crc = start < from ? crc32c(edges!, 0, from - start) : 0
    crc = crc32c(bytes, at + Math.max(start, from) - from, at + Math.min(end, to) - from, crc)
    const behind = (edges?.length ?? 0) / 2
    if (end > to) crc = crc32c(edges!, behind, behind + end - to, crc)
    if (crc !== sums[b] && sums[b] !== -1) return start
  }
  return -1
}
