import { createRequire } from 'node:module'

/*
 * LZ4 frames. What we write has independent blocks of 64 KiB and no checksums but the header's, as Kafka's producers do:
 *
 *   ┌─────────────┬───────────┬───────────────┬─────────────────────────────────────────────────────┬───────────────┐
 *   │ 04 22 4d 18 │ 60 40     │ 82: of these, │ blocks: length u32 le (bit 31: stored as it is),    │ end: 0 u32    │
 *   │             │ (flags)   │ by xxHash32   │ block                                               │               │
 *   └─────────────┴───────────┴───────────────┴─────────────────────────────────────────────────────┴───────────────┘
 */
const HEADER = [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]
const BLOCK = 64 * 1024
const STORED = 0x8000_0000
const HASH_SLOTS = 1 << 16

// Of the flags in a frame's fifth byte.
const CONTENT_SUM = 4
const CONTENT_SIZE = 8
const BLOCK_SUMS = 16

interface Library {
  /** Packs `source[from, from + length)`; 0 if it does not get smaller. */
  compressBlock(source: Uint8Array, target: Uint8Array, from: number, length: number, slots: Uint32Array): number
  /** Returns where in the target the block ends. */
  decompressBlock(source: Uint8Array, target: Uint8Array, from: number, length: number, to: number): number
}

let loaded: Library | null = null

function library(): Library {
  loaded ??= createRequire(import.meta.url)('lz4js') as Library
  return loaded
}

export function packLz4(bytes: Uint8Array): Uint8Array {
  const { compressBlock } = library()
  const blocks = Math.ceil(bytes.length / BLOCK)
  const out = Buffer.alloc(HEADER.length + blocks * 4 + bytes.length + 4)
  const target = new Uint8Array(BLOCK + BLOCK / 128 + 16)
  out.set(HEADER)
  let at = HEADER.length
  for (let from = 0; from < bytes.length; from += BLOCK) {
    const length = Math.min(BLOCK, bytes.length - from)
    const packed = compressBlock(bytes.slice(from, from + length), target, 0, length, new Uint32Array(HASH_SLOTS))
    const stored = packed === 0 || packed >= length
    const size = stored ? length : packed
    out.writeUInt32LE(stored ? size + STORED : size, at)
    out.set(stored ? bytes.subarray(from, from + length) : target.subarray(0, size), at + 4)
    at += 4 + size
  }
  return out.subarray(0, at + 4)
}

export function unpackLz4(packed: Uint8Array, limit: number): Uint8Array {
  const source = Buffer.from(packed)
  if (source.length < 7 || HEADER.slice(0, 4).some((byte, i) => source[i] !== byte)) throw new Error('no LZ4 frame')
  const flags = source[4]!
  const most = 1 << (8 + 2 * ((source[5]! >> 4) & 7))
  let at = 7 + (flags & CONTENT_SIZE ? 8 : 0)
  let out = new Uint8Array(Math.min(limit, Math.max(1024, packed.length * 4)) + most)
  let length = 0
  for (;;) {
    const size = source.readUInt32LE(at)
    at += 4
    if (size === 0) break
    const stored = size >= STORED
    const end = at + (size % STORED)
    if (end > source.length) throw new Error('an LZ4 block is cut off')
    if (length + most > out.length) {
      if (length > limit) throw new Error(`more than ${limit} bytes`)
      const larger = new Uint8Array(Math.min(limit, out.length * 2) + most)
      larger.set(out.subarray(0, length))
      out = larger
    }
    if (stored) out.set(source.subarray(at, end), length)
    length = stored ? length + end - at : library().decompressBlock(source, out, at, end - at, length)
    if (!(length <= out.length)) throw new Error('an LZ4 block is longer than its frame allows')
    at = end + (flags & BLOCK_SUMS ? 4 : 0)
  }
  if (flags & CONTENT_SUM && at + 4 > source.length) throw new Error('an LZ4 frame is cut off')
  return out.subarray(0, length)
}
