import { mix } from './draw.ts'

const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

/** 32 bits that stand for a text: the same in every life of the broker. */
export function hashOf(text: string): number {
  let hash = FNV_OFFSET
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME)
  return mix(hash)
}

/**
 * The bucket of a hash, of `buckets` many (Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm"): with one bucket
 * more, what moves goes to the new one.
 */
export function jumpHash(hash: number, buckets: number): number {
  let state = hash
  let bucket = 0
  for (let next = 0; next < buckets; ) {
    bucket = next
    state = (state + 0x9e3779b9) | 0
    next = Math.floor(((bucket + 1) * 2 ** 32) / (mix(state) + 1))
  }
  return bucket
}
