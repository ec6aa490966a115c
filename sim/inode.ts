import type { Dice } from './random.ts'

/** What a disk writes whole or not at all. */
export const SECTOR = 512

interface Change {
  readonly order: number
  /** Where the bytes go; -1 for a truncation to `size`. */
  readonly position: number
  readonly bytes: Uint8Array
  readonly size: number
}

/** How a power loss treats what was not synced. */
export type Fate = 'lost' | 'kept' | 'prefix' | 'any'

/**
 * One file's contents twice: as the process sees them (page cache) and as they are on the platter, with the changes in
 * between. Names live elsewhere, as on a real file system.
 */
export class Inode {
  private cache: Uint8Array
  private cached: number
  private platter: Uint8Array
  private onPlatter: number
  private changes: Change[] = []
  private next = 0

  constructor(contents: Uint8Array = new Uint8Array(0)) {
    this.cache = contents.slice()
    this.cached = contents.length
    this.platter = contents.slice()
    this.onPlatter = contents.length
  }

  get size(): number {
    return this.cached
  }

  /** Changes that are not on the platter yet. */
  get dirty(): number {
    return this.changes.length
  }

  /** What the process sees. */
  contents(): Uint8Array {
    return this.cache.subarray(0, this.cached)
  }

  write(from: Uint8Array, at: number, length: number, position: number): void {
    const bytes = new Uint8Array(from.subarray(at, at + length))
    this.cache = grown(this.cache, position + length)
    // What lies between the old end and a write behind it reads as zeros, whatever was there before a truncation.
    if (position > this.cached) this.cache.fill(0, this.cached, position)
    this.cache.set(bytes, position)
    this.cached = Math.max(this.cached, position + length)
    this.changes.push({ order: this.next++, position, bytes, size: 0 })
  }

  truncate(size: number): void {
    this.cache = grown(this.cache, size)
    if (size > this.cached) this.cache.fill(0, this.cached, size)
    this.cached = size
    this.changes.push({ order: this.next++, position: -1, bytes: EMPTY, size })
  }

  /** A mark for `settle`: everything written so far. */
  mark(): number {
    return this.next
  }

  /** Puts the changes made before `mark` on the platter. */
  settle(mark: number): void {
    let n = 0
    while (n < this.changes.length && this.changes[n]!.order < mark) n++
    for (const change of this.changes.splice(0, n)) this.put(change, () => true)
  }

  /** The file as a power loss at this moment might leave it, and how many changes were torn or lost for it. */
  afterLoss(dice: Dice, fate: Fate): { inode: Inode; torn: number; lost: number } {
    const left = new Inode()
    left.platter = this.platter.slice()
    left.onPlatter = this.onPlatter
    let torn = 0
    let lost = 0
    const cut = fate === 'prefix' ? dice.below(this.changes.length + 1) : 0
    const likely = dice.unit()
    this.changes.forEach((change, i) => {
      const sectors = Math.ceil((change.position + change.bytes.length) / SECTOR) - Math.floor(change.position / SECTOR)
      const end = fate === 'prefix' && i === cut ? dice.below(sectors + 1) : 0
      let kept = 0
      left.put(change, (sector) => {
        const keep = fate === 'kept' || (fate === 'prefix' && (i < cut || (i === cut && sector < end)))
        if (!keep && !(fate === 'any' && dice.chance(likely))) return false
        kept++
        return true
      })
      if (kept === 0) lost++
      else if (kept < sectors) torn++
    })
    left.cache = left.platter.slice()
    left.cached = left.onPlatter
    return { inode: left, torn, lost }
  }

  /** Turns one bit round, in the cache and on the platter. */
  flip(position: number, bit: number): void {
    if (position < this.cached) this.cache[position]! ^= 1 << bit
    if (position < this.onPlatter) this.platter[position]! ^= 1 << bit
  }

  private put(change: Change, keep: (sector: number) => boolean): void {
    if (change.position < 0) {
      if (!keep(0)) return
      this.platter = grown(this.platter, change.size)
      if (change.size > this.onPlatter) this.platter.fill(0, this.onPlatter, change.size)
      this.onPlatter = change.size
      return
    }
    const end = change.position + change.bytes.length
    let sector = 0
    for (let at = change.position; at < end; sector++) {
      const to = Math.min(end, (Math.floor(at / SECTOR) + 1) * SECTOR)
      if (keep(sector)) {
        this.platter = grown(this.platter, to)
        if (at > this.onPlatter) this.platter.fill(0, this.onPlatter, at)
        this.platter.set(change.bytes.subarray(at - change.position, to - change.position), at)
        this.onPlatter = Math.max(this.onPlatter, to)
      }
      at = to
    }
  }
}

const EMPTY = new Uint8Array(0)

function grown(bytes: Uint8Array, size: number): Uint8Array {
  if (size <= bytes.length) return bytes
  const larger = new Uint8Array(Math.max(size, bytes.length * 2, 4096))
  larger.set(bytes)
  return larger
}
