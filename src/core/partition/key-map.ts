import { hash as digestOf } from 'node:crypto'

/** Bytes of a slot: 16 of a key's hash, and an offset. */
const SLOT = 24
const MOST_FULL = 0.9

/**
 * The last offset of each key, in memory of a size that is given: keys are known by 128 bits of a hash of which nobody can make two alike by
 * chance, as in Kafka.
 */
export class KeyMap {
  count = 0
  private readonly slots: number
  private readonly hashes: Uint32Array
  /** -1 where nothing is. */
  private readonly offsets: Float64Array

  constructor(bytes: number) {
    this.slots = Math.max(16, Math.floor(bytes / SLOT))
    this.hashes = new Uint32Array(this.slots * 4)
    this.offsets = new Float64Array(this.slots).fill(-1)
  }

  /** Keys there is still room for. */
  get room(): number {
    return Math.floor(this.slots * MOST_FULL) - this.count
  }

  /** A later offset takes the place of an earlier one. There has to be room. */
  set(key: Uint8Array, offset: number): void {
    const slot = this.find(key)
    if (this.offsets[slot]! < 0) {
      this.count++
      this.hashes.set(hash, slot * 4)
    }
    if (offset > this.offsets[slot]!) this.offsets[slot] = offset
  }

  /** The last offset of a key, or -1. */
  get(key: Uint8Array): number {
    return this.offsets[this.find(key)]!
  }

  private find(key: Uint8Array): number {
    // Of all that Node has, a digest in a string is the cheapest: it is no object, and no stream has to be made.
    const digest = digestOf('sha1', key, 'binary')
    for (let i = 0; i < 4; i++) hash[i] = wordAt(digest, i * 4)
    let slot = hash[0]! % this.slots
    while (this.offsets[slot]! >= 0 && !this.isAt(slot)) slot = slot + 1 === this.slots ? 0 : slot + 1
    return slot
  }

  private isAt(slot: number): boolean {
    const at = slot * 4
    for (let i = 0; i < 4; i++) if (this.hashes[at + i] !== hash[i]) return false
    return true
  }
}

function wordAt(digest: string, at: number): number {
  const high = (digest.charCodeAt(at + 3) << 24) | (digest.charCodeAt(at + 2) << 16)
  return high | (digest.charCodeAt(at + 1) << 8) | digest.charCodeAt(at)
}

/** The key that was looked for last. */
const hash = new Uint32Array(4)
