import * as zlib from 'node:zlib'

/** Node has zstd itself from 22.15 on. */
interface NodeZstd {
  readonly zstdCompressSync?: (bytes: Uint8Array, options: { params: Record<number, number> }) => Uint8Array
  readonly zstdDecompressSync?: (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array
}

/** What stands in where Node has none. */
interface Library {
  init(): Promise<void>
  compress(bytes: Uint8Array, level: number): Uint8Array
  decompress(bytes: Uint8Array, options: { defaultHeapSize: number }): Uint8Array
}

const COMPRESSION_LEVEL = 100
/** Frames of Java's clients do not say how long they are unpacked: so much is tried first. */
const FIRST_TRY = 2 ** 20

const own: NodeZstd = zlib as NodeZstd
let loaded: Library | null = null

export async function prepareZstd(): Promise<void> {
  if (own.zstdDecompressSync !== undefined || loaded !== null) return
  const library = (await import('@bokuweb/zstd-wasm' as string)) as Library
  await library.init()
  loaded = library
}

function library(): Library {
  if (loaded === null) throw new Error('zstd is not prepared')
  return loaded
}

export function packZstd(bytes: Uint8Array, level: number): Uint8Array {
  if (own.zstdCompressSync === undefined) return library().compress(bytes, level)
  return own.zstdCompressSync(bytes, { params: { [COMPRESSION_LEVEL]: level } })
}

export function unpackZstd(packed: Uint8Array, limit: number): Uint8Array {
  if (own.zstdDecompressSync !== undefined) return own.zstdDecompressSync(packed, { maxOutputLength: limit })
  for (let size = Math.max(FIRST_TRY, packed.length * 4); ; size *= 4) {
    try {
      return library().decompress(packed, { defaultHeapSize: Math.min(size, limit) })
    } catch (error) {
      if (size >= limit) throw error
    }
  }
}
