import type { Contract } from './contract.ts'

/**
 * Bytes as they are.
 *
 * @example
 * ```ts
 * import { queue, raw } from 'posthorn'
 *
 * const thumbnails = queue('thumbnails', { schema: raw('image/png') })
 * ```
 */
export function raw(contentType = 'application/octet-stream'): Contract<Uint8Array> {
  const codec = { encode: (value: Uint8Array) => value, decode: (body: Uint8Array) => body }
  return { format: 'raw', contentType, document: null, open: () => codec }
}
