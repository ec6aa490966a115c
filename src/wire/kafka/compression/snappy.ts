import { createRequire } from 'node:module'
import { getU32, putU32 } from '../../../std/bytes.ts'

/*
 * Snappy as Kafka's Java clients write it, in the framing of the xerial library; others write one bare block.
 *
 *   ┌───────────────────────────┬─────────────┬────────────────┬──────────────────────────────────┐
 *   │ 82 53 4e 41 50 50 59 00   │ version u32 │ compatible u32 │ blocks: length u32, snappy block │
 *   └───────────────────────────┴─────────────┴────────────────┴──────────────────────────────────┘
 */
const MAGIC = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]
const HEADER = 16
/** Bytes that a block holds, unpacked. */
const BLOCK = 32 * 1024

interface Library {
  compress(bytes: Uint8Array): Uint8Array
  uncompress(bytes: Uint8Array, limit?: number): Uint8Array
}

let loaded: Library | null = null

function library(): Library {
  loaded ??= createRequire(import.meta.url)('snappyjs') as Library
  return loaded
}

export function unpackSnappy(packed: Uint8Array, limit: number): Uint8Array {
  const { uncompress } = library()
  if (packed.length < HEADER || MAGIC.some((byte, i) => packed[i] !== byte)) return uncompress(packed, limit)
  const blocks: Uint8Array[] = []
  let total = 0
  for (let at = HEADER; at < packed.length; ) {
    const end = at + 4 + (at + 4 <= packed.length ? getU32(packed, at) : 0)
    if (end <= at + 4 || end > packed.length) throw new Error('a snappy block is cut off')
    // A block is read from its own memory: the library looks no further than its end.
    const block = uncompress(packed.slice(at + 4, end), limit - total)
    total += block.length
    blocks.push(block)
    at = end
  }
  return Buffer.concat(blocks, total)
}

export function packSnappy(bytes: Uint8Array): Uint8Array {
  const { compress } = library()
  const header = new Uint8Array(HEADER)
  header.set(MAGIC)
  putU32(header, 8, 1)
  putU32(header, 12, 1)
  const parts: Uint8Array[] = [header]
  for (let from = 0; from < bytes.length; from += BLOCK) {
    const block = compress(bytes.slice(from, from + BLOCK))
    const length = new Uint8Array(4)
    putU32(length, 0, block.length)
    parts.push(length, block)
  }
  return Buffer.concat(parts)
}
