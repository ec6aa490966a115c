import { gunzipSync, gzipSync } from 'node:zlib'
import { packLz4, unpackLz4 } from './lz4.ts'
import { packSnappy, unpackSnappy } from './snappy.ts'
import { packZstd, prepareZstd, unpackZstd } from './zstd.ts'

/** Compression codecs by their number in a batch's attributes. */
export const Codec = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const

/** What a codec's library throws on bytes that are not its own, or on more of them than are taken. */
export class PackedError extends Error {}

/** To be awaited before a codec is used: one of them is compiled first. */
export async function prepareCodec(codec: number): Promise<void> {
  if (codec === Codec.zstd) await prepareZstd()
}

/** Unpacks what a client packed: `limit` bytes at most. Throws PackedError. */
export function unpack(codec: number, packed: Uint8Array, limit: number): Uint8Array {
  if (codec === Codec.none) return packed
  let bytes: Uint8Array
  try {
    if (codec === Codec.gzip) bytes = gunzipSync(packed, { maxOutputLength: limit })
    else if (codec === Codec.snappy) bytes = unpackSnappy(packed, limit)
    else if (codec === Codec.lz4) bytes = unpackLz4(packed, limit)
    else bytes = unpackZstd(packed, limit)
  } catch (error) {
    throw new PackedError(error instanceof Error ? error.message : String(error))
  }
  if (bytes.length > limit) throw new PackedError(`more than ${limit} bytes`)
  return bytes
}

/** Packs; `level` means something to gzip and zstd. */
export function pack(codec: number, bytes: Uint8Array, level: number): Uint8Array {
  if (codec === Codec.none) return bytes
  if (codec === Codec.gzip) return gzipSync(bytes, { level })
  if (codec === Codec.snappy) return packSnappy(bytes)
  return codec === Codec.lz4 ? packLz4(bytes) : packZstd(bytes, level)
}
