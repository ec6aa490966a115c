import { createRequire } from 'node:module'

/**
 * CRC-32C (Castagnoli), as Kafka's record batches and the journal use it; `zlib.crc32` is another polynomial. The native
 * library does 6 GB/s, but below about 512 bytes the call costs more than the sum.
 */

const POLYNOMIAL = 0x82f63b78
const NATIVE_FROM = 512

type Native = (bytes: Uint8Array, initial?: number) => number

const native = loadNative()
const tables = makeTables()

/** The checksum of `bytes[from, to)`, unsigned; `initial` is that of what goes before. */
export function crc32c(bytes: Uint8Array, from: number, to: number, initial = 0): number {
  if (native !== null && to - from >= NATIVE_FROM) return native(bytes.subarray(from, to), initial)
  return crc32cSliced(bytes, from, to, initial)
}

/** The same in TypeScript, sixteen bytes a step: 1.4 GB/s. */
export function crc32cSliced(bytes: Uint8Array, from: number, to: number, initial = 0): number {
  const t = tables
  let crc = ~initial
  let i = from
  for (const end = to - 15; i < end; i += 16) {
    crc =
      t[3840 | (bytes[i]! ^ (crc & 255))]! ^
      t[3584 | (bytes[i + 1]! ^ ((crc >>> 8) & 255))]! ^
      t[3328 | (bytes[i + 2]! ^ ((crc >>> 16) & 255))]! ^
      t[3072 | (bytes[i + 3]! ^ (crc >>> 24))]! ^
      t[2816 | bytes[i + 4]!]! ^
      t[2560 | bytes[i + 5]!]! ^
      t[2304 | bytes[i + 6]!]! ^
      t[2048 | bytes[i + 7]!]! ^
      t[1792 | bytes[i + 8]!]! ^
      t[1536 | bytes[i + 9]!]! ^
      t[1280 | bytes[i + 10]!]! ^
      t[1024 | bytes[i + 11]!]! ^
      t[768 | bytes[i + 12]!]! ^
      t[512 | bytes[i + 13]!]! ^
      t[256 | bytes[i + 14]!]! ^
      t[bytes[i + 15]!]!
  }
  for (; i < to; i++) crc = (crc >>> 8) ^ t[(crc ^ bytes[i]!) & 255]!
  return ~crc >>> 0
}

/** Table k, at k x 256, moves a byte k more bytes through the register. */
function makeTables(): Int32Array {
  const t = new Int32Array(16 * 256)
  for (let n = 0; n < 256; n++) {
    let crc = n
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
    t[n] = crc
  }
  for (let n = 256; n < t.length; n++) t[n] = (t[n - 256]! >>> 8) ^ t[t[n - 256]! & 255]!
  return t
}

/** Null where the library has no build for this platform. */
function loadNative(): Native | null {
  try {
    const library: { crc32c: Native } = createRequire(import.meta.url)('@node-rs/crc32')
    return library.crc32c
  } catch {
    return null
  }
}
